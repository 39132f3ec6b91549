//! Secrets for development, in a file of the environment that only its owner may read.
//!
//! The file is `.greentic/dev/.dev.secrets.env` below the environment's folder, or
//! `.greentic/state/dev/.dev.secrets.env`. Each line is a secret:
//!
//! ```text
//! # Comments and empty lines are skipped.
//! secret://local/acme/_/chat/bot_token=123:abc
//! secret://local/acme/_/chat/private_key="a JSON string,\nfor what has more than one line"
//! ```
//!
//! What stands after the first `=` is the value, with all its blanks, unless it begins with `"`. The
//! file is read again for each secret, so that a change counts at once. Nothing is written here.

mod error;
mod lines;

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use greentic_deploy_spec::{EnvId, SecretRef};
use greentic_env_pack::{PortError, SecretsReader};
use greentic_env_store::files::{FileSystem, OsFileSystem, PrivateFile};
use zeroize::Zeroizing;

pub use error::{DevStoreError, LineProblem};

/// Where the file may be, below the environment's folder. The first that is there counts.
const PLACES: [&str; 2] =
    [".greentic/dev/.dev.secrets.env", ".greentic/state/dev/.dev.secrets.env"];
/// Bytes of the file.
const MAX_BYTES: u64 = 1024 * 1024;
/// Permissions of anybody but the owner.
const OTHERS: u32 = 0o077;

/// Reads the secrets of one environment from its file.
#[derive(Clone, Debug)]
pub struct DevSecrets {
    env_id: EnvId,
    env_root: PathBuf,
}

impl DevSecrets {
    /// The secrets of an environment with this folder. A file that is absent has none.
    #[must_use]
    pub fn new(env_id: EnvId, env_root: PathBuf) -> Self {
        Self { env_id, env_root }
    }

    /// The value of a secret; none when there is none of that name. Blocks while it reads the file.
    ///
    /// # Errors
    /// [`DevStoreError`], also when another line than the one asked for is wrong.
    pub fn lookup(&self, secret: &SecretRef) -> Result<Option<Vec<u8>>, DevStoreError> {
        // Another environment's secrets are none of ours, whatever the file says.
        if !secret.is_in(&self.env_id) {
            return Ok(None);
        }
        let Some(env_root) = self.real_root()? else {
            return Ok(None);
        };
        for place in PLACES {
            let path = env_root.join(place);
            if let Some(bytes) = read(&path)? {
                return lines::find(&path, &bytes, secret);
            }
        }
        Ok(None)
    }

    /// Links that lead to the environment's folder are its owner's choice; those below are not.
    fn real_root(&self) -> Result<Option<PathBuf>, DevStoreError> {
        match OsFileSystem.target(&self.env_root) {
            Ok(env_root) => Ok(Some(env_root)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(DevStoreError::Io { path: self.env_root.clone(), source }),
        }
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, DevStoreError> {
    let path = path.to_owned();
    match OsFileSystem.read_private(&path, MAX_BYTES) {
        Ok(PrivateFile::Absent) => Ok(None),
        Ok(PrivateFile::Link(path)) => Err(DevStoreError::Link { path }),
        Ok(PrivateFile::NotAFile) => Err(DevStoreError::NotAFile { path }),
        Ok(PrivateFile::File { stat, .. }) if stat.mode & OTHERS != 0 => {
            Err(DevStoreError::NotPrivate { path, mode: stat.mode & 0o777 })
        }
        Ok(PrivateFile::File { bytes, .. }) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Err(DevStoreError::TooLarge { path, limit: MAX_BYTES })
        }
        Err(source) => Err(DevStoreError::Io { path, source }),
    }
}

#[async_trait]
impl SecretsReader for DevSecrets {
    async fn read(&self, secret: &SecretRef) -> Result<Option<Vec<u8>>, PortError> {
        let (secrets, secret) = (self.clone(), secret.clone());
        let looked = tokio::task::spawn_blocking(move || secrets.lookup(&secret)).await;
        looked
            .map_err(|error| unavailable(error.into()))?
            .map_err(|error| unavailable(error.into()))
    }
}

fn unavailable(source: Box<dyn std::error::Error + Send + Sync>) -> PortError {
    PortError::Unavailable { port: "secrets", operation: "read the file of the dev-store", source }
}

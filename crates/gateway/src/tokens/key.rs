use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use greentic_env_store::files::{FileSystem as _, OsFileSystem, PrivateFile};
use ulid::Ulid;

/// The key's file, in the environment's folder.
pub(crate) const KEY_FILE: &str = "revision-signing.key";
const KEY_BYTES: usize = 32;

/// The key that tokens are signed with.
#[derive(Clone)]
pub(crate) struct SigningKey([u8; KEY_BYTES]);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// The key that tokens are signed with cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// Its file has another length.
    #[error("{path} does not hold a key of 32 bytes; move it away, and a new one is made")]
    Length {
        /// The file.
        path: PathBuf,
    },
    /// It is not a file but something else, perhaps a symbolic link to one.
    #[error("{path} is not a regular file; move it away, and a new key is made")]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// Others may read or change its file.
    #[error(
        "others may use {path} (mode {mode:o}); move it away, and a new key is made, or run \
         `chmod 600` on it if nobody else has used it"
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Its file cannot be read or made.
    #[error("cannot {action} {path}; let this user read and write the environment's folder")]
    Io {
        /// What was done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl SigningKeyError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "signing-key-invalid",
            Self::NotAFile { .. } => "signing-key-not-a-file",
            Self::OpenToOthers { .. } => "signing-key-open-to-others",
            Self::Io { .. } => "signing-key-io",
        }
    }
}

impl SigningKey {
    /// The key as HMAC takes it: a block of the hash, the rest of it zero.
    pub(crate) fn block(&self) -> [u8; 64] {
        let mut block = [0; 64];
        block[..KEY_BYTES].copy_from_slice(&self.0);
        block
    }

    #[cfg(test)]
    pub(crate) fn of(byte: u8) -> Self {
        Self([byte; KEY_BYTES])
    }

    /// The key of an environment. It is made once: of several who make it at a time, all get the one
    /// that is kept. `own` names the temporary file. Blocks.
    pub(crate) fn open(env_root: &Path, own: Ulid) -> Result<Self, SigningKeyError> {
        // Links may lead to the folder, but not from there.
        let env_root = env_root.canonicalize().map_err(|source| SigningKeyError::Io {
            action: "find",
            path: env_root.to_owned(),
            source,
        })?;
        let path = env_root.join(KEY_FILE);
        if let Some(key) = read(&path)? {
            return Ok(key);
        }
        let io = |action| {
            let path = path.clone();
            move |source| SigningKeyError::Io { action, path, source }
        };
        let temporary = env_root.join(format!(".{KEY_FILE}.{own}"));
        let written = write(&temporary, &fresh().map_err(io("make"))?);
        // A link, not a rename: a key that somebody else made meanwhile stays.
        let linked = written.and_then(|()| match fs::hard_link(&temporary, &path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        });
        let _ = fs::remove_file(&temporary);
        linked.map_err(io("make"))?;
        read(&path)?.ok_or_else(|| io("read")(io::ErrorKind::NotFound.into()))
    }
}

fn read(path: &Path) -> Result<Option<SigningKey>, SigningKeyError> {
    let path = path.to_owned();
    let (stat, bytes) = match OsFileSystem.read_private(&path, KEY_BYTES as u64) {
        Ok(PrivateFile::Absent) => return Ok(None),
        Ok(PrivateFile::File { stat, bytes }) => (stat, bytes),
        Ok(PrivateFile::Link(path)) => return Err(SigningKeyError::NotAFile { path }),
        Ok(PrivateFile::NotAFile) => return Err(SigningKeyError::NotAFile { path }),
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            return Err(SigningKeyError::Length { path });
        }
        Err(source) => return Err(SigningKeyError::Io { action: "read", path, source }),
    };
    if stat.mode & 0o077 != 0 {
        return Err(SigningKeyError::OpenToOthers { path, mode: stat.mode });
    }
    let key = <[u8; KEY_BYTES]>::try_from(bytes.as_slice());
    key.map(|key| Some(SigningKey(key))).map_err(|_| SigningKeyError::Length { path })
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the key comes from")]
fn fresh() -> io::Result<[u8; KEY_BYTES]> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes)
}

//! The store, with ports that outlive a process that is killed.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::SecretRef;
use greentic_env_store::LocalFsStore;
use greentic_env_store::operator_key::FileOperatorKey;
use greentic_env_store::ports::{SecretSink, SecretSinkError};

use crate::Failure;

const PATIENCE: Duration = Duration::from_secs(300);

/// Where things are in the folder that a test gives.
#[derive(Clone, Debug)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(root: &Path) -> Self {
        Self(root.to_owned())
    }

    pub(crate) fn environments(&self) -> PathBuf {
        self.0.join("environments")
    }

    pub(crate) fn exports(&self) -> PathBuf {
        self.0.join("exports")
    }

    pub(crate) fn store(&self) -> Result<LocalFsStore, Failure> {
        // Whether anybody starves is judged by turns, not by how slow the machine is.
        let builder = LocalFsStore::builder(self.environments()).patience(PATIENCE);
        Ok(builder.secrets(Arc::new(self.secrets()?)).build())
    }

    /// The key that the store signs with.
    pub(crate) fn operator_key(&self) -> FileOperatorKey {
        FileOperatorKey::new(self.0.join("operator/key.pem"))
    }

    pub(crate) fn secrets(&self) -> Result<FolderOfSecrets, Failure> {
        let folder = self.0.join("secrets");
        fs::create_dir_all(&folder)?;
        fs::create_dir_all(self.exports())?;
        Ok(FolderOfSecrets { folder })
    }
}

/// One empty file for each secret.
#[derive(Debug)]
pub(crate) struct FolderOfSecrets {
    folder: PathBuf,
}

impl FolderOfSecrets {
    fn file(&self, reference: &str) -> PathBuf {
        self.folder.join(reference.replace(['/', ':'], "_"))
    }

    pub(crate) fn has(&self, reference: &str) -> bool {
        self.file(reference).exists()
    }
}

impl SecretSink for FolderOfSecrets {
    fn mint(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        let file = self.file(&reference.to_string());
        match OpenOptions::new().write(true).create_new(true).open(file) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(SecretSinkError::Exists { reference: reference.clone() })
            }
            Err(error) => Err(failed(reference, error)),
        }
    }

    fn delete(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        match fs::remove_file(self.file(&reference.to_string())) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed(reference, error)),
            _ => Ok(()),
        }
    }
}

fn failed(reference: &SecretRef, error: io::Error) -> SecretSinkError {
    SecretSinkError::Failed { reference: reference.clone(), source: error.into() }
}

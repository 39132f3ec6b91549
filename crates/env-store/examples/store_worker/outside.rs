//! The store, with ports that outlive a process that is killed.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greentic_deploy_spec::{SecretRef, TrustedKey};
use greentic_env_store::LocalFsStore;
use greentic_env_store::ports::{
    MemorySigner, PolicySigner, SecretSink, SecretSinkError, Signed, SignerError,
};

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
        Ok(builder.signer(Arc::new(self.signer()?)).secrets(Arc::new(self.secrets()?)).build())
    }

    pub(crate) fn signer(&self) -> Result<FileSigner, Failure> {
        FileSigner::open(self.0.join("rotations"))
    }

    pub(crate) fn secrets(&self) -> Result<FolderOfSecrets, Failure> {
        let folder = self.0.join("secrets");
        fs::create_dir_all(&folder)?;
        fs::create_dir_all(self.exports())?;
        Ok(FolderOfSecrets { folder })
    }
}

/// Keys that follow from how often they were rotated, which is kept in a file.
#[derive(Debug)]
pub(crate) struct FileSigner {
    file: PathBuf,
    keys: MemorySigner,
    rotations: Mutex<u64>,
}

impl FileSigner {
    fn open(file: PathBuf) -> Result<Self, Failure> {
        let rotations = match fs::read_to_string(&file) {
            Ok(text) => text.trim().parse()?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        let keys = MemorySigner::new(1);
        keys.ensure_key()?;
        for _ in 0..rotations {
            let next = keys.next_key()?;
            keys.activate(&next.key_id)?;
        }
        // The next key is as durable as the one in use, since both follow from the number.
        keys.next_key()?;
        Ok(Self { file, keys, rotations: Mutex::new(rotations) })
    }
}

impl PolicySigner for FileSigner {
    fn key(&self) -> Result<Option<TrustedKey>, SignerError> {
        self.keys.key()
    }

    fn ensure_key(&self) -> Result<TrustedKey, SignerError> {
        self.keys.ensure_key()
    }

    fn next_key(&self) -> Result<TrustedKey, SignerError> {
        self.keys.next_key()
    }

    fn activate(&self, key_id: &str) -> Result<(), SignerError> {
        let mut rotations = self.rotations.lock().unwrap_or_else(PoisonError::into_inner);
        if self.keys.key()?.is_some_and(|key| key.key_id == key_id) {
            return Ok(());
        }
        self.keys.activate(key_id)?;
        *rotations += 1;
        let unfinished = self.file.with_extension("unfinished");
        let written = fs::write(&unfinished, rotations.to_string())
            .and_then(|()| fs::rename(&unfinished, &self.file));
        let path = self.file.clone();
        written.map_err(|source| SignerError::Io { operation: "write", path, source })
    }

    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError> {
        self.keys.sign(message)
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

//! The operator key in a file, in the form of the public tools: `key.pem`, the private half in
//! PKCS#8 PEM form, and `key.pem.pub` beside it, the public half in SPKI PEM form.
//!
//! Beside them, while they are needed: `key.pem.next`, the key that a rotation puts in use;
//! `key.pem.lock`, which changes of these files take; `.key.pem….unfinished`, a file that is being
//! written.

mod file;
mod private_half;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::Signer;
use greentic_deploy_spec::TrustedKey;

use crate::files::{FileSystem, OsFileSystem};
use crate::ports::{PolicySigner, Signed, SignerError};

use file::KeyFolder;
use private_half::PrivateHalf;

/// How long a change of the key waits for another one.
const PATIENCE: Duration = Duration::from_secs(30);

/// The operator key in a file that only its owner may use.
///
/// A key is used only when no part of its path is a symbolic link, and when it is a regular file of
/// this user that nobody else may read or write; all of that is asked of the very file that is read.
/// It is read anew for each use, so that a rotation by another process is seen, and wiped from memory
/// after it.
///
/// Several processes may use one path, the public tools among them. A crash at any point leaves
/// either the key that was there or a new one, never none and never half of one.
///
/// The public half is a convenience for people and other tools. It is compared with the private one
/// on every use, and written anew when it is absent.
#[derive(Clone, Debug)]
pub struct FileOperatorKey {
    folder: KeyFolder,
}

impl FileOperatorKey {
    /// The key at a path of this machine. Touches nothing.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self::with_file_system(path, Arc::new(OsFileSystem))
    }

    /// The key at a path of a file system. Touches nothing.
    #[must_use]
    pub fn with_file_system(path: PathBuf, files: Arc<dyn FileSystem>) -> Self {
        Self { folder: KeyFolder { path, files } }
    }

    /// The key in use, checked against its public half. `is_complete` tells whether that is there.
    fn in_use(&self) -> Result<Option<InUse>, SignerError> {
        let folder = &self.folder;
        let mut found = folder.private_half(&folder.path)?;
        loop {
            let Some(private) = found else { return Ok(None) };
            let public = folder.public_half()?;
            if public.as_ref().is_none_or(|key_id| *key_id == private.public.key_id) {
                return Ok(Some(InUse { private, is_complete: public.is_some() }));
            }
            // A rotation may have come between the two looks.
            let again = folder.private_half(&folder.path)?;
            if again.as_ref().is_some_and(|again| again.public == private.public) {
                return Err(SignerError::StalePublicKey { path: folder.public_path() });
            }
            found = again;
        }
    }

    /// The key in use, with its public half beside it, both safe on the disk.
    fn completed(&self, in_use: InUse) -> Result<PrivateHalf, SignerError> {
        if !in_use.is_complete {
            self.folder.write_public_half(&in_use.private.public)?;
        }
        // Who made it may have been killed before it was safe.
        self.folder.settle(&self.folder.path)?;
        Ok(in_use.private)
    }

    /// Writes the public half anew, if that is possible: a signature does not depend on it.
    fn complete_if_possible(&self) {
        let complete = || {
            let _lock = self.folder.lock(Duration::ZERO)?;
            match self.in_use()? {
                Some(in_use) => self.completed(in_use).map(drop),
                None => Ok(()),
            }
        };
        drop(complete());
    }
}

/// The key in use.
struct InUse {
    private: PrivateHalf,
    is_complete: bool,
}

impl PolicySigner for FileOperatorKey {
    fn key(&self) -> Result<Option<TrustedKey>, SignerError> {
        Ok(self.in_use()?.map(|in_use| in_use.private.public))
    }

    fn ensure_key(&self) -> Result<TrustedKey, SignerError> {
        // What is there is refused, or used, before anything is made.
        if let Some(in_use) = self.in_use()?
            && in_use.is_complete
        {
            return Ok(self.completed(in_use)?.public);
        }
        self.folder.make()?;
        let _lock = self.folder.lock(PATIENCE)?;
        self.folder.remove_leftovers()?;
        if self.in_use()?.is_none() {
            self.folder.make_private_half(&self.folder.path)?;
        }
        // Another tool, which takes no lock, may have been first.
        let in_use = self.in_use()?.ok_or(SignerError::NoKey)?;
        Ok(self.completed(in_use)?.public)
    }

    fn next_key(&self) -> Result<TrustedKey, SignerError> {
        let next = self.folder.next_path();
        self.folder.private_half(&next)?;
        self.folder.make()?;
        let _lock = self.folder.lock(PATIENCE)?;
        self.folder.remove_leftovers()?;
        if self.folder.private_half(&next)?.is_none() {
            self.folder.make_private_half(&next)?;
        }
        self.folder.settle(&next)?;
        let made = self.folder.private_half(&next)?.ok_or(SignerError::NoKey)?;
        Ok(made.public)
    }

    fn activate(&self, key_id: &str) -> Result<(), SignerError> {
        let unknown = || SignerError::UnknownKey { key_id: key_id.to_owned() };
        let (key, next) = (&self.folder.path, self.folder.next_path());
        if self.folder.private_half(key)?.is_none() && self.folder.private_half(&next)?.is_none() {
            return Err(unknown());
        }
        let _lock = self.folder.lock(PATIENCE)?;
        let is_named = |half: &PrivateHalf| half.public.key_id == key_id;
        if !self.folder.private_half(key)?.is_some_and(|half| is_named(&half)) {
            if !self.folder.private_half(&next)?.is_some_and(|half| is_named(&half)) {
                return Err(unknown());
            }
            // At no time is there a public half of another key, so that a crash leaves no riddle.
            self.folder.remove_public_half()?;
            self.folder.rename(&next, key)?;
        }
        let in_use = self.in_use()?.ok_or(SignerError::NoKey)?;
        self.completed(in_use).map(drop)
    }

    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError> {
        let in_use = self.in_use()?.ok_or(SignerError::NoKey)?;
        if !in_use.is_complete {
            self.complete_if_possible();
        }
        let PrivateHalf { key, public } = in_use.private;
        Ok(Signed { signature: key.sign(message).to_bytes(), key: public })
    }
}

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{TrustedKey, key_id_for_public_key_pem};

use super::private_half::{PrivateHalf, check_is_private};
use crate::files::{FileSystem, PrivateFile};
use crate::ports::SignerError;

/// A key takes some 200 bytes; what is much larger is something else.
const MAX_BYTES: u64 = 16 * 1024;

/// Ends the name of a file that is being written.
const UNFINISHED: &str = ".unfinished";

/// The files of an operator key.
#[derive(Clone, Debug)]
pub(super) struct KeyFolder {
    pub(super) path: PathBuf,
    pub(super) files: Arc<dyn FileSystem>,
}

impl KeyFolder {
    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = OsString::from(&self.path);
        path.push(suffix);
        PathBuf::from(path)
    }

    pub(super) fn public_path(&self) -> PathBuf {
        self.beside(".pub")
    }

    pub(super) fn next_path(&self) -> PathBuf {
        self.beside(".next")
    }

    fn parent(&self) -> &Path {
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.unwrap_or(Path::new("."))
    }

    /// How the name of a file that is being written here begins.
    fn unfinished_prefix(&self) -> String {
        format!(".{}.", self.path.file_name().unwrap_or_default().to_string_lossy())
    }

    fn io<T>(
        &self,
        operation: &'static str,
        path: &Path,
        result: io::Result<T>,
    ) -> Result<T, SignerError> {
        let path = path.to_owned();
        result.map_err(|source| SignerError::Io { operation, path, source })
    }

    fn read(&self, path: &Path) -> Result<PrivateFile, SignerError> {
        match self.files.read_private(path, MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                Err(SignerError::Malformed { path: path.to_owned() })
            }
            Ok(PrivateFile::Link(path)) => Err(SignerError::SymbolicLink { path }),
            Ok(PrivateFile::NotAFile) => Err(SignerError::NotAFile { path: path.to_owned() }),
            found => self.io("read", path, found),
        }
    }

    /// The key in a file that nobody else may use; none when there is none.
    pub(super) fn private_half(&self, path: &Path) -> Result<Option<PrivateHalf>, SignerError> {
        let PrivateFile::File { stat, bytes } = self.read(path)? else { return Ok(None) };
        check_is_private(path, &stat)?;
        PrivateHalf::from_pem(path, &bytes).map(Some)
    }

    /// The id of the key that the public half is of; none when there is no such file. What is no key
    /// has an id that is none.
    pub(super) fn public_half(&self) -> Result<Option<String>, SignerError> {
        let path = self.public_path();
        let bytes = match self.read(&path) {
            Ok(PrivateFile::File { bytes, .. }) => bytes,
            Ok(_) => return Ok(None),
            Err(SignerError::Malformed { .. }) => return Ok(Some(String::new())),
            Err(error) => return Err(error),
        };
        let key_id = std::str::from_utf8(&bytes).ok();
        let key_id = key_id.and_then(|pem| key_id_for_public_key_pem(pem).ok());
        Ok(Some(key_id.unwrap_or_default()))
    }

    /// Makes the folder, and those that lead to it.
    pub(super) fn make(&self) -> Result<(), SignerError> {
        let mut missing = Vec::new();
        for folder in self.parent().ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
            if self.io("look at", folder, self.files.stat(folder))?.is_some() {
                break;
            }
            missing.push(folder);
        }
        for folder in missing.into_iter().rev() {
            self.io("make", folder, self.files.create_dir(folder))?;
            let above = folder.parent().filter(|above| !above.as_os_str().is_empty());
            let above = above.unwrap_or(Path::new("."));
            self.io("sync", above, self.files.sync(above))?;
        }
        Ok(())
    }

    /// Keeps other changes out until the value is dropped.
    pub(super) fn lock(&self, patience: Duration) -> Result<Box<dyn Send + Sync>, SignerError> {
        let path = self.beside(".lock");
        self.io("lock", &path, self.files.lock(&path, patience))
    }

    /// Removes what a crash left. To be called while the lock is held.
    pub(super) fn remove_leftovers(&self) -> Result<(), SignerError> {
        let (folder, prefix) = (self.parent(), self.unfinished_prefix());
        for name in self.io("read", folder, self.files.names(folder))? {
            let text = name.to_string_lossy();
            if text.starts_with(&prefix) && text.ends_with(UNFINISHED) {
                let path = folder.join(&name);
                self.io("remove", &path, self.files.remove_file(&path))?;
            }
        }
        Ok(())
    }

    /// Makes a key, unless somebody else was first. It is there as a whole or not at all.
    pub(super) fn make_private_half(&self, path: &Path) -> Result<(), SignerError> {
        let made = PrivateHalf::random()?;
        let pem = made.to_pem(path)?;
        let unfinished = self.write(&made.public.key_id, pem.as_bytes())?;
        match self.files.link(&unfinished, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            linked => self.io("write", path, linked)?,
        }
        self.io("remove", &unfinished, self.files.remove_file(&unfinished))
    }

    /// Writes the public half anew.
    pub(super) fn write_public_half(&self, public: &TrustedKey) -> Result<(), SignerError> {
        let name = format!("pub.{}", public.key_id);
        let unfinished = self.write(&name, public.public_key_pem.as_bytes())?;
        self.rename(&unfinished, &self.public_path())
    }

    pub(super) fn remove_public_half(&self) -> Result<(), SignerError> {
        let path = self.public_path();
        self.io("remove", &path, self.files.remove_file(&path))?;
        self.io("sync", self.parent(), self.files.sync(self.parent()))
    }

    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), SignerError> {
        self.io("write", to, self.files.rename(from, to))
    }

    /// Writes a file under a name that shows that it is not finished.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, SignerError> {
        let name = format!("{}{name}{UNFINISHED}", self.unfinished_prefix());
        let path = self.parent().join(name);
        // Nobody else writes while the lock is held: what is there was left by a crash.
        self.io("remove", &path, self.files.remove_file(&path))?;
        self.io("write", &path, self.files.create(&path, bytes))?;
        self.io("sync", &path, self.files.sync(&path))?;
        Ok(path)
    }

    /// Makes a file and its name survive a power cut.
    pub(super) fn settle(&self, path: &Path) -> Result<(), SignerError> {
        self.io("sync", path, self.files.sync(path))?;
        self.io("sync", self.parent(), self.files.sync(self.parent()))
    }
}

//! An environment as one file.

use std::io;
use std::path::Path;

use greentic_deploy_spec::{EnvId, MAX_DOCUMENT_BYTES};

use super::{LocalFsStore, layout};
use crate::{Committed, Request, StoreError, backup};

impl LocalFsStore {
    /// Writes a backup of an environment into a file that must not be there yet. It is safe on the
    /// disk when this returns. See [`backup::export`] for what it holds.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read or written.
    pub fn export_to_file(&self, env_id: &EnvId, path: &Path) -> Result<(), StoreError> {
        let ports = self.ports();
        let id = ports.ids.ulid().to_string();
        let artifact = backup::export(self, env_id, id.as_str(), ports.clock.now())?;
        let text =
            artifact.to_pretty().map_err(|error| StoreError::from_rejection(error.into()))?;
        let (actual, limit) = (text.len(), MAX_DOCUMENT_BYTES);
        if actual > limit {
            return Err(StoreError::TooLarge { actual, limit });
        }
        self.write_new(path, &id, text.as_bytes())
            .map_err(|source| StoreError::AtomicWrite { path: path.to_owned(), source })
    }

    /// Writes a file that is there as a whole or not at all, and that nobody else has written.
    fn write_new(&self, path: &Path, unique: &str, bytes: &[u8]) -> io::Result<()> {
        let files = &self.inner.files;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let unfinished = path.with_file_name(format!(".{name}.{unique}{}", layout::UNFINISHED));
        let write = || {
            files.create(&unfinished, bytes)?;
            files.sync(&unfinished)?;
            files.link(&unfinished, path)
        };
        let written = write();
        // What cannot be removed is told by its name.
        drop(files.remove_file(&unfinished));
        written?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        files.sync(folder.unwrap_or(Path::new(".")))
    }

    /// Makes an environment of a backup in a file. The request's command is not looked at.
    ///
    /// # Errors
    /// [`StoreError::Backup`], [`StoreError::AlreadyExists`]; or why it cannot be read or written.
    pub fn import_from_file(
        &self,
        env_id: &EnvId,
        path: &Path,
        request: Request,
    ) -> Result<Committed, StoreError> {
        let failed = |source| StoreError::Io { operation: "read", path: path.to_owned(), source };
        let read = self.inner.files.read(path, MAX_DOCUMENT_BYTES as u64).map_err(failed)?;
        let bytes = read.ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))?;
        let artifact = backup::read(&bytes)?;
        backup::import(self, env_id, &artifact, request)
    }
}

//! x
use crate::files::FileSystem;
use crate::ports::{PolicySigner, Signed, SignerError};
use greentic_deploy_spec::TrustedKey;
use std::path::PathBuf;
use std::sync::Arc;
/// x
#[derive(Debug)]
pub struct FileOperatorKey {
    path: PathBuf,
    files: Arc<dyn FileSystem>,
}
impl FileOperatorKey {
    /// x
    #[must_use]
    pub fn with_file_system(path: PathBuf, files: Arc<dyn FileSystem>) -> Self {
        Self { path, files }
    }
}
impl PolicySigner for FileOperatorKey {
    fn key(&self) -> Result<Option<TrustedKey>, SignerError> {
        Err(SignerError::NoKey)
    }
    fn ensure_key(&self) -> Result<TrustedKey, SignerError> {
        Err(SignerError::NoKey)
    }
    fn next_key(&self) -> Result<TrustedKey, SignerError> {
        Err(SignerError::NoKey)
    }
    fn activate(&self, key_id: &str) -> Result<(), SignerError> {
        Err(SignerError::NoKey)
    }
    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError> {
        Err(SignerError::NoKey)
    }
}

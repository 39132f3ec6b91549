//! Env-packs beyond those of this workspace.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use greentic_env_pack::{EnvPackRegistry, RegistryError, RevisionProbe};

/// Env-packs that a program adds to those of this workspace. Every verb works with them.
pub trait Extension: Debug + Send + Sync {
    /// Adds them to the registry. `root` has a folder for each environment; `probe` loads a revision to
    /// show that it can be served.
    ///
    /// # Errors
    /// What the registry refuses.
    fn register(
        &self,
        registry: &mut EnvPackRegistry,
        root: &Path,
        probe: &Arc<dyn RevisionProbe>,
    ) -> Result<(), RegistryError>;
}

/// Adds nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoExtension;

impl Extension for NoExtension {
    fn register(
        &self,
        _: &mut EnvPackRegistry,
        _: &Path,
        _: &Arc<dyn RevisionProbe>,
    ) -> Result<(), RegistryError> {
        Ok(())
    }
}

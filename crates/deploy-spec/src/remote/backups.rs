use serde::{Deserialize, Serialize};

use super::{Precondition, RemoteContractError, StateEtag};
use crate::documents::BackupArtifact;
use crate::integrity::StateIntegrity;

/// Brings a backup back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RestoreRequest {
    /// The backup.
    pub backup_id: String,
    /// The state that it replaces; it must pin something.
    pub precondition: Precondition,
}

impl RestoreRequest {
    /// Checks that the request pins the state that it replaces.
    ///
    /// # Errors
    /// [`RemoteContractError::UnconditionalRestore`].
    pub fn validate(&self) -> Result<(), RemoteContractError> {
        if self.precondition.is_conditional() {
            Ok(())
        } else {
            Err(RemoteContractError::UnconditionalRestore)
        }
    }
}

/// A backup that was brought back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RestoreOutcome {
    /// The generation now.
    pub restored_generation: u64,
    /// The digest of the environment now.
    pub integrity: StateIntegrity,
}

/// Makes an environment of an exported backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ImportRequest {
    /// The backup.
    pub artifact: BackupArtifact,
}

/// An environment that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ImportOutcome {
    /// Its generation.
    pub imported_generation: u64,
    /// Its digest.
    pub integrity: StateIntegrity,
}

impl RestoreOutcome {
    /// The etag of what was brought back.
    #[must_use]
    pub fn etag(&self) -> StateEtag {
        StateEtag::from_integrity(&self.integrity)
    }
}

impl ImportOutcome {
    /// The etag of what was imported.
    #[must_use]
    pub fn etag(&self) -> StateEtag {
        StateEtag::from_integrity(&self.integrity)
    }
}

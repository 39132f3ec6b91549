use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::DocumentType;
use crate::{EnvId, SchemaVersion, StateIntegrity};

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BackupManifest {
    /// [`SchemaVersion::BACKUP_MANIFEST_V1`].
    pub schema: SchemaVersion,
    /// The backup, a ULID.
    pub backup_id: String,
    /// The environment.
    pub env_id: EnvId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The generation that it holds.
    pub generation: u64,
    /// The digest of the environment in it.
    pub integrity: StateIntegrity,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// A backup as one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BackupArtifact {
    /// [`SchemaVersion::BACKUP_ARTIFACT_V1`].
    pub schema: SchemaVersion,
    /// What it holds.
    pub manifest: BackupManifest,
    /// The documents: `environment` and what lies beside it.
    pub snapshot: Value,
    /// SHA-256 of the snapshot's canonical JSON, 64 lower-case hex digits.
    pub snapshot_digest: String,
}

impl BackupManifest {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::BACKUP_MANIFEST_V1
    }
}

impl BackupArtifact {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::BACKUP_ARTIFACT_V1
    }
}

impl DocumentType for BackupManifest {
    const NAME: &'static str = "BackupManifest";
}

impl DocumentType for BackupArtifact {
    const NAME: &'static str = "BackupArtifact";
}

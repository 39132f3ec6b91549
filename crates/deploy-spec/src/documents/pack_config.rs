use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::DocumentType;
use crate::{PackId, RevisionId, RuntimeRef, SchemaVersion, SecretRef};

/// The configuration of one pack of one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PackConfig {
    /// [`SchemaVersion::PACK_CONFIG_V1`].
    pub schema: SchemaVersion,
    /// The pack.
    pub pack_id: PackId,
    /// The revision.
    pub revision_id: RevisionId,
    /// Values that are not secret.
    #[serde(default)]
    pub non_secret: BTreeMap<String, Value>,
    /// Where the secret values are.
    #[serde(default)]
    pub secret_refs: BTreeMap<String, SecretRef>,
    /// Where the discovered values are.
    #[serde(default)]
    pub runtime_refs: BTreeMap<String, RuntimeRef>,
}

impl PackConfig {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::PACK_CONFIG_V1
    }
}

/// A pack with the digest of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LockedPack {
    /// The pack.
    pub pack_id: PackId,
    /// Its file, relative to the environment.
    pub path: PathBuf,
    /// Digest of the file, `sha256:<lower-case hex>`.
    pub digest: String,
}

/// The packs of a revision with their digests (`pack-list.lock`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PackListLock {
    /// [`SchemaVersion::PACK_LIST_LOCK_V1`].
    pub schema: SchemaVersion,
    /// The revision.
    pub revision_id: RevisionId,
    /// The packs.
    pub packs: Vec<LockedPack>,
}

impl PackListLock {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::PACK_LIST_LOCK_V1
    }
}

impl DocumentType for PackConfig {
    const NAME: &'static str = "PackConfig";
}

impl DocumentType for PackListLock {
    const NAME: &'static str = "PackListLock";
}

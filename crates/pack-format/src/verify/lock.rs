//! The lock: which bytes each component was when the pack was built.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::archive::Files;
use crate::cbor;
use crate::error::{DocumentProblem, PackError};
use crate::limits::Limits;
use crate::manifest::typed;

/// The member with the lock.
pub(crate) const LOCK_NAME: &str = "pack.lock.cbor";

/// The lock of a pack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Lock {
    version: u64,
    #[serde(default)]
    pub(crate) components: BTreeMap<String, LockedComponent>,
}

/// One component of a lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LockedComponent {
    #[serde(default)]
    pub(crate) component_id: String,
    #[serde(default)]
    pub(crate) abi_version: String,
    #[serde(default)]
    pub(crate) resolved_digest: String,
    #[serde(default)]
    pub(crate) describe_hash: String,
    #[serde(default)]
    pub(crate) operations: Vec<LockedOperation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) world: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) component_version: Option<String>,
}

/// One operation of a component in a lock.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LockedOperation {
    pub(crate) operation_id: String,
    #[serde(default)]
    pub(crate) schema_hash: String,
}

pub(crate) fn read_lock(files: &Files, limits: &Limits) -> Result<Option<Lock>, PackError> {
    let Some(bytes) = files.get(LOCK_NAME) else { return Ok(None) };
    let lock = cbor::to_json(bytes, limits).and_then(typed);
    lock.map(Some).map_err(|problem| PackError::document(LOCK_NAME, problem))
}

pub(crate) fn write_lock(
    components: BTreeMap<String, LockedComponent>,
) -> Result<Vec<u8>, DocumentProblem> {
    cbor::from_json(&Lock { version: 1, components })
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FieldUpdate;
use crate::CapabilitySlot;
use crate::document::Document;
use crate::documents::{Environment, EnvironmentRuntime};

/// What was left of a draining revision when its drain was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DrainReport {
    /// Requests that were still running.
    pub open_requests: u64,
    /// Conversations that were still parked.
    pub parked_sessions: u64,
}

impl DrainReport {
    /// Nothing was left.
    pub const SETTLED: Self = Self { open_requests: 0, parked_sessions: 0 };

    /// Tells whether nothing was cut off.
    #[must_use]
    pub fn is_settled(self) -> bool {
        self == Self::SETTLED
    }
}

/// The documents of an environment that a backup, an export or the history holds. The trust root is
/// left out on purpose: bringing it back could bring back a key that was revoked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The environment.
    pub environment: Document<Environment>,
    /// What was discovered; absent means absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Document<EnvironmentRuntime>>,
    /// The answers of each slot that has some.
    #[serde(default)]
    pub pack_answers: BTreeMap<CapabilitySlot, Value>,
    /// The ids of the keys that were trusted then; not restored, but an undo that would need to is
    /// refused. Absent means that it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_key_ids: Option<Vec<String>>,
}

/// Why documents are brought back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RestoreMode {
    /// A backup of this environment replaces what is there.
    Backup,
    /// An export becomes an environment that does not exist yet.
    Import,
    /// Takes back the last changes, as far as taking back is safe.
    Undo,
}

/// Documents that somebody changed outside of the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdoptPayload {
    /// The environment as it was found, when it was changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Document<Environment>>,
    /// The runtime document as it was found: changed, or cleared when the file is gone.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub runtime: FieldUpdate<Document<EnvironmentRuntime>>,
    /// The answers of each slot whose file was changed or is gone.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pack_answers: BTreeMap<CapabilitySlot, FieldUpdate<Value>>,
}

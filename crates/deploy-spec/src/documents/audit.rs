use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::SchemaVersion;
use crate::document::DocumentType;

/// The policy that allows whatever the owner of this machine does to the environment `local`.
pub const POLICY_LOCAL_ONLY: &str = "local-only";

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Actor {
    /// `local-user`, or on a server `store-server`, `bearer-token`, `anonymous`.
    pub kind: String,
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The user's number on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// Whether it was allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum AuditDecision {
    /// It was.
    Allow {
        /// The policy that decided.
        policy: String,
        /// Why.
        reason: String,
    },
    /// It was not.
    Deny {
        /// The policy that decided.
        policy: String,
        /// Why.
        reason: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum AuditResult {
    /// Done.
    Ok,
    /// Refused or failed.
    Error {
        /// The kind of error, as in a remote error body.
        kind: String,
        /// What people read.
        message: String,
    },
    /// The backend cannot do it.
    NotYetImplemented {
        /// What is missing.
        detail: String,
    },
}

/// One line of the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AuditEvent {
    /// [`SchemaVersion::AUDIT_EVENT_V1`].
    pub schema: SchemaVersion,
    /// The event, a ULID.
    pub event_id: String,
    /// When.
    pub ts: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// In which environment; any text, since a refused one may be no legal id.
    pub env_id: String,
    /// The thing that was acted on, for example `traffic`.
    pub noun: String,
    /// What was done, for example `set`.
    pub verb: String,
    /// On what exactly. Never a secret and never an override's value.
    pub target: Value,
    /// The generation before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_generation: Option<u64>,
    /// The generation after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_generation: Option<u64>,
    /// The idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Whether it was allowed.
    pub authorization: AuditDecision,
    /// What came of it.
    pub result: AuditResult,
}

impl AuditEvent {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::AUDIT_EVENT_V1
    }
}

impl DocumentType for AuditEvent {
    const NAME: &'static str = "AuditEvent";
}

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{IdempotencyOutcome, RemoteStoreError, StateEtag};
use crate::documents::{Actor, AuditDecision, AuditEvent, AuditResult};
use crate::{EnvId, IdempotencyKey};

/// What every successful mutation answers beside its result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MutationResponse {
    /// The environment's etag now.
    pub etag: StateEtag,
    /// The environment's generation now.
    pub generation: u64,
    /// Whether the answer was computed or remembered.
    pub idempotency: IdempotencyOutcome,
    /// The line of the audit log.
    pub audit: AuditEvent,
}

/// The body of a successful mutation, always with status 200.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MutationEnvelope {
    /// What the verb answers.
    pub result: Value,
    /// The rest.
    #[serde(flatten)]
    pub response: MutationResponse,
}

/// A server's answer that the contract does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ContractViolation {
    /// The body is no envelope.
    #[error("the answer to a change is no mutation envelope: {detail}")]
    Envelope {
        /// What is wrong with it.
        detail: String,
    },
    /// The audit record is of another request, or says that it was refused.
    #[error("the audit record of the answer has {field} {actual}, expected {expected}")]
    Audit {
        /// Which field.
        field: &'static str,
        /// What it must be.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// The body and the status tell different things.
    #[error("status {status} came with a body of kind `{kind}`, whose status is {expected}")]
    Status {
        /// The status.
        status: u16,
        /// The body's kind.
        kind: &'static str,
        /// The kind's status.
        expected: u16,
    },
    /// The body is no error body.
    #[error("status {status} came without an error body")]
    ErrorBody {
        /// The status.
        status: u16,
    },
}

impl MutationEnvelope {
    /// Reads the body of a status 2xx and checks that it answers this request. An error means that
    /// the change may be committed: retry with the same key, never with a fresh one.
    ///
    /// # Errors
    /// [`ContractViolation::Envelope`], [`ContractViolation::Audit`].
    pub fn read(
        body: Value,
        env_id: &EnvId,
        key: &IdempotencyKey,
    ) -> Result<Self, ContractViolation> {
        let envelope: Self = serde_json::from_value(body)
            .map_err(|error| ContractViolation::Envelope { detail: error.to_string() })?;
        envelope.response.audit.check_answers(env_id, key)?;
        Ok(envelope)
    }
}

impl AuditEvent {
    fn check_answers(&self, env_id: &EnvId, key: &IdempotencyKey) -> Result<(), ContractViolation> {
        let audit = |field, expected: &str, actual: &str| {
            if expected == actual {
                return Ok(());
            }
            let (expected, actual) = (expected.to_owned(), actual.to_owned());
            Err(ContractViolation::Audit { field, expected, actual })
        };
        let decision = match &self.authorization {
            AuditDecision::Allow { .. } => "allow",
            AuditDecision::Deny { .. } => "deny",
        };
        let outcome = match &self.result {
            AuditResult::Ok => "ok",
            AuditResult::Error { .. } => "error",
            AuditResult::NotYetImplemented { .. } => "not-yet-implemented",
        };
        audit("decision", "allow", decision)?;
        audit("outcome", "ok", outcome)?;
        audit("env_id", env_id.as_str(), &self.env_id)?;
        audit("idempotency_key", key.as_str(), self.idempotency_key.as_deref().unwrap_or_default())
    }
}

impl RemoteStoreError {
    /// Reads the body of a status that is not 2xx.
    ///
    /// # Errors
    /// [`ContractViolation`] when the body is no error body, or belongs to another status.
    pub fn read(status: u16, body: Value) -> Result<Self, ContractViolation> {
        let error: Self =
            serde_json::from_value(body).map_err(|_| ContractViolation::ErrorBody { status })?;
        if error.agrees_with_status(status) {
            return Ok(error);
        }
        let (kind, expected) = (error.kind().as_str(), error.http_status());
        Err(ContractViolation::Status { status, kind, expected })
    }
}

/// What an access policy is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RbacRequest {
    /// Who asks.
    pub actor: Actor,
    /// For which environment.
    pub env_id: EnvId,
    /// The thing.
    pub noun: String,
    /// What is to be done.
    pub verb: String,
    /// On what exactly.
    pub target: Value,
}

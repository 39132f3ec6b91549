use serde::{Deserialize, Serialize};

use super::{ConcurrencyConflict, PreconditionError};
use crate::RevisionId;
use crate::documents::AuditDecision;
use crate::engine::{Outcome, Rejection};
use crate::payloads::HealthCheckId;

/// The public kinds of error, as they stand in an error body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The state is not the one that the caller pinned.
    PreconditionFailed,
    /// The caller pinned no state where it must.
    PreconditionRequired,
    /// The key was used for another request.
    IdempotencyConflict,
    /// The caller may not.
    Unauthorized,
    /// No such environment.
    NotFound,
    /// Something in the environment that the request needs is missing.
    DependentNotFound,
    /// Something with that name is there already.
    AlreadyExists,
    /// The state of the environment forbids it.
    Conflict,
    /// The request itself is wrong.
    InvalidRequest,
    /// The health gate of a revision failed; the revision is recorded as failed.
    HealthGateFailed,
    /// What is stored does not match its digest.
    IntegrityMismatch,
    /// The backend cannot do it.
    NotYetImplemented,
    /// A defect.
    Internal,
}

impl ErrorKind {
    /// The kind as it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreconditionFailed => "precondition-failed",
            Self::PreconditionRequired => "precondition-required",
            Self::IdempotencyConflict => "idempotency-conflict",
            Self::Unauthorized => "unauthorized",
            Self::NotFound => "not-found",
            Self::DependentNotFound => "dependent-not-found",
            Self::AlreadyExists => "already-exists",
            Self::Conflict => "conflict",
            Self::InvalidRequest => "invalid-request",
            Self::HealthGateFailed => "health-gate-failed",
            Self::IntegrityMismatch => "integrity-mismatch",
            Self::NotYetImplemented => "not-yet-implemented",
            Self::Internal => "internal",
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn http_status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Unauthorized => 403,
            Self::NotFound | Self::DependentNotFound => 404,
            Self::IdempotencyConflict | Self::AlreadyExists | Self::Conflict => 409,
            Self::PreconditionFailed => 412,
            Self::HealthGateFailed | Self::IntegrityMismatch => 422,
            Self::PreconditionRequired => 428,
            Self::Internal => 500,
            Self::NotYetImplemented => 501,
        }
    }
}

/// An error body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum RemoteStoreError {
    /// The state is not the one that the caller pinned.
    #[error("precondition failed (stale generation/etag)")]
    PreconditionFailed(ConcurrencyConflict),
    /// The caller pinned no state where it must.
    #[error("precondition required: {detail}")]
    PreconditionRequired {
        /// What is missing.
        detail: String,
    },
    /// The key was used for another request.
    #[error("idempotency conflict: {reason}")]
    IdempotencyConflict {
        /// What differs.
        reason: String,
    },
    /// The caller may not.
    #[error("unauthorized: {reason} (policy `{policy}`)")]
    Unauthorized {
        /// The policy that decided.
        policy: String,
        /// Why.
        reason: String,
    },
    /// No such environment.
    #[error("environment not found")]
    NotFound,
    /// Something with that name is there already.
    #[error("already exists: {detail}")]
    AlreadyExists {
        /// What.
        detail: String,
    },
    /// The request itself is wrong.
    #[error("invalid request: {detail}")]
    InvalidRequest {
        /// What is wrong.
        detail: String,
    },
    /// The state of the environment forbids it.
    #[error("conflict: {detail}")]
    Conflict {
        /// Why.
        detail: String,
    },
    /// Something in the environment that the request needs is missing.
    #[error("dependent not found: {detail}")]
    DependentNotFound {
        /// What.
        detail: String,
    },
    /// The health gate of a revision failed; the revision is recorded as failed.
    #[error("health gate failed for revision `{revision_id}`: {message}")]
    HealthGateFailed {
        /// The revision.
        revision_id: RevisionId,
        /// The checks that failed.
        failed_checks: Vec<HealthCheckId>,
        /// What people read.
        message: String,
    },
    /// What is stored does not match its digest.
    #[error("integrity mismatch: expected {expected}, computed {actual}")]
    IntegrityMismatch {
        /// The recorded digest.
        expected: String,
        /// The computed one.
        actual: String,
    },
    /// The backend cannot do it.
    #[error("not yet implemented: {detail}")]
    NotYetImplemented {
        /// What is missing.
        detail: String,
    },
    /// A defect.
    #[error("internal store error: {message}")]
    Internal {
        /// What happened.
        message: String,
    },
}

impl RemoteStoreError {
    /// The kind of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::PreconditionFailed(_) => ErrorKind::PreconditionFailed,
            Self::PreconditionRequired { .. } => ErrorKind::PreconditionRequired,
            Self::IdempotencyConflict { .. } => ErrorKind::IdempotencyConflict,
            Self::Unauthorized { .. } => ErrorKind::Unauthorized,
            Self::NotFound => ErrorKind::NotFound,
            Self::AlreadyExists { .. } => ErrorKind::AlreadyExists,
            Self::InvalidRequest { .. } => ErrorKind::InvalidRequest,
            Self::Conflict { .. } => ErrorKind::Conflict,
            Self::DependentNotFound { .. } => ErrorKind::DependentNotFound,
            Self::HealthGateFailed { .. } => ErrorKind::HealthGateFailed,
            Self::IntegrityMismatch { .. } => ErrorKind::IntegrityMismatch,
            Self::NotYetImplemented { .. } => ErrorKind::NotYetImplemented,
            Self::Internal { .. } => ErrorKind::Internal,
        }
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.kind().http_status()
    }

    /// Tells whether a status may come with this body: its own, or 401 with `unauthorized`.
    #[must_use]
    pub fn agrees_with_status(&self, status: u16) -> bool {
        status == self.http_status() || (status == 401 && self.kind() == ErrorKind::Unauthorized)
    }
}

impl From<&Rejection> for RemoteStoreError {
    fn from(rejection: &Rejection) -> Self {
        let detail = rejection.to_string();
        match rejection.kind() {
            ErrorKind::NotFound => Self::NotFound,
            ErrorKind::AlreadyExists => Self::AlreadyExists { detail },
            ErrorKind::DependentNotFound => Self::DependentNotFound { detail },
            ErrorKind::Conflict => Self::Conflict { detail },
            ErrorKind::InvalidRequest => Self::InvalidRequest { detail },
            _ => Self::Internal { message: detail },
        }
    }
}

impl Outcome {
    /// The error body of an outcome that is answered with one: a health gate that failed. The change
    /// is committed all the same.
    #[must_use]
    pub fn as_error(&self) -> Option<RemoteStoreError> {
        match self {
            Self::HealthGateFailed { revision_id, failed_checks, message } => {
                Some(RemoteStoreError::HealthGateFailed {
                    revision_id: *revision_id,
                    failed_checks: failed_checks.clone(),
                    message: message.clone(),
                })
            }
            _ => None,
        }
    }
}

impl RemoteStoreError {
    /// The outcome that is answered with this error body, the reverse of [`Outcome::as_error`].
    #[must_use]
    pub fn as_outcome(&self) -> Option<Outcome> {
        match self {
            Self::HealthGateFailed { revision_id, failed_checks, message } => {
                Some(Outcome::HealthGateFailed {
                    revision_id: *revision_id,
                    failed_checks: failed_checks.clone(),
                    message: message.clone(),
                })
            }
            _ => None,
        }
    }
}

impl From<PreconditionError> for RemoteStoreError {
    fn from(error: PreconditionError) -> Self {
        match error {
            PreconditionError::Conflict(conflict) => Self::PreconditionFailed(conflict),
            required @ PreconditionError::Required => {
                Self::PreconditionRequired { detail: required.to_string() }
            }
        }
    }
}

impl From<AuditDecision> for Result<(), RemoteStoreError> {
    fn from(decision: AuditDecision) -> Self {
        match decision {
            AuditDecision::Allow { .. } => Ok(()),
            AuditDecision::Deny { policy, reason } => {
                Err(RemoteStoreError::Unauthorized { policy, reason })
            }
        }
    }
}

/// A part of a request breaks the contract by itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteContractError {
    /// A key without a character that is not white space.
    #[error("idempotency key must not be empty")]
    EmptyIdempotencyKey,
    /// A key that is too long for its header.
    #[error("idempotency key has {actual} bytes, the limit is {limit}")]
    IdempotencyKeyTooLong {
        /// Bytes given.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// A restore that pins no state.
    #[error("restore requires a precondition that pins prior state")]
    UnconditionalRestore,
}

//! Between a store's errors, those of the engine and those of the wire.

use greentic_deploy_spec::engine::Rejection;
use greentic_deploy_spec::remote::{ErrorKind, RequestError};
use greentic_deploy_spec::{PreconditionError, RemoteStoreError};

use super::{LifecycleError, Refusal, StoreError};
use crate::backup::BackupError;

impl StoreError {
    /// The error of a rejection of the engine.
    #[must_use]
    pub fn from_rejection(rejection: Rejection) -> Self {
        if let Rejection::EnvironmentNotFound { env_id } = &rejection {
            return Self::NotFound { env_id: env_id.clone() };
        }
        let kind = rejection.kind();
        let detail = rejection.to_string();
        let refusal = Refusal { detail, rejection: Some(Box::new(rejection)) };
        match kind {
            ErrorKind::AlreadyExists => Self::AlreadyExists(refusal),
            ErrorKind::DependentNotFound => Self::DependentNotFound(refusal),
            ErrorKind::InvalidRequest => Self::InvalidArgument(refusal),
            ErrorKind::Internal => Self::Contract { detail: refusal.detail },
            _ => Self::Conflict(refusal),
        }
    }

    /// The error as a server answers it.
    #[must_use]
    pub fn to_remote(&self) -> RemoteStoreError {
        let detail = self.to_string();
        match self.kind() {
            ErrorKind::NotFound => RemoteStoreError::NotFound,
            ErrorKind::AlreadyExists => RemoteStoreError::AlreadyExists { detail },
            ErrorKind::InvalidRequest => RemoteStoreError::InvalidRequest { detail },
            ErrorKind::DependentNotFound => RemoteStoreError::DependentNotFound { detail },
            ErrorKind::Conflict => RemoteStoreError::Conflict { detail },
            ErrorKind::NotYetImplemented => RemoteStoreError::NotYetImplemented { detail },
            ErrorKind::IdempotencyConflict => {
                RemoteStoreError::IdempotencyConflict { reason: detail }
            }
            _ => match self {
                Self::PreconditionFailed(conflict) => {
                    RemoteStoreError::PreconditionFailed(conflict.clone())
                }
                Self::Unauthorized { policy, reason } => RemoteStoreError::Unauthorized {
                    policy: policy.clone(),
                    reason: reason.clone(),
                },
                Self::Lifecycle(error) => {
                    let LifecycleError::HealthGateFailed { revision_id, failed_checks, message } =
                        error.as_ref();
                    RemoteStoreError::HealthGateFailed {
                        revision_id: *revision_id,
                        failed_checks: failed_checks.clone(),
                        message: message.clone(),
                    }
                }
                Self::Backup(BackupError::Changed { expected, actual }) => {
                    let (expected, actual) = (expected.clone(), actual.clone());
                    RemoteStoreError::IntegrityMismatch { expected, actual }
                }
                _ => RemoteStoreError::Internal { message: detail },
            },
        }
    }
}

impl From<PreconditionError> for StoreError {
    fn from(error: PreconditionError) -> Self {
        match error {
            PreconditionError::Conflict(conflict) => Self::PreconditionFailed(conflict),
            required @ PreconditionError::Required => {
                Self::InvalidArgument(Refusal { detail: required.to_string(), rejection: None })
            }
        }
    }
}

impl From<RequestError> for StoreError {
    fn from(error: RequestError) -> Self {
        Self::InvalidArgument(Refusal { detail: error.to_string(), rejection: None })
    }
}

//! What callers decide by.

use greentic_deploy_spec::remote::ErrorKind;

use super::{JournalProblem, StoreError};
use crate::backup::BackupError;
use crate::ports::SignerError;

impl StoreError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "environment-not-found",
            Self::UnsafeEnvId { .. } => "unsafe-environment-id",
            Self::EnvIdMismatch { .. } => "environment-id-mismatch",
            Self::Spec(error) => error.code(),
            Self::Conflict(refusal) => refusal.code("conflict"),
            Self::AlreadyExists(refusal) => refusal.code("already-exists"),
            Self::InvalidArgument(refusal) => refusal.code("invalid-request"),
            Self::DependentNotFound(refusal) => refusal.code("dependent-not-found"),
            Self::Lifecycle(_) => "health-gate-failed",
            Self::PreconditionFailed(_) => "precondition-failed",
            Self::IdempotencyConflict { .. } => "idempotency-conflict",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Unsupported { .. } => "unsupported",
            Self::NotYetImplemented { .. } => "not-yet-implemented",
            Self::ExternalEdit { .. } => "external-edit-invalid",
            Self::InvalidFile { .. } => "file-invalid",
            Self::Lock { .. } => "locked",
            Self::InTransaction { .. } => "in-transaction",
            Self::Io { .. } | Self::AtomicWrite { .. } => "io",
            Self::Json { source, .. } => source.code(),
            Self::Journal { problem: JournalProblem::Newer { .. }, .. } => "journal-newer",
            Self::Journal { .. } => "journal-damaged",
            Self::UnsafeFileSystem { .. } => "unsafe-file-system",
            Self::TrustRoot { .. } => "trust-root-differs",
            Self::OperatorKey(error) => error.code(),
            Self::RevenuePolicy(error) => error.code(),
            Self::Backup(error) => error.code(),
            Self::Secret(error) => error.code(),
            Self::TooLarge { .. } => "environment-too-large",
            Self::GenerationNotKept { .. } => "generation-not-kept",
            Self::CommittedAfterSave { .. } => "committed-after-save",
            Self::OutcomeUnknown { .. } => "outcome-unknown",
            Self::Contract { .. } => "contract",
        }
    }

    /// The public kind of error, by which callers decide and which travels over the wire.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Backup(BackupError::Changed { .. }) => ErrorKind::IntegrityMismatch,
            Self::UnsafeEnvId { .. }
            | Self::InvalidArgument(_)
            | Self::Backup(_)
            | Self::TooLarge { .. } => ErrorKind::InvalidRequest,
            Self::AlreadyExists(_) => ErrorKind::AlreadyExists,
            Self::DependentNotFound(_) | Self::GenerationNotKept { .. } => {
                ErrorKind::DependentNotFound
            }
            Self::Lifecycle(_) => ErrorKind::HealthGateFailed,
            Self::PreconditionFailed(_) => ErrorKind::PreconditionFailed,
            Self::IdempotencyConflict { .. } => ErrorKind::IdempotencyConflict,
            Self::Unauthorized { .. } => ErrorKind::Unauthorized,
            Self::Unsupported { .. } | Self::NotYetImplemented { .. } => {
                ErrorKind::NotYetImplemented
            }
            Self::Conflict(_)
            | Self::EnvIdMismatch { .. }
            | Self::ExternalEdit { .. }
            | Self::InvalidFile { .. }
            | Self::TrustRoot { .. }
            | Self::InTransaction { .. }
            | Self::Lock { .. } => ErrorKind::Conflict,
            Self::OperatorKey(SignerError::NoKey) => ErrorKind::Conflict,
            Self::Spec(_)
            | Self::Io { .. }
            | Self::AtomicWrite { .. }
            | Self::Json { .. }
            | Self::Journal { .. }
            | Self::UnsafeFileSystem { .. }
            | Self::OperatorKey(_)
            | Self::RevenuePolicy(_)
            | Self::Secret(_)
            | Self::CommittedAfterSave { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Contract { .. } => ErrorKind::Internal,
        }
    }

    /// Tells whether the change may have been committed although this is an error.
    #[must_use]
    pub fn may_be_committed(&self) -> bool {
        matches!(
            self,
            Self::Lifecycle(_) | Self::CommittedAfterSave { .. } | Self::OutcomeUnknown { .. }
        )
    }
}

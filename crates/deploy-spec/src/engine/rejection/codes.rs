use super::Rejection;
use crate::remote::ErrorKind;

impl Rejection {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EnvironmentNotFound { .. } => "environment-not-found",
            Self::EnvironmentExists { .. } => "environment-exists",
            Self::EnvironmentLive { .. } => "environment-live",
            Self::Invalid(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::UnsafeId(_) => "unsafe-id",
            Self::RevisionNotFound { .. } => "revision-not-found",
            Self::RevisionExists { .. } => "revision-exists",
            Self::LifecycleConflict { .. } => "lifecycle-conflict",
            Self::RevisionHasTraffic { .. } => "revision-has-traffic",
            Self::DrainNotFinished { .. } => "drain-not-finished",
            Self::DeploymentNotFound { .. } => "deployment-not-found",
            Self::AlreadyDeployed { .. } => "already-deployed",
            Self::DeploymentExists { .. } => "deployment-exists",
            Self::DeploymentLive { .. } => "deployment-live",
            Self::BundleLinked { .. } => "bundle-linked",
            Self::WrongDeployment { .. } => "wrong-deployment",
            Self::NotReady { .. } => "revision-not-ready",
            Self::AdmissionRevisionMissing { .. } => "admission-revision-missing",
            Self::DuplicateSplitEntry { .. } => "duplicate-split-entry",
            Self::TooManySplitEntries { .. } => "too-many-split-entries",
            Self::SplitNotFound { .. } => "split-not-found",
            Self::NoPreviousSplit { .. } => "no-previous-split",
            Self::StashUnreadable { .. } => "stash-unreadable",
            Self::NotPackSlot { .. } => "not-a-pack-slot",
            Self::BindingExists { .. } => "binding-exists",
            Self::BindingNotFound { .. } => "binding-not-found",
            Self::BindingMismatch { .. } => "binding-mismatch",
            Self::NoPreviousBinding { .. } => "no-previous-binding",
            Self::CounterOverflow { .. } => "counter-overflow",
            Self::EndpointExists { .. } => "endpoint-exists",
            Self::EndpointIdTaken { .. } => "endpoint-id-taken",
            Self::EndpointNotFound { .. } => "endpoint-not-found",
            Self::BundleNotDeployed { .. } => "bundle-not-deployed",
            Self::WelcomeFlowOwned { .. } => "welcome-flow-owned",
            Self::BundleNotLinked { .. } => "bundle-not-linked",
            Self::WelcomePackUnknown { .. } => "welcome-pack-unknown",
            Self::InvalidSecretRef { .. } => "invalid-secret-ref",
            Self::InvalidTrustedKey(_) => "key-not-trustable",
            Self::OperatorKeyNotTrusted { .. } => "operator-key-not-trusted",
            Self::TrustRootEmpty { .. } => "trust-root-empty",
            Self::UndoRefused { .. } => "undo-refused",
            Self::SupplyMissing { .. } => "supply-missing",
            Self::SupplyMismatch { .. } => "supply-mismatch",
            Self::GateFailureInBatch { .. } => "gate-failure-in-batch",
            Self::NestedBatch => "nested-batch",
            Self::BatchTooLong { .. } => "batch-too-long",
            Self::BatchStep { rejection, .. } => rejection.code(),
        }
    }

    /// The public kind of error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::EnvironmentNotFound { .. } => ErrorKind::NotFound,
            Self::EnvironmentExists { .. }
            | Self::RevisionExists { .. }
            | Self::AlreadyDeployed { .. }
            | Self::DeploymentExists { .. }
            | Self::BindingExists { .. }
            | Self::EndpointExists { .. }
            | Self::EndpointIdTaken { .. } => ErrorKind::AlreadyExists,
            Self::RevisionNotFound { .. }
            | Self::DeploymentNotFound { .. }
            | Self::SplitNotFound { .. }
            | Self::StashUnreadable { .. }
            | Self::BindingNotFound { .. }
            | Self::EndpointNotFound { .. }
            | Self::BundleNotDeployed { .. } => ErrorKind::DependentNotFound,
            Self::EnvironmentLive { .. }
            | Self::LifecycleConflict { .. }
            | Self::RevisionHasTraffic { .. }
            | Self::DrainNotFinished { .. }
            | Self::DeploymentLive { .. }
            | Self::BundleLinked { .. }
            | Self::WrongDeployment { .. }
            | Self::NotReady { .. }
            | Self::AdmissionRevisionMissing { .. }
            | Self::NoPreviousSplit { .. }
            | Self::BindingMismatch { .. }
            | Self::NoPreviousBinding { .. }
            | Self::CounterOverflow { .. }
            | Self::WelcomeFlowOwned { .. }
            | Self::OperatorKeyNotTrusted { .. }
            | Self::TrustRootEmpty { .. }
            | Self::UndoRefused { .. } => ErrorKind::Conflict,
            Self::Invalid(_)
            | Self::Document(_)
            | Self::UnsafeId(_)
            | Self::DuplicateSplitEntry { .. }
            | Self::TooManySplitEntries { .. }
            | Self::NotPackSlot { .. }
            | Self::BundleNotLinked { .. }
            | Self::WelcomePackUnknown { .. }
            | Self::InvalidSecretRef { .. }
            | Self::InvalidTrustedKey(_)
            | Self::GateFailureInBatch { .. }
            | Self::NestedBatch
            | Self::BatchTooLong { .. } => ErrorKind::InvalidRequest,
            Self::SupplyMissing { .. } | Self::SupplyMismatch { .. } => ErrorKind::Internal,
            Self::BatchStep { rejection, .. } => rejection.kind(),
        }
    }
}

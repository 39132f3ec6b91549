use greentic_conformance::{Broken, SubjectError};
use greentic_deploy_spec::{DeploymentId, with_causes};
use serde_json::Value;

use super::subject::Fault;
use crate::DeployerError;

/// The contract is not kept: which part, and what was seen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformanceFailure {
    /// A verb failed although nothing was wrong.
    #[error("`{verb}` failed on a sound environment")]
    HappyPathFailed {
        /// The verb.
        verb: &'static str,
        /// What it said.
        #[source]
        source: DeployerError,
    },
    /// A verb that succeeded failed when it was called again.
    #[error("`{verb}` failed the second time; a verb that has nothing left to do succeeds")]
    NotIdempotent {
        /// The verb.
        verb: &'static str,
        /// What it said.
        #[source]
        source: DeployerError,
    },
    /// A traffic split that is no whole was applied.
    #[error(
        "a traffic split of {sum} basis points was applied; call `enforce_split_invariants` first"
    )]
    InvalidSplitAccepted {
        /// What its weights sum to.
        sum: u64,
    },
    /// A traffic split that is no whole was refused, but not as what it is.
    #[error("a traffic split of {sum} basis points must be refused as `invalid-split`")]
    InvalidSplitWrongError {
        /// What its weights sum to.
        sum: u64,
        /// What was said.
        #[source]
        source: DeployerError,
    },
    /// A traffic split was applied that is not recorded.
    #[error(
        "a traffic split was applied that is not recorded; call `enforce_split_invariants` first"
    )]
    MissingSplitAccepted,
    /// A traffic split that is not recorded was refused, but not as what it is.
    #[error("a traffic split that is not recorded must be refused as `split-not-found`")]
    MissingSplitWrongError {
        /// What was said.
        #[source]
        source: DeployerError,
    },
    /// A verb took a revision that is not recorded.
    #[error("`{verb}` took a revision that is not recorded; call `require_revision` first")]
    UnknownRevisionAccepted {
        /// The verb.
        verb: &'static str,
    },
    /// A verb refused a revision that is not recorded, but not as what it is.
    #[error("`{verb}` must refuse a revision that is not recorded as `revision-not-found`")]
    UnknownRevisionWrongError {
        /// The verb.
        verb: &'static str,
        /// What was said.
        #[source]
        source: DeployerError,
    },
    /// The runtime configuration that is reported is not what the environment records.
    #[error("the runtime configuration is {reported}, but the environment records {expected}")]
    RuntimeConfigDrift {
        /// What the environment records.
        expected: Value,
        /// What is reported.
        reported: Value,
    },
    /// Applying one deployment's split told of another's, or of other shares.
    #[error("applying the split of {expected}, the deployer says that it applied {reported}")]
    CrossDeploymentInterference {
        /// Deployment and shares as recorded.
        expected: String,
        /// Deployment and shares as told.
        reported: String,
    },
    /// A verb beyond the five works although it is not declared, or is declared and missing.
    #[error("`{verb}` is {declared}, but {seen}; mend `capabilities()`")]
    CapabilityMisdeclared {
        /// The verb.
        verb: &'static str,
        /// What `capabilities()` says.
        declared: &'static str,
        /// What came of calling it.
        seen: String,
    },
    /// A call changed something at the provider that it must leave alone.
    #[error("{call} changed the provider: before {before}, after {after}")]
    ProviderChanged {
        /// The call.
        call: String,
        /// The state before.
        before: Value,
        /// The state after.
        after: Value,
    },
    /// A verb does not get over a fault.
    #[error("after the fault `{fault}`, `{verb}` does not finish when it is called again")]
    NotResumable {
        /// The verb.
        verb: &'static str,
        /// The fault.
        fault: Fault,
        /// What the second call said.
        #[source]
        source: DeployerError,
    },
    /// A verb has changes to tell although the provider agrees already.
    #[error("nothing was left to do, but `{verb}` tells of the changes {changes}")]
    NeverDone {
        /// The verb.
        verb: &'static str,
        /// The changes.
        changes: Value,
    },
    /// A verb was carried out for a caller who has seen an older state than the provider has.
    #[error(
        "`{verb}` took a stale snapshot; what `with_fence` gives must compare generations first"
    )]
    StaleAccepted {
        /// The verb.
        verb: &'static str,
    },
    /// A verb refused a stale snapshot, but not as what it is.
    #[error("`{verb}` must refuse a stale snapshot as `stale`")]
    StaleWrongError {
        /// The verb.
        verb: &'static str,
        /// What was said.
        #[source]
        source: DeployerError,
    },
    /// The environment that the subject gave lacks what the bench works with.
    #[error("the subject's environment lacks {what}; derive it from `build_fixture_env`")]
    FixtureIncomplete {
        /// What is missing.
        what: String,
    },
    /// The subject failed, not the deployer.
    #[error("the subject did not {what}")]
    Subject {
        /// What it was asked for.
        what: &'static str,
        /// Why not.
        #[source]
        source: SubjectError,
    },
}

impl ConformanceFailure {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HappyPathFailed { .. } => "happy-path-failed",
            Self::NotIdempotent { .. } => "not-idempotent",
            Self::InvalidSplitAccepted { .. } => "invalid-split-accepted",
            Self::InvalidSplitWrongError { .. } => "invalid-split-wrong-error",
            Self::MissingSplitAccepted => "missing-split-accepted",
            Self::MissingSplitWrongError { .. } => "missing-split-wrong-error",
            Self::UnknownRevisionAccepted { .. } => "unknown-revision-accepted",
            Self::UnknownRevisionWrongError { .. } => "unknown-revision-wrong-error",
            Self::RuntimeConfigDrift { .. } => "runtime-config-drift",
            Self::CrossDeploymentInterference { .. } => "cross-deployment-interference",
            Self::CapabilityMisdeclared { .. } => "capability-misdeclared",
            Self::ProviderChanged { .. } => "provider-changed",
            Self::NotResumable { .. } => "not-resumable",
            Self::NeverDone { .. } => "never-done",
            Self::StaleAccepted { .. } => "stale-accepted",
            Self::StaleWrongError { .. } => "stale-wrong-error",
            Self::FixtureIncomplete { .. } => "fixture-incomplete",
            Self::Subject { .. } => "subject-failed",
        }
    }

    pub(super) fn lacks_split(deployment_id: DeploymentId) -> Self {
        Self::FixtureIncomplete { what: format!("a traffic split of deployment {deployment_id}") }
    }
}

impl From<ConformanceFailure> for Broken {
    fn from(failure: ConformanceFailure) -> Self {
        Self::named(failure.code(), with_causes(&failure))
    }
}

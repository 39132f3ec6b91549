use std::error::Error;

use greentic_deploy_spec::{DeploymentId, EnvId, RevisionId, with_causes};

/// Why a deployer did not do what it was asked.
///
/// The first three come before any provider call: then nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeployerError {
    /// The environment records no such revision.
    #[error(
        "environment `{env_id}` has no revision {revision_id}; stage it, or name one that is listed"
    )]
    RevisionNotFound {
        /// The environment.
        env_id: EnvId,
        /// The revision.
        revision_id: RevisionId,
    },
    /// The environment records no traffic split for the deployment.
    #[error(
        "environment `{env_id}` has no traffic split for deployment {deployment_id}; set one first"
    )]
    SplitNotFound {
        /// The environment.
        env_id: EnvId,
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// The weights of a traffic split are not one whole.
    #[error(
        "the traffic split of deployment {deployment_id} sums to {sum} basis points; make it 10000"
    )]
    InvalidSplit {
        /// The deployment.
        deployment_id: DeploymentId,
        /// What the weights sum to.
        sum: u64,
    },
    /// The provider refused or failed, in its words. Answers that it does not take are said here,
    /// too.
    #[error("{0}")]
    Provider(String),
    /// This deployer does not have the verb.
    #[error("this deployer cannot {verb}; its capabilities tell what it can")]
    Unsupported {
        /// The verb, as [`crate::Capability::as_str`] names it.
        verb: &'static str,
    },
    /// The provider has seen a newer state of the environment than the one that this verb was given.
    #[error(
        "the provider has generation {newer} of environment `{env_id}`, this is generation \
         {generation}; load the environment again and retry"
    )]
    Stale {
        /// The environment.
        env_id: EnvId,
        /// The generation of the snapshot that was given.
        generation: u64,
        /// The generation that the provider has.
        newer: u64,
    },
}

impl DeployerError {
    /// The provider's error with all its causes, as one line.
    #[must_use]
    pub fn provider(error: &(dyn Error + 'static)) -> Self {
        Self::Provider(with_causes(error))
    }

    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RevisionNotFound { .. } => "revision-not-found",
            Self::SplitNotFound { .. } => "split-not-found",
            Self::InvalidSplit { .. } => "invalid-split",
            Self::Provider(_) => "provider",
            Self::Unsupported { .. } => "unsupported",
            Self::Stale { .. } => "stale",
        }
    }
}

//! What operations tell about the parts of an environment.

use greentic_deploy_spec::{
    BundleId, CustomerId, DeploymentId, EnvId, Revision, RevisionId, RevisionLifecycle,
    TrafficSplit, TrafficSplitEntry,
};
use serde::Serialize;

/// A revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RevisionSummary {
    /// The environment.
    pub environment_id: EnvId,
    /// The revision.
    pub revision_id: RevisionId,
    /// Its deployment.
    pub deployment_id: DeploymentId,
    /// Its bundle.
    pub bundle_id: BundleId,
    /// Its number within the deployment.
    pub sequence: u64,
    /// Where it is in its life.
    pub lifecycle: RevisionLifecycle,
}

impl RevisionSummary {
    /// What is told about a revision.
    #[must_use]
    pub fn of(revision: &Revision) -> Self {
        Self {
            environment_id: revision.env_id.clone(),
            revision_id: revision.revision_id,
            deployment_id: revision.deployment_id,
            bundle_id: revision.bundle_id.clone(),
            sequence: revision.sequence,
            lifecycle: revision.lifecycle,
        }
    }
}

/// A traffic split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrafficSummary {
    /// The environment.
    pub environment_id: EnvId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Its bundle.
    pub bundle_id: BundleId,
    /// Counts the changes of the split.
    pub generation: u64,
    /// The shares.
    pub entries: Vec<TrafficSplitEntry>,
    /// Whether there is a split to go back to.
    pub has_previous: bool,
}

impl TrafficSummary {
    /// What is told about a split.
    #[must_use]
    pub fn of(split: &TrafficSplit) -> Self {
        Self {
            environment_id: split.env_id.clone(),
            deployment_id: split.deployment_id,
            bundle_id: split.bundle_id.clone(),
            generation: split.generation,
            entries: split.entries.clone(),
            has_previous: split.previous_split_ref.is_some(),
        }
    }
}

/// A deployment that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemovedBundle {
    /// The environment.
    pub environment_id: EnvId,
    /// The bundle.
    pub bundle_id: BundleId,
    /// Its deployment.
    pub deployment_id: DeploymentId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// Its archived revisions, which went with it.
    pub pruned_revision_ids: Vec<RevisionId>,
}

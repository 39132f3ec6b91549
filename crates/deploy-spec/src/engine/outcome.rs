use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::EnvState;
use crate::documents::{
    BundleDeployment, EnvPackBinding, ExtensionBinding, MessagingEndpoint, Revision,
    RevisionLifecycle, TrafficSplit,
};
use crate::payloads::{
    BindingGenerationOutcome, DrainReport, HealthCheckId, MergeReport, RemoveBundleOutcome,
    RotateOperatorKeyOutcome, TrustRootAddOutcome, TrustRootRemoveOutcome, TrustRootSeed,
};
use crate::{DeploymentId, MessagingEndpointId, RevisionId, SecretRef};

/// A command that was judged legal, and what it makes of the state. To be committed as a whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The state after it.
    pub state: EnvState,
    /// What the caller is told.
    pub outcome: Outcome,
    /// What happened, for those who watch.
    pub events: Vec<Event>,
}

impl Applied {
    /// Takes back the release of secrets that something in the state still names: another endpoint
    /// that was given the reference, or one that a later command of a batch added.
    pub(super) fn keep_named_secrets(mut self) -> Self {
        let state = &self.state;
        self.events.retain(|event| match event {
            Event::SecretReleased { secret_ref } => !state.names_secret(secret_ref),
            _ => true,
        });
        self
    }
}

/// What a verb answers, without the environment that some answers embed: that is in the state, and
/// in the history of whoever keeps one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "outcome", content = "result", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// The environment as it is now.
    Environment,
    /// What a merge added.
    Merged(MergeReport),
    /// A revision that was staged.
    Staged(Revision),
    /// A revision after a step of its life.
    Transition {
        /// The revision.
        revision: Revision,
        /// The state that it was in before.
        starting_lifecycle: RevisionLifecycle,
    },
    /// A revision whose health gate failed. It is recorded as failed: this is committed.
    HealthGateFailed {
        /// The revision.
        revision_id: RevisionId,
        /// The checks that failed.
        failed_checks: Vec<HealthCheckId>,
        /// What people read.
        message: String,
    },
    /// A deployment.
    Bundle(BundleDeployment),
    /// A deployment that was removed.
    BundleRemoved(RemoveBundleOutcome),
    /// A binding that was added.
    PackBound(EnvPackBinding),
    /// A binding that was changed or removed.
    PackChanged(BindingGenerationOutcome<EnvPackBinding>),
    /// An extension that was added.
    ExtensionBound(ExtensionBinding),
    /// An extension that was changed or removed.
    ExtensionChanged(BindingGenerationOutcome<ExtensionBinding>),
    /// A split that was set.
    SplitSet {
        /// The split.
        split: TrafficSplit,
        /// The generation before; none for a first split.
        previous_generation: Option<u64>,
        /// The generation now. Older tools answer a replay with none; it is read, not written.
        new_generation: Option<u64>,
    },
    /// A split that was rolled back to.
    SplitRolledBack {
        /// The split.
        restored: TrafficSplit,
        /// The generation before.
        previous_generation: u64,
        /// The generation now.
        new_generation: u64,
    },
    /// A split that was removed.
    SplitCleared {
        /// The split as it was.
        cleared: TrafficSplit,
    },
    /// A messaging endpoint.
    Endpoint(MessagingEndpoint),
    /// An endpoint that is gone.
    EndpointRemoved {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
    },
    /// The operator key that is trusted now.
    TrustRootSeeded(TrustRootSeed),
    /// There was a trust root already.
    TrustRootPresent,
    /// A key that is trusted now.
    KeyTrusted(TrustRootAddOutcome),
    /// A key that is not trusted any more.
    KeyRemoved(TrustRootRemoveOutcome),
    /// The new operator key.
    OperatorKeyRotated(RotateOperatorKeyOutcome),
    /// Written; there is nothing to tell.
    Done,
    /// What each command of a batch answered.
    Batch(Vec<Outcome>),
}

/// Something that a change did, for telemetry and for what follows a commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A revision was recorded.
    RevisionStaged {
        /// The revision.
        revision_id: RevisionId,
        /// Its deployment.
        deployment_id: DeploymentId,
    },
    /// A provider starts a revision.
    RevisionWarming {
        /// The revision.
        revision_id: RevisionId,
    },
    /// The gate let a revision pass.
    HealthGatePassed {
        /// The revision.
        revision_id: RevisionId,
    },
    /// The gate stopped a revision.
    HealthGateFailed {
        /// The revision.
        revision_id: RevisionId,
        /// The checks that failed.
        failed_checks: Vec<HealthCheckId>,
    },
    /// A revision is ready.
    RevisionWarmed {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A revision takes no new conversations.
    RevisionDraining {
        /// The revision.
        revision_id: RevisionId,
        /// When the drain may be ended although conversations are left.
        deadline: DateTime<Utc>,
    },
    /// A drain ended.
    RevisionDrained {
        /// The revision.
        revision_id: RevisionId,
        /// What was cut off.
        report: DrainReport,
    },
    /// A revision was archived while it drained.
    RevisionEvicted {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A revision is at its end.
    RevisionArchived {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A revision may be warmed again.
    RevisionRetried {
        /// The revision.
        revision_id: RevisionId,
    },
    /// Traffic is shared anew.
    TrafficSplitApplied {
        /// The deployment.
        deployment_id: DeploymentId,
        /// The split's generation.
        generation: u64,
    },
    /// A deployment is out of service.
    TrafficSplitCleared {
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// A secret that was minted for the environment and that nothing names any more. To be deleted
    /// once the change is committed.
    SecretReleased {
        /// The secret.
        secret_ref: SecretRef,
    },
}

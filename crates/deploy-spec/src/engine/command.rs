use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use super::Rejection;
use crate::document::Document;
use crate::documents::{
    EnvPackBinding, Environment, EnvironmentRuntime, ExtensionBinding, ExtensionKey,
};
use crate::payloads::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, AdoptPayload,
    CreateEnvironmentPayload, DrainReport, MigrateMergePayload, RestoreMode,
    RotateWebhookSecretPayload, SetMessagingWelcomeFlowPayload, SetTrafficSplitPayload, Snapshot,
    StageRevisionPayload, UpdateBundlePayload, UpdateEnvironmentPayload, WarmRevisionPayload,
};
use crate::{BundleId, CapabilitySlot, DeploymentId, MessagingEndpointId, RevisionId};

/// A change that is asked for. One variant for each verb.
///
/// In JSON, as the remote contract and the journal write it: `{"command": "<kebab-case name>",
/// "payload": …}`; a command without a payload has no such key. Payloads that are documents keep
/// unknown keys. Where an element is made of a payload (a deployment, revision, split, binding,
/// endpoint, or the environment itself), it gets those keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "command", content = "payload", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Command {
    /// Creates the environment.
    CreateEnvironment(Document<CreateEnvironmentPayload>),
    /// Changes its name and host.
    UpdateEnvironment(Document<UpdateEnvironmentPayload>),
    /// Adds bindings where there are none.
    MigrateMergeBindings(Document<MigrateMergePayload>),
    /// Records a revision.
    StageRevision(Document<StageRevisionPayload>),
    /// Tells others that a provider is about to start a revision (staged → warming). Committed
    /// before the first call of the provider, so that nobody else prunes what is warming.
    BeginWarm {
        /// The revision.
        revision_id: RevisionId,
    },
    /// Makes a revision ready, or failed.
    WarmRevision(Document<WarmRevisionPayload>),
    /// Ends new conversations of a revision (ready → draining).
    DrainRevision {
        /// The revision.
        revision_id: RevisionId,
    },
    /// Ends a drain (draining → inactive).
    FinishDrain {
        /// The revision.
        revision_id: RevisionId,
        /// What was left.
        report: DrainReport,
    },
    /// Ends a revision for good.
    ArchiveRevision {
        /// The revision.
        revision_id: RevisionId,
    },
    /// Brings a revision that failed or is inactive back to where it can be warmed.
    Retry {
        /// The revision.
        revision_id: RevisionId,
    },
    /// Deploys a bundle.
    AddBundle {
        /// The deployment's id; minted when not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deployment_id: Option<DeploymentId>,
        /// The deployment.
        bundle: Document<AddBundlePayload>,
    },
    /// Changes a deployment.
    UpdateBundle(Document<UpdateBundlePayload>),
    /// Removes a deployment with its archived revisions.
    RemoveBundle {
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// Binds an env-pack to a slot that is free.
    AddPackBinding(Document<EnvPackBinding>),
    /// Binds another env-pack to a slot.
    UpdatePackBinding {
        /// The slot.
        slot: CapabilitySlot,
        /// What it is bound to.
        binding: Document<EnvPackBinding>,
    },
    /// Frees a slot.
    RemovePackBinding {
        /// The slot.
        slot: CapabilitySlot,
    },
    /// Goes back to the binding before the last one.
    RollbackPackBinding {
        /// The slot.
        slot: CapabilitySlot,
    },
    /// Adds an extension.
    AddExtensionBinding(Document<ExtensionBinding>),
    /// Changes an extension.
    UpdateExtensionBinding {
        /// The extension.
        key: ExtensionKey,
        /// What it becomes.
        binding: Document<ExtensionBinding>,
    },
    /// Removes an extension.
    RemoveExtensionBinding {
        /// The extension.
        key: ExtensionKey,
    },
    /// Goes back to the binding before the last one.
    RollbackExtensionBinding {
        /// The extension.
        key: ExtensionKey,
    },
    /// Shares the traffic of a deployment.
    SetTrafficSplit(Document<SetTrafficSplitPayload>),
    /// Goes back to the split before the last one.
    RollbackTrafficSplit {
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// Takes a deployment out of service.
    ClearTrafficSplit {
        /// The deployment.
        deployment_id: DeploymentId,
    },
    /// Adds a messaging endpoint.
    AddMessagingEndpoint {
        /// The endpoint's id; minted when not given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        endpoint_id: Option<MessagingEndpointId>,
        /// The endpoint.
        endpoint: Document<AddMessagingEndpointPayload>,
    },
    /// Links a bundle to an endpoint.
    LinkMessagingBundle {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
        /// The bundle.
        bundle_id: BundleId,
        /// Who asks for it.
        updated_by: String,
    },
    /// Unlinks a bundle from an endpoint.
    UnlinkMessagingBundle {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
        /// The bundle.
        bundle_id: BundleId,
        /// Who asks for it.
        updated_by: String,
    },
    /// Chooses the flow that greets.
    SetMessagingWelcomeFlow(Document<SetMessagingWelcomeFlowPayload>),
    /// Removes an endpoint; one that is absent is removed already.
    RemoveMessagingEndpoint {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
    },
    /// Replaces the webhook secret of an endpoint.
    RotateMessagingWebhookSecret {
        /// The endpoint.
        endpoint_id: MessagingEndpointId,
        /// Who asks for it, and the new secret when it is not minted.
        rotation: Document<RotateWebhookSecretPayload>,
    },
    /// Trusts the operator key.
    BootstrapTrustRoot,
    /// Trusts the operator key, unless there is a trust root already, even an empty one.
    SeedTrustRootIfAbsent,
    /// Trusts a key.
    AddTrustedKey(AddTrustedKeyPayload),
    /// Ends the trust in a key; one that is absent is removed already.
    RemoveTrustedKey {
        /// The key's id, in either case.
        key_id: String,
    },
    /// Trusts a new operator key beside the old one.
    RotateOperatorKey,
    /// Writes the whole environment, the documented unconditional door. Unknown keys that are
    /// recorded stay.
    Replace(Document<Environment>),
    /// Writes what a deployer discovered.
    SaveRuntime(Document<EnvironmentRuntime>),
    /// Writes the answers of a slot.
    SavePackAnswers {
        /// The slot.
        slot: CapabilitySlot,
        /// The answers.
        answers: Value,
    },
    /// Removes the answers of a slot.
    DeletePackAnswers {
        /// The slot.
        slot: CapabilitySlot,
    },
    /// Brings documents back.
    Restore {
        /// Why.
        mode: RestoreMode,
        /// The documents.
        snapshot: Box<Snapshot>,
    },
    /// Records a change that somebody made to the files.
    Adopt(Box<AdoptPayload>),
    /// Removes the environment and everything recorded of it.
    Destroy,
    /// Several commands as one change: all of them or none.
    Batch(#[serde(deserialize_with = "flat")] Vec<Command>),
}

/// Reads the commands of a batch. Reading is recursive, so a batch in a batch is refused before it
/// is read.
fn flat<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Command>, D::Error> {
    let steps = Vec::<Value>::deserialize(deserializer)?;
    let read = |(index, step): (usize, Value)| {
        if step.get("command").and_then(Value::as_str) == Some("batch") {
            return Err(de::Error::custom(Rejection::NestedBatch));
        }
        serde_path_to_error::deserialize(step).map_err(|error| {
            let path = error.path().to_string();
            let message = format!("command {index} of the batch, at `{path}`: {}", error.inner());
            de::Error::custom(message)
        })
    };
    steps.into_iter().enumerate().map(read).collect()
}

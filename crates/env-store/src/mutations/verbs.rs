//! The typed verbs. Long, because a trait is one piece: one method for each verb, and nothing else.

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, ApplyTrafficSplitOutcome,
    BundleDeployment, BundleId, CapabilitySlot, CreateEnvironmentPayload, DeploymentId,
    DrainReport, EnvId, EnvPackBinding, Environment, EnvironmentHostConfig, ExtensionBinding,
    ExtensionKey, IdempotencyKey, MessagingEndpoint, MessagingEndpointId, MigrateMergePayload,
    RemoveBundleOutcome, Revision, RevisionId, RevisionTransitionOutcome,
    RollbackTrafficSplitOutcome, RotateOperatorKeyOutcome, RotateWebhookSecretPayload,
    SetMessagingWelcomeFlowPayload, SetTrafficSplitPayload, StageRevisionPayload, TrafficSplit,
    TrustRootAddOutcome, TrustRootRemoveOutcome, TrustRootSeed, UpdateBundlePayload,
    UpdateEnvironmentPayload, WarmRevisionPayload,
};

use super::answers::{answer, contract, endpoint_of, environment_after, transition};
use super::{Committed, Request};
use crate::store::document;
use crate::{EnvironmentReads, StoreError};

/// Changes environments: one method for each verb, the same for every backend.
///
/// A backend implements [`Self::execute`]; it has no rules of its own. Each change is committed as
/// one, with its audit event and its answer, which a retry under the same key gets again.
///
/// Methods block, some of them on a disk or a network; async callers use their runtime's means for
/// blocking work. Verbs without a key in their signature get one from
/// [`with_key`](crate::MutationsExt::with_key); without it a fresh one is minted. In the same way
/// [`expecting`](crate::MutationsExt::expecting) gives an expected etag and [`acting_as`](crate::MutationsExt::acting_as) an actor.
///
/// # Errors
/// All verbs answer [`StoreError`]: [`StoreError::NotFound`] without the environment; the kind of
/// the engine's rejection ([`StoreError::Conflict`], [`StoreError::AlreadyExists`],
/// [`StoreError::DependentNotFound`], [`StoreError::InvalidArgument`]) when the change is not legal;
/// [`StoreError::PreconditionFailed`], [`StoreError::IdempotencyConflict`],
/// [`StoreError::Unsupported`]; and what went wrong outside.
pub trait EnvironmentMutations: EnvironmentReads {
    /// Carries out one request: judges it, obtains what it needs and commits it, or changes nothing.
    ///
    /// Blocks; not to be called on a worker thread of an async runtime.
    ///
    /// # Errors
    /// As the trait says. Unless [`StoreError::may_be_committed`], nothing changed.
    fn execute(&self, env_id: &EnvId, request: Request) -> Result<Committed, StoreError>;

    /// Creates an environment, without bindings.
    #[doc = include_str!("errors.md")]
    fn create_environment(
        &self,
        env_id: &EnvId,
        name: String,
        host_config: EnvironmentHostConfig,
    ) -> Result<Environment, StoreError> {
        let payload = CreateEnvironmentPayload { env_id: env_id.clone(), name, host_config };
        let command = Command::CreateEnvironment(document(payload)?);
        environment_after(&self.execute(env_id, Request::new(command))?)
    }

    /// Changes name and host.
    #[doc = include_str!("errors.md")]
    fn update_environment(
        &self,
        env_id: &EnvId,
        payload: UpdateEnvironmentPayload,
    ) -> Result<Environment, StoreError> {
        let command = Command::UpdateEnvironment(document(payload)?);
        environment_after(&self.execute(env_id, Request::new(command))?)
    }

    /// The environment as it is now.
    #[doc = include_str!("errors.md")]
    fn load_environment(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        Ok(self.snapshot(env_id)?.require()?.typed().clone())
    }

    /// Tells whether at least one key is trusted.
    #[doc = include_str!("errors.md")]
    fn trust_root_is_seeded(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        let snapshot = self.snapshot(env_id)?;
        Ok(snapshot.trust_root().is_some_and(|root| !root.keys.is_empty()))
    }

    /// Adds bindings where there are none: which slots and which extensions were added.
    #[doc = include_str!("errors.md")]
    fn migrate_merge_bindings(
        &self,
        env_id: &EnvId,
        payload: MigrateMergePayload,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let command = Command::MigrateMergeBindings(document(payload)?);
        answer!(self.execute(env_id, Request::new(command))?,
            Outcome::Merged(report) => (report.merged_slots, report.merged_extensions))
    }

    /// Records a revision.
    #[doc = include_str!("errors.md")]
    fn stage_revision(
        &self,
        env_id: &EnvId,
        payload: StageRevisionPayload,
        key: IdempotencyKey,
    ) -> Result<Revision, StoreError> {
        let command = Command::StageRevision(document(payload)?);
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::Staged(revision) => revision)
    }

    /// Tells others that a provider is about to start a revision.
    #[doc = include_str!("errors.md")]
    fn begin_warm(
        &self,
        env_id: &EnvId,
        revision_id: RevisionId,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        transition(&self.execute(env_id, Request::keyed(Command::BeginWarm { revision_id }, key))?)
    }

    /// Makes a revision ready. One whose health gate failed is recorded as failed, and the error is
    /// [`StoreError::Lifecycle`].
    #[doc = include_str!("errors.md")]
    fn warm_revision(
        &self,
        env_id: &EnvId,
        payload: WarmRevisionPayload,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        let command = Command::WarmRevision(document(payload)?);
        transition(&self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Ends new conversations of a revision.
    #[doc = include_str!("errors.md")]
    fn drain_revision(
        &self,
        env_id: &EnvId,
        revision_id: RevisionId,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        let command = Command::DrainRevision { revision_id };
        transition(&self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Ends a drain.
    #[doc = include_str!("errors.md")]
    fn finish_drain(
        &self,
        env_id: &EnvId,
        revision_id: RevisionId,
        report: DrainReport,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        let command = Command::FinishDrain { revision_id, report };
        transition(&self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Ends a revision for good.
    #[doc = include_str!("errors.md")]
    fn archive_revision(
        &self,
        env_id: &EnvId,
        revision_id: RevisionId,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        let command = Command::ArchiveRevision { revision_id };
        transition(&self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Brings a revision that failed or is inactive back to where it can be warmed.
    #[doc = include_str!("errors.md")]
    fn retry_revision(
        &self,
        env_id: &EnvId,
        revision_id: RevisionId,
        key: IdempotencyKey,
    ) -> Result<RevisionTransitionOutcome, StoreError> {
        transition(&self.execute(env_id, Request::keyed(Command::Retry { revision_id }, key))?)
    }

    /// Deploys a bundle.
    #[doc = include_str!("errors.md")]
    fn add_bundle(
        &self,
        env_id: &EnvId,
        payload: AddBundlePayload,
        key: IdempotencyKey,
    ) -> Result<BundleDeployment, StoreError> {
        let command = Command::AddBundle { deployment_id: None, bundle: document(payload)? };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::Bundle(deployment) => deployment)
    }

    /// Changes a deployment.
    #[doc = include_str!("errors.md")]
    fn update_bundle(
        &self,
        env_id: &EnvId,
        payload: UpdateBundlePayload,
        key: IdempotencyKey,
    ) -> Result<BundleDeployment, StoreError> {
        let command = Command::UpdateBundle(document(payload)?);
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::Bundle(deployment) => deployment)
    }

    /// Removes a deployment with its archived revisions.
    #[doc = include_str!("errors.md")]
    fn remove_bundle(
        &self,
        env_id: &EnvId,
        deployment_id: DeploymentId,
        key: IdempotencyKey,
    ) -> Result<RemoveBundleOutcome, StoreError> {
        let command = Command::RemoveBundle { deployment_id };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::BundleRemoved(removed) => removed)
    }

    /// Binds an env-pack to a slot that is free.
    #[doc = include_str!("errors.md")]
    fn add_pack_binding(
        &self,
        env_id: &EnvId,
        binding: EnvPackBinding,
        key: IdempotencyKey,
    ) -> Result<EnvPackBinding, StoreError> {
        let command = Command::AddPackBinding(document(binding)?);
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::PackBound(binding) => binding)
    }

    /// Binds another env-pack to a slot: the binding, and its generation.
    #[doc = include_str!("errors.md")]
    fn update_pack_binding(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        binding: EnvPackBinding,
        key: IdempotencyKey,
    ) -> Result<(EnvPackBinding, u64), StoreError> {
        let command = Command::UpdatePackBinding { slot, binding: document(binding)? };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::PackChanged(changed) => (changed.binding, changed.generation))
    }

    /// Frees a slot: the binding that it had, and its generation.
    #[doc = include_str!("errors.md")]
    fn remove_pack_binding(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        key: IdempotencyKey,
    ) -> Result<(EnvPackBinding, u64), StoreError> {
        answer!(self.execute(env_id, Request::keyed(Command::RemovePackBinding { slot }, key))?,
            Outcome::PackChanged(changed) => (changed.binding, changed.generation))
    }

    /// Goes back to the binding before the last one.
    #[doc = include_str!("errors.md")]
    fn rollback_pack_binding(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        key: IdempotencyKey,
    ) -> Result<(EnvPackBinding, u64), StoreError> {
        answer!(self.execute(env_id, Request::keyed(Command::RollbackPackBinding { slot }, key))?,
            Outcome::PackChanged(changed) => (changed.binding, changed.generation))
    }

    /// Adds an extension.
    #[doc = include_str!("errors.md")]
    fn add_extension_binding(
        &self,
        env_id: &EnvId,
        binding: ExtensionBinding,
        key: IdempotencyKey,
    ) -> Result<ExtensionBinding, StoreError> {
        let command = Command::AddExtensionBinding(document(binding)?);
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::ExtensionBound(binding) => binding)
    }

    /// Changes an extension: the binding, and its generation.
    #[doc = include_str!("errors.md")]
    fn update_extension_binding(
        &self,
        env_id: &EnvId,
        extension: ExtensionKey,
        binding: ExtensionBinding,
        key: IdempotencyKey,
    ) -> Result<(ExtensionBinding, u64), StoreError> {
        let binding = document(binding)?;
        let command = Command::UpdateExtensionBinding { key: extension, binding };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::ExtensionChanged(changed) => (changed.binding, changed.generation))
    }

    /// Removes an extension: the binding that it had, and its generation.
    #[doc = include_str!("errors.md")]
    fn remove_extension_binding(
        &self,
        env_id: &EnvId,
        extension: ExtensionKey,
        key: IdempotencyKey,
    ) -> Result<(ExtensionBinding, u64), StoreError> {
        let command = Command::RemoveExtensionBinding { key: extension };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::ExtensionChanged(changed) => (changed.binding, changed.generation))
    }

    /// Goes back to the binding before the last one.
    #[doc = include_str!("errors.md")]
    fn rollback_extension_binding(
        &self,
        env_id: &EnvId,
        extension: ExtensionKey,
        key: IdempotencyKey,
    ) -> Result<(ExtensionBinding, u64), StoreError> {
        let command = Command::RollbackExtensionBinding { key: extension };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::ExtensionChanged(changed) => (changed.binding, changed.generation))
    }

    /// Shares the traffic of a deployment.
    #[doc = include_str!("errors.md")]
    fn set_traffic_split(
        &self,
        env_id: &EnvId,
        payload: SetTrafficSplitPayload,
        key: IdempotencyKey,
    ) -> Result<ApplyTrafficSplitOutcome, StoreError> {
        let command = Command::SetTrafficSplit(document(payload)?);
        let committed = self.execute(env_id, Request::keyed(command, key))?;
        let environment = environment_after(&committed)?;
        answer!(committed, Outcome::SplitSet { split, previous_generation, new_generation } =>
            ApplyTrafficSplitOutcome { split, previous_generation, new_generation, environment })
    }

    /// Goes back to the split before the last one.
    #[doc = include_str!("errors.md")]
    fn rollback_traffic_split(
        &self,
        env_id: &EnvId,
        deployment_id: DeploymentId,
        key: IdempotencyKey,
    ) -> Result<RollbackTrafficSplitOutcome, StoreError> {
        let command = Command::RollbackTrafficSplit { deployment_id };
        let committed = self.execute(env_id, Request::keyed(command, key))?;
        let environment = environment_after(&committed)?;
        answer!(committed, Outcome::SplitRolledBack { restored, previous_generation, new_generation } =>
            RollbackTrafficSplitOutcome { restored, previous_generation, new_generation, environment })
    }

    /// Takes a deployment out of service: the split that it had.
    #[doc = include_str!("errors.md")]
    fn clear_traffic_split(
        &self,
        env_id: &EnvId,
        deployment_id: DeploymentId,
        key: IdempotencyKey,
    ) -> Result<TrafficSplit, StoreError> {
        let command = Command::ClearTrafficSplit { deployment_id };
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::SplitCleared { cleared } => cleared)
    }

    /// Adds a messaging endpoint.
    #[doc = include_str!("errors.md")]
    fn add_messaging_endpoint(
        &self,
        env_id: &EnvId,
        payload: AddMessagingEndpointPayload,
        key: IdempotencyKey,
    ) -> Result<MessagingEndpoint, StoreError> {
        let endpoint = document(payload)?;
        let command = Command::AddMessagingEndpoint { endpoint_id: None, endpoint };
        endpoint_of(self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Links a bundle to an endpoint.
    #[doc = include_str!("errors.md")]
    fn link_messaging_bundle(
        &self,
        env_id: &EnvId,
        endpoint_id: MessagingEndpointId,
        bundle_id: BundleId,
        updated_by: String,
        key: IdempotencyKey,
    ) -> Result<MessagingEndpoint, StoreError> {
        let command = Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by };
        endpoint_of(self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Unlinks a bundle from an endpoint.
    #[doc = include_str!("errors.md")]
    fn unlink_messaging_bundle(
        &self,
        env_id: &EnvId,
        endpoint_id: MessagingEndpointId,
        bundle_id: BundleId,
        updated_by: String,
        key: IdempotencyKey,
    ) -> Result<MessagingEndpoint, StoreError> {
        let command = Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by };
        endpoint_of(self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Chooses the flow that greets.
    #[doc = include_str!("errors.md")]
    fn set_messaging_welcome_flow(
        &self,
        env_id: &EnvId,
        payload: SetMessagingWelcomeFlowPayload,
        key: IdempotencyKey,
    ) -> Result<MessagingEndpoint, StoreError> {
        let command = Command::SetMessagingWelcomeFlow(document(payload)?);
        endpoint_of(self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Removes an endpoint; one that is absent is removed already.
    #[doc = include_str!("errors.md")]
    fn remove_messaging_endpoint(
        &self,
        env_id: &EnvId,
        endpoint_id: MessagingEndpointId,
    ) -> Result<MessagingEndpointId, StoreError> {
        let command = Command::RemoveMessagingEndpoint { endpoint_id };
        answer!(self.execute(env_id, Request::new(command))?,
            Outcome::EndpointRemoved { endpoint_id } => endpoint_id)
    }

    /// Replaces the webhook secret of an endpoint.
    #[doc = include_str!("errors.md")]
    fn rotate_messaging_webhook_secret(
        &self,
        env_id: &EnvId,
        endpoint_id: MessagingEndpointId,
        updated_by: String,
        key: IdempotencyKey,
    ) -> Result<MessagingEndpoint, StoreError> {
        let rotation =
            document(RotateWebhookSecretPayload { updated_by, webhook_secret_ref: None })?;
        let command = Command::RotateMessagingWebhookSecret { endpoint_id, rotation };
        endpoint_of(self.execute(env_id, Request::keyed(command, key))?)
    }

    /// Trusts the operator key.
    #[doc = include_str!("errors.md")]
    fn bootstrap_trust_root(&self, env_id: &EnvId) -> Result<TrustRootSeed, StoreError> {
        answer!(self.execute(env_id, Request::new(Command::BootstrapTrustRoot))?,
            Outcome::TrustRootSeeded(seed) => seed)
    }

    /// Trusts the operator key, unless there is a trust root already, even an empty one: then none.
    #[doc = include_str!("errors.md")]
    fn seed_trust_root_if_absent(
        &self,
        env_id: &EnvId,
    ) -> Result<Option<TrustRootSeed>, StoreError> {
        match self.execute(env_id, Request::new(Command::SeedTrustRootIfAbsent))?.outcome {
            Outcome::TrustRootSeeded(seed) => Ok(Some(seed)),
            Outcome::TrustRootPresent => Ok(None),
            other => contract(&other),
        }
    }

    /// Trusts a key.
    #[doc = include_str!("errors.md")]
    fn add_trusted_key(
        &self,
        env_id: &EnvId,
        key_id: String,
        public_key_pem: String,
        key: IdempotencyKey,
    ) -> Result<TrustRootAddOutcome, StoreError> {
        let command = Command::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem });
        answer!(self.execute(env_id, Request::keyed(command, key))?,
            Outcome::KeyTrusted(added) => added)
    }

    /// Ends the trust in a key; one that is absent is removed already.
    #[doc = include_str!("errors.md")]
    fn remove_trusted_key(
        &self,
        env_id: &EnvId,
        key_id: String,
        key: IdempotencyKey,
    ) -> Result<TrustRootRemoveOutcome, StoreError> {
        answer!(self.execute(env_id, Request::keyed(Command::RemoveTrustedKey { key_id }, key))?,
            Outcome::KeyRemoved(removed) => removed)
    }

    /// Trusts a new operator key beside the old one, and puts it in use.
    #[doc = include_str!("errors.md")]
    fn rotate_operator_key(
        &self,
        env_id: &EnvId,
        key: IdempotencyKey,
    ) -> Result<RotateOperatorKeyOutcome, StoreError> {
        answer!(self.execute(env_id, Request::keyed(Command::RotateOperatorKey, key))?,
            Outcome::OperatorKeyRotated(rotated) => rotated)
    }

    /// Removes the environment and everything recorded of it.
    #[doc = include_str!("errors.md")]
    fn destroy_environment(&self, env_id: &EnvId, key: IdempotencyKey) -> Result<(), StoreError> {
        self.execute(env_id, Request::keyed(Command::Destroy, key)).map(drop)
    }
}

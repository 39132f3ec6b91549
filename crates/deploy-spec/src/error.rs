//! The rules that documents keep by themselves, as errors.

use crate::documents::{InvalidTrustedKey, RevisionLifecycle};
use crate::{BundleId, CapabilitySlot, DeploymentId, EnvId, MessagingEndpointId, RevisionId};

/// A document breaks a rule of its own.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// Weights or shares do not sum to 10,000.
    #[error("basis-points entries must sum to 10000, got {sum}")]
    BasisPointsSum {
        /// Their sum.
        sum: u64,
    },
    /// One weight or share is more than the whole.
    #[error("basis-points entry exceeds 10000: {value}")]
    BasisPointsEntryTooLarge {
        /// The weight.
        value: u32,
    },
    /// Revenue policies are counted from 1.
    #[error("revenue policy version must be 1 or more")]
    RevenuePolicyVersionZero,
    /// Two bindings for one slot.
    #[error("duplicate capability slot `{0}` in Environment.packs")]
    DuplicateCapabilitySlot(CapabilitySlot),
    /// No step leads from one state to the other.
    #[error("a revision cannot go from {from} to {to}")]
    InvalidLifecycleTransition {
        /// The state it is in.
        from: RevisionLifecycle,
        /// The state that was asked for.
        to: RevisionLifecycle,
    },
    /// The `schema` key names another kind or version of document.
    #[error("schema discriminator mismatch: expected `{expected}`, got `{actual}`")]
    SchemaMismatch {
        /// The schema string of this type.
        expected: &'static str,
        /// The one in the document.
        actual: String,
    },
    /// A part of the environment names another environment.
    #[error("env_id mismatch in {context}: expected `{expected}`, got `{actual}`")]
    EnvIdMismatch {
        /// Which part.
        context: &'static str,
        /// The environment that it is in.
        expected: EnvId,
        /// The environment that it names.
        actual: EnvId,
    },
    /// A split without a deployment.
    #[error("traffic split names deployment `{0}`, which is not in `bundles`")]
    UnknownDeployment(DeploymentId),
    /// A revision is named that is not recorded.
    #[error("revision `{0}` is named but not in `revisions`")]
    UnknownRevision(RevisionId),
    /// A split gives weight to another deployment's revision.
    #[error(
        "traffic split of deployment `{expected_deployment}` names revision `{revision}` of deployment `{actual_deployment}`"
    )]
    SplitRevisionWrongDeployment {
        /// The revision.
        revision: RevisionId,
        /// The split's deployment.
        expected_deployment: DeploymentId,
        /// The revision's deployment.
        actual_deployment: DeploymentId,
    },
    /// A split gives weight to another bundle's revision.
    #[error(
        "traffic split of bundle `{expected_bundle}` names revision `{revision}` of bundle `{actual_bundle}`"
    )]
    SplitRevisionWrongBundle {
        /// The revision.
        revision: RevisionId,
        /// The split's bundle.
        expected_bundle: BundleId,
        /// The revision's bundle.
        actual_bundle: BundleId,
    },
    /// `current_revisions` names another deployment's revision.
    #[error(
        "deployment `{deployment}` lists current revision `{revision}` of deployment `{actual_deployment}`"
    )]
    BundleRevisionWrongDeployment {
        /// The deployment.
        deployment: DeploymentId,
        /// The revision.
        revision: RevisionId,
        /// The revision's deployment.
        actual_deployment: DeploymentId,
    },
    /// `current_revisions` names another bundle's revision.
    #[error(
        "deployment `{deployment}` of bundle `{expected_bundle}` lists current revision `{revision}` of bundle `{actual_bundle}`"
    )]
    BundleRevisionWrongBundle {
        /// The deployment.
        deployment: DeploymentId,
        /// The revision.
        revision: RevisionId,
        /// The deployment's bundle.
        expected_bundle: BundleId,
        /// The revision's bundle.
        actual_bundle: BundleId,
    },
    /// A split and its deployment name different bundles.
    #[error(
        "traffic split of deployment `{deployment}` names bundle `{split_bundle}`, the deployment is of bundle `{deployment_bundle}`"
    )]
    SplitDeploymentBundleMismatch {
        /// The deployment.
        deployment: DeploymentId,
        /// The split's bundle.
        split_bundle: BundleId,
        /// The deployment's bundle.
        deployment_bundle: BundleId,
    },
    /// A secret of another environment.
    #[error("{context} `{uri}` belongs to environment `{actual_env}`, expected `{expected_env}`")]
    CrossEnvRef {
        /// The field.
        context: &'static str,
        /// The reference.
        uri: String,
        /// The environment that the document is in.
        expected_env: EnvId,
        /// The environment that the reference names.
        actual_env: String,
    },
    /// Two endpoints with one id.
    #[error("duplicate messaging endpoint `{0}` in Environment.messaging_endpoints")]
    DuplicateMessagingEndpoint(MessagingEndpointId),
    /// Two endpoints for one provider instance.
    #[error(
        "duplicate provider instance `{provider_type}`/`{provider_id}` in Environment.messaging_endpoints"
    )]
    DuplicateProviderInstance {
        /// The provider's class.
        provider_type: String,
        /// The provider's instance.
        provider_id: String,
    },
    /// An endpoint links a bundle that is not deployed.
    #[error("messaging endpoint `{endpoint}` links bundle `{bundle}`, which is not deployed")]
    MessagingEndpointBundleNotLinked {
        /// The endpoint.
        endpoint: MessagingEndpointId,
        /// The bundle.
        bundle: BundleId,
    },
    /// A welcome flow of a bundle that the endpoint does not link.
    #[error(
        "messaging endpoint `{endpoint}` has a welcome flow of bundle `{bundle}`, which it does not link"
    )]
    WelcomeFlowBundleNotLinked {
        /// The endpoint.
        endpoint: MessagingEndpointId,
        /// The bundle.
        bundle: BundleId,
    },
    /// `provider_id` is blank.
    #[error("messaging endpoint provider_id must not be empty")]
    EmptyMessagingProviderId,
    /// `provider_type` is blank.
    #[error("messaging endpoint provider_type must not be empty")]
    EmptyMessagingProviderType,
    /// `welcome_flow.flow_id` is blank.
    #[error("messaging endpoint welcome_flow.flow_id must not be empty")]
    EmptyWelcomeFlowId,
    /// Two extensions with one identity.
    #[error("duplicate extension `{path}` (instance {instance_id:?}) in Environment.extensions")]
    DuplicateExtension {
        /// The descriptor path.
        path: String,
        /// The instance.
        instance_id: Option<String>,
    },
    /// An instance id outside of its alphabet.
    #[error("instance_id of extension `{path}` {reason}")]
    InvalidExtensionInstanceId {
        /// The descriptor path.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Overrides for too many packs.
    #[error("config_overrides names {count} packs, the limit is {max}")]
    ConfigOverridesTooManyPacks {
        /// Packs named.
        count: usize,
        /// Packs allowed.
        max: usize,
    },
    /// Too many overrides for one pack.
    #[error("config_overrides has {count} keys for pack `{pack_id}`, the limit is {max}")]
    ConfigOverridesTooManyKeysForPack {
        /// The pack.
        pack_id: String,
        /// Keys given.
        count: usize,
        /// Keys allowed.
        max: usize,
    },
    /// Overrides that are too large.
    #[error("config_overrides has {bytes} bytes of JSON, the limit is {max}")]
    ConfigOverridesTooLarge {
        /// Bytes of compact JSON.
        bytes: usize,
        /// Bytes allowed.
        max: usize,
    },
    /// An empty pack id in the overrides.
    #[error("config_overrides has an empty pack id")]
    ConfigOverrideEmptyPackId,
    /// An empty key in the overrides.
    #[error("config_overrides has an empty key for pack `{pack_id}`")]
    ConfigOverrideEmptyKey {
        /// The pack.
        pack_id: String,
    },
    /// Overrides for a pack that no revision has.
    #[error(
        "config_overrides of deployment `{deployment}` names pack `{pack_id}`, which is in none of its revisions"
    )]
    ConfigOverridePackNotInRevisions {
        /// The deployment.
        deployment: DeploymentId,
        /// The pack.
        pack_id: String,
    },
    /// Not an origin.
    #[error("public_base_url `{value}` is invalid: {reason}")]
    InvalidPublicBaseUrl {
        /// The text, trimmed.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A trusted key that is none, or has another id.
    #[error("trusted key `{key_id}`: {reason}")]
    InvalidTrustedKey {
        /// The id as recorded.
        key_id: String,
        /// What is wrong with it.
        reason: InvalidTrustedKey,
    },
}

impl SpecError {
    /// A stable name of the rule.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::BasisPointsSum { .. } => "basis-points-sum",
            Self::BasisPointsEntryTooLarge { .. } => "basis-points-entry-too-large",
            Self::RevenuePolicyVersionZero => "revenue-policy-version-zero",
            Self::DuplicateCapabilitySlot(_) => "duplicate-capability-slot",
            Self::InvalidLifecycleTransition { .. } => "invalid-lifecycle-transition",
            Self::SchemaMismatch { .. } => "schema-mismatch",
            Self::EnvIdMismatch { .. } => "env-id-mismatch",
            Self::UnknownDeployment(_) => "unknown-deployment",
            Self::UnknownRevision(_) => "unknown-revision",
            Self::SplitRevisionWrongDeployment { .. } => "split-revision-wrong-deployment",
            Self::SplitRevisionWrongBundle { .. } => "split-revision-wrong-bundle",
            Self::BundleRevisionWrongDeployment { .. } => "bundle-revision-wrong-deployment",
            Self::BundleRevisionWrongBundle { .. } => "bundle-revision-wrong-bundle",
            Self::SplitDeploymentBundleMismatch { .. } => "split-deployment-bundle-mismatch",
            Self::CrossEnvRef { .. } => "cross-env-ref",
            Self::DuplicateMessagingEndpoint(_) => "duplicate-messaging-endpoint",
            Self::DuplicateProviderInstance { .. } => "duplicate-provider-instance",
            Self::MessagingEndpointBundleNotLinked { .. } => "endpoint-bundle-not-deployed",
            Self::WelcomeFlowBundleNotLinked { .. } => "welcome-flow-bundle-not-linked",
            Self::EmptyMessagingProviderId => "empty-provider-id",
            Self::EmptyMessagingProviderType => "empty-provider-type",
            Self::EmptyWelcomeFlowId => "empty-welcome-flow-id",
            Self::DuplicateExtension { .. } => "duplicate-extension",
            Self::InvalidExtensionInstanceId { .. } => "invalid-extension-instance-id",
            Self::ConfigOverridesTooManyPacks { .. } => "config-overrides-too-many-packs",
            Self::ConfigOverridesTooManyKeysForPack { .. } => "config-overrides-too-many-keys",
            Self::ConfigOverridesTooLarge { .. } => "config-overrides-too-large",
            Self::ConfigOverrideEmptyPackId => "config-override-empty-pack-id",
            Self::ConfigOverrideEmptyKey { .. } => "config-override-empty-key",
            Self::ConfigOverridePackNotInRevisions { .. } => "config-override-unknown-pack",
            Self::InvalidPublicBaseUrl { .. } => "invalid-public-base-url",
            Self::InvalidTrustedKey { .. } => "invalid-trusted-key",
        }
    }
}

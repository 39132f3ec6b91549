use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    BundleDeployment, EnvPackBinding, EnvironmentHostConfig, ExtensionBinding, HealthStatus,
    MessagingEndpoint, RetentionPolicy, Revision, RevocationConfig, TrafficSplit,
};
use crate::document::{DocumentType, Elements, Identified, Shape, patch_list, patch_value};
use crate::{
    BundleId, CapabilitySlot, DeploymentId, EnvId, ExtensionRef, MessagingEndpointId, RevisionId,
    SchemaVersion, SecretRef,
};

/// Everything that an environment records (`environment.json`).
///
/// [`Environment::validate`] tells whether it is sound.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Environment {
    /// [`SchemaVersion::ENVIRONMENT_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub environment_id: EnvId,
    /// What people call it.
    pub name: String,
    /// How its host is reached.
    pub host_config: EnvironmentHostConfig,
    /// The env-packs that fill its capability slots.
    pub packs: Vec<EnvPackBinding>,
    /// The deployer's credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_ref: Option<SecretRef>,
    /// The bundles deployed in it.
    #[serde(default)]
    pub bundles: Vec<BundleDeployment>,
    /// The revisions of its deployments.
    #[serde(default)]
    pub revisions: Vec<Revision>,
    /// How traffic is shared; one for each deployment that serves.
    #[serde(default)]
    pub traffic_splits: Vec<TrafficSplit>,
    /// The doors of messaging providers.
    #[serde(default)]
    pub messaging_endpoints: Vec<MessagingEndpoint>,
    /// Extensions.
    #[serde(default)]
    pub extensions: Vec<ExtensionBinding>,
    /// How revocation is checked.
    #[serde(default)]
    pub revocation: RevocationConfig,
    /// How much of the past is kept.
    #[serde(default)]
    pub retention: RetentionPolicy,
    /// What was last seen of its health.
    #[serde(default)]
    pub health: HealthStatus,
}

impl Environment {
    /// An environment with a name and a host and nothing else. The host's `env_id` is set.
    #[must_use]
    pub fn fresh(env_id: EnvId, name: String, host_config: EnvironmentHostConfig) -> Self {
        Self {
            schema: SchemaVersion::from(Self::schema_str()),
            host_config: EnvironmentHostConfig { env_id: env_id.clone(), ..host_config },
            environment_id: env_id,
            name,
            packs: Vec::new(),
            credentials_ref: None,
            bundles: Vec::new(),
            revisions: Vec::new(),
            traffic_splits: Vec::new(),
            messaging_endpoints: Vec::new(),
            extensions: Vec::new(),
            revocation: RevocationConfig::default(),
            retention: RetentionPolicy::default(),
            health: HealthStatus::default(),
        }
    }

    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::ENVIRONMENT_V1
    }

    /// The binding of a slot; the first, should there be several.
    #[must_use]
    pub fn pack_for_slot(&self, slot: CapabilitySlot) -> Option<&EnvPackBinding> {
        self.packs.iter().find(|binding| binding.slot == slot)
    }

    /// The extension that a reference names.
    #[must_use]
    pub fn extension_for_ref(&self, reference: &ExtensionRef) -> Option<&ExtensionBinding> {
        self.extensions.iter().find(|binding| {
            binding.kind.path() == reference.path()
                && binding.instance_id.as_deref() == reference.instance_id()
        })
    }

    /// A deployment by its id.
    #[must_use]
    pub fn deployment(&self, id: DeploymentId) -> Option<&BundleDeployment> {
        self.bundles.iter().find(|bundle| bundle.deployment_id == id)
    }

    /// A revision by its id.
    #[must_use]
    pub fn revision(&self, id: RevisionId) -> Option<&Revision> {
        self.revisions.iter().find(|revision| revision.revision_id == id)
    }

    /// The traffic split of a deployment.
    #[must_use]
    pub fn split_of(&self, id: DeploymentId) -> Option<&TrafficSplit> {
        self.traffic_splits.iter().find(|split| split.deployment_id == id)
    }

    /// A messaging endpoint by its id.
    #[must_use]
    pub fn endpoint(&self, id: MessagingEndpointId) -> Option<&MessagingEndpoint> {
        self.messaging_endpoints.iter().find(|endpoint| endpoint.endpoint_id == id)
    }

    /// Tells whether a bundle is deployed for any customer.
    #[must_use]
    pub fn deploys(&self, bundle_id: &BundleId) -> bool {
        self.bundles.iter().any(|bundle| bundle.bundle_id == *bundle_id)
    }

    /// The environment without its lists, which are patched element by element.
    fn head(&self) -> Self {
        Self {
            schema: self.schema.clone(),
            environment_id: self.environment_id.clone(),
            name: self.name.clone(),
            host_config: self.host_config.clone(),
            packs: Vec::new(),
            credentials_ref: self.credentials_ref.clone(),
            bundles: Vec::new(),
            revisions: Vec::new(),
            traffic_splits: Vec::new(),
            messaging_endpoints: Vec::new(),
            extensions: Vec::new(),
            revocation: self.revocation.clone(),
            retention: self.retention.clone(),
            health: self.health.clone(),
        }
    }
}

fn patch_field<T: Serialize + PartialEq + Identified>(
    key: &str,
    before: &[T],
    after: &[T],
    raw: &mut Value,
    shape: Shape,
) -> Result<(), serde_json::Error> {
    match raw.as_object_mut() {
        Some(map) if before != after => {
            // A list that is absent reads as an empty one.
            let list = map.entry(key).or_insert_with(|| Value::Array(Vec::new()));
            patch_list(before, after, list, shape)
        }
        _ => Ok(()),
    }
}

impl DocumentType for Environment {
    const NAME: &'static str = "Environment";
    const SHAPE: Shape = Shape::object(&[
        ("packs", Shape::list(&Elements::by_key("slot", Shape::PLAIN))),
        ("bundles", Shape::list(&Elements::by_key("deployment_id", BundleDeployment::SHAPE))),
        ("revisions", Shape::list(&Elements::by_key("revision_id", Revision::SHAPE))),
        ("traffic_splits", Shape::list(&Elements::by_key("deployment_id", TrafficSplit::SHAPE))),
        ("messaging_endpoints", Shape::list(&Elements::by_key("endpoint_id", Shape::PLAIN))),
        ("extensions", Shape::list(&Elements::extensions())),
    ]);

    fn patch(before: &Self, after: &Self, raw: &mut Value) -> Result<(), serde_json::Error> {
        patch_value(&before.head(), &after.head(), raw, Self::SHAPE)?;
        patch_field("packs", &before.packs, &after.packs, raw, Shape::PLAIN)?;
        patch_field("bundles", &before.bundles, &after.bundles, raw, BundleDeployment::SHAPE)?;
        patch_field("revisions", &before.revisions, &after.revisions, raw, Revision::SHAPE)?;
        patch_field(
            "traffic_splits",
            &before.traffic_splits,
            &after.traffic_splits,
            raw,
            TrafficSplit::SHAPE,
        )?;
        patch_field(
            "messaging_endpoints",
            &before.messaging_endpoints,
            &after.messaging_endpoints,
            raw,
            Shape::PLAIN,
        )?;
        patch_field("extensions", &before.extensions, &after.extensions, raw, Shape::PLAIN)
    }
}

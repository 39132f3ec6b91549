use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::FieldUpdate;
use crate::EnvId;
use crate::document::{DocumentType, Elements, Shape};
use crate::documents::{
    EnvPackBinding, EnvironmentHostConfig, ExtensionBinding, HealthStatus, RetentionPolicy,
    RevocationConfig,
};

/// Creates an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CreateEnvironmentPayload {
    /// The environment.
    pub env_id: EnvId,
    /// What people call it.
    pub name: String,
    /// Its host; `env_id` in it is set to the environment's.
    pub host_config: EnvironmentHostConfig,
}

/// Changes the name and the host of an environment. What is not named stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct UpdateEnvironmentPayload {
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The region.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub region: FieldUpdate<String>,
    /// The tenant that owns it.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub tenant_org_id: FieldUpdate<String>,
    /// Where the gateway listens.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub listen_addr: FieldUpdate<SocketAddr>,
    /// The origin under which it is reached.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub public_base_url: FieldUpdate<String>,
    /// Whether the graphical interface is served.
    #[serde(default, skip_serializing_if = "FieldUpdate::is_keep")]
    pub gui_enabled: FieldUpdate<bool>,
}

/// What an environment starts with when bindings are merged into one that is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MigrateSeedPayload {
    /// Its host.
    pub host_config: EnvironmentHostConfig,
    /// How revocation is checked.
    pub revocation: RevocationConfig,
    /// How much of the past is kept.
    pub retention: RetentionPolicy,
    /// Its health.
    pub health: HealthStatus,
}

/// Adds bindings to an environment where it has none for the slot or the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MigrateMergePayload {
    /// Bindings of env-packs.
    pub packs: Vec<EnvPackBinding>,
    /// Extensions.
    pub extensions: Vec<ExtensionBinding>,
    /// What to start with when the environment is missing; without it that is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_if_missing: Option<MigrateSeedPayload>,
}

/// What a merge added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MergeReport {
    /// Slots that were bound.
    pub merged_slots: Vec<String>,
    /// Extensions that were added, as `<path>` or `<path>/<instance>`.
    pub merged_extensions: Vec<String>,
}

impl DocumentType for CreateEnvironmentPayload {
    const NAME: &'static str = "CreateEnvironmentPayload";
}

impl DocumentType for UpdateEnvironmentPayload {
    const NAME: &'static str = "UpdateEnvironmentPayload";
}

impl DocumentType for MigrateMergePayload {
    const NAME: &'static str = "MigrateMergePayload";
    const SHAPE: Shape = Shape::object(&[
        ("packs", Shape::list(&Elements::by_key("slot", Shape::PLAIN))),
        ("extensions", Shape::list(&Elements::extensions())),
    ]);
}

//! The manifest of a pack (`manifest.cbor`, format `pack-v1`).

mod component;
mod extension;
mod read;
mod runtime_flow;
mod symbols;
mod write;

use std::collections::BTreeMap;

use semver::Version;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use component::{
    ComponentCapabilities, ComponentManifest, ComponentOperation, ComponentProfiles,
    ComponentResources,
};
pub use extension::{
    ComponentSource, ComponentSources, Extension, PROVIDER_EXTENSION, ProviderDeclaration,
    ProviderExtension, ProviderRuntime, SourceArtifact,
};
pub use read::is_plain_id;
pub(crate) use read::{field, read_manifest, typed};
pub(crate) use write::{sort, write_manifest};

use crate::flow::Flow;

/// The schema version that this crate reads and writes.
pub const PACK_SCHEMA_VERSION: &str = "pack-v1";

/// What a pack says about itself, with every symbol resolved: ids are text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackManifest {
    /// [`PACK_SCHEMA_VERSION`].
    pub schema_version: String,
    /// The pack's id.
    pub pack_id: String,
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The pack's version.
    pub version: Version,
    /// What the pack is for.
    pub kind: PackKind,
    /// Who published it.
    #[serde(default)]
    pub publisher: String,
    /// The components, in the manifest's order.
    #[serde(default)]
    pub components: Vec<ComponentManifest>,
    /// The flows; the first one is where an activity without a flow goes.
    #[serde(default)]
    pub flows: Vec<PackFlow>,
    /// Packs that this one needs.
    #[serde(default)]
    pub dependencies: Vec<PackDependency>,
    /// Capabilities that the pack asks for or offers.
    #[serde(default)]
    pub capabilities: Vec<PackCapability>,
    /// Secrets that the pack needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secret_requirements: Vec<SecretRequirement>,
    /// Signatures as other tools write them. They are not verified; this project's stand in a member of their own.
    #[serde(default)]
    pub signatures: Value,
    /// Flows and components for installing and upgrading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<Bootstrap>,
    /// Extensions by id. Those that are not known here are kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub extensions: BTreeMap<String, Extension>,
    /// Agents, kept as they are.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub agents: Value,
}

/// What a pack is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackKind {
    /// A worker.
    Application,
    /// Connects workers to a service.
    Provider,
    /// Runs or deploys workers.
    Infrastructure,
    /// Is used by other packs.
    Library,
}

/// A flow of a pack, with how it can be entered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackFlow {
    /// The flow's id.
    pub id: String,
    /// Its kind: `messaging`, `event`, `component-config`, `job`, `http`.
    pub kind: String,
    /// The flow.
    pub flow: Flow,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Names of the entry points.
    #[serde(default)]
    pub entrypoints: Vec<String>,
}

/// A pack that another one needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackDependency {
    /// The name that nodes use for it.
    pub alias: String,
    /// The pack's id.
    pub pack_id: String,
    /// The versions that do, as semver's requirement.
    #[serde(default)]
    pub version_req: String,
    /// Capabilities that it must have.
    #[serde(default)]
    pub required_capabilities: Vec<String>,
}

/// A capability of a pack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackCapability {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
}

/// A secret that a pack needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecretRequirement {
    /// The secret's key.
    pub key: String,
    /// Whether the pack cannot work without it.
    #[serde(default = "yes")]
    pub required: bool,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where it is looked up (`env`, `tenant`, `team`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Value>,
    /// Its format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Value>,
    /// A JSON schema of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
    /// Examples, never real ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Value>,
}

fn yes() -> bool {
    true
}

/// What installs and upgrades a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// The flow that installs.
    #[serde(default)]
    pub install_flow: Option<String>,
    /// The flow that upgrades.
    #[serde(default)]
    pub upgrade_flow: Option<String>,
    /// The component that installs.
    #[serde(default)]
    pub installer_component: Option<String>,
}

impl PackManifest {
    /// The component with an id.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&ComponentManifest> {
        self.components.iter().find(|component| component.id == id)
    }

    /// The flow with an id.
    #[must_use]
    pub fn flow(&self, id: &str) -> Option<&PackFlow> {
        self.flows.iter().find(|flow| flow.id == id)
    }
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a pack says about one of its components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentManifest {
    /// The component's id; it may have dots.
    pub id: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// The kinds of flow that it can be used in.
    #[serde(default)]
    pub supports: Vec<String>,
    /// The WIT world that it implements.
    #[serde(default)]
    pub world: String,
    /// How it runs.
    #[serde(default)]
    pub profiles: ComponentProfiles,
    /// What it asks the host for.
    #[serde(default)]
    pub capabilities: ComponentCapabilities,
    /// Flows that configure it.
    #[serde(default)]
    pub configurators: Value,
    /// What it can do.
    #[serde(default)]
    pub operations: Vec<ComponentOperation>,
    /// A JSON schema of its configuration.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub config_schema: Value,
    /// What it is expected to use.
    #[serde(default)]
    pub resources: ComponentResources,
    /// Flows for people who write flows; not run.
    #[serde(default)]
    pub dev_flows: BTreeMap<String, Value>,
}

/// How a component runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentProfiles {
    /// The one that is used unless another is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// All of them.
    #[serde(default)]
    pub supported: Vec<String>,
}

/// What a component asks the host for.
///
/// The values are kept as they are; [`ComponentCapabilities::host`] tells by name whether something is asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentCapabilities {
    /// Of WASI: `filesystem`, `env`, `random`, `clocks`.
    #[serde(default)]
    pub wasi: Map<String, Value>,
    /// Of the host: `secrets`, `state`, `messaging`, `events`, `http`, `telemetry`, `iac`.
    #[serde(default)]
    pub host: Map<String, Value>,
}

impl ComponentCapabilities {
    /// What is asked of the host under a name, unless that is nothing.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<&Value> {
        self.host.get(name).filter(|value| !matches!(value, Value::Null | Value::Bool(false)))
    }

    /// Whether the component asks to read guest state.
    #[must_use]
    pub fn reads_state(&self) -> bool {
        self.has_state("read")
    }

    /// Whether the component asks to write guest state.
    #[must_use]
    pub fn writes_state(&self) -> bool {
        self.has_state("write")
    }

    fn has_state(&self, what: &str) -> bool {
        match self.host("state") {
            Some(Value::Object(state)) => state.get(what) == Some(&Value::Bool(true)),
            Some(value) => *value == Value::Bool(true),
            None => false,
        }
    }
}

/// Something that a component can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentOperation {
    /// Its name.
    pub name: String,
    /// A JSON schema of what goes in.
    #[serde(default)]
    pub input_schema: Value,
    /// A JSON schema of what comes out.
    #[serde(default)]
    pub output_schema: Value,
}

/// What a component is expected to use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentResources {
    /// Thousandths of a processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_millis: Option<u32>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<u32>,
    /// How long a call takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_latency_ms: Option<u32>,
}

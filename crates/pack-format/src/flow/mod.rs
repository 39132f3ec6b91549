//! Flows: the model, and the compiler of their source form (`.ygtc`).

mod compile;
mod error;
mod node_source;
mod pack_check;
mod routing;
mod source_check;
mod words;
pub(crate) mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use compile::compile_flow;
pub(crate) use compile::{CompiledFlow, compile_with_places};
pub use error::{FlowError, FlowProblem, Place};
pub(crate) use pack_check::Nameable;
pub use routing::{Route, Routing};

/// The schema version of flows that this crate reads and writes.
pub const FLOW_SCHEMA_VERSION: &str = "flow-v1";

/// What a worker does, as nodes and the ways between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// [`FLOW_SCHEMA_VERSION`].
    #[serde(default)]
    pub schema_version: String,
    /// The flow's id.
    pub id: String,
    /// Its kind: `messaging`, `event`, `component-config`, `job`, `http`.
    #[serde(default)]
    pub kind: String,
    /// Nodes to start at by name; `default` unless another is asked for.
    #[serde(default)]
    pub entrypoints: BTreeMap<String, Value>,
    /// The nodes, in the order of the source.
    #[serde(default)]
    pub nodes: Vec<Node>,
    /// What people read.
    #[serde(default)]
    pub metadata: FlowMetadata,
}

/// One step of a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// The node's id, unique in the flow.
    pub id: String,
    /// What runs.
    pub component: ComponentRef,
    /// What goes in.
    #[serde(default)]
    pub input: Mapping,
    /// What is made of what comes out.
    #[serde(default)]
    pub output: Mapping,
    /// What is made of an error.
    #[serde(default)]
    pub err_map: Option<Mapping>,
    /// Where to go next.
    #[serde(default)]
    pub routing: Routing,
    /// What telemetry says about it.
    #[serde(default)]
    pub telemetry: NodeTelemetry,
}

/// What a node runs: a component of the pack, or something that the engine does itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComponentRef {
    /// The component's id, whole: it may have dots.
    pub id: String,
    /// The dependency that has it; the pack itself when there is none.
    #[serde(default)]
    pub pack_alias: Option<String>,
    /// The operation to call.
    #[serde(default)]
    pub operation: Option<String>,
}

/// A value with templates in its texts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mapping {
    /// The value.
    #[serde(default = "empty")]
    pub mapping: Value,
}

impl Default for Mapping {
    fn default() -> Self {
        Self { mapping: empty() }
    }
}

fn empty() -> Value {
    Value::Object(Map::new())
}

/// What telemetry says about a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeTelemetry {
    /// The name of its span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span_name: Option<String>,
    /// Attributes of its span.
    #[serde(default)]
    pub attributes: BTreeMap<String, Value>,
    /// How often it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Value>,
}

/// What people read about a flow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowMetadata {
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Labels.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Its parameters, and whatever else tools keep here.
    #[serde(default = "empty")]
    pub extra: Value,
}

impl Flow {
    /// The node with an id.
    #[must_use]
    pub fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == id)
    }

    /// The node that the flow starts at: the entry point `default`, else the first node.
    #[must_use]
    pub fn start(&self) -> Option<&Node> {
        let named = self.entrypoints.get("default").and_then(Value::as_str);
        match named {
            Some(id) => self.node(id),
            None => self.nodes.first(),
        }
    }
}

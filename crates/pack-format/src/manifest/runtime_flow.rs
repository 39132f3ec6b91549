//! Flows that an extension puts in the place of the manifest's own.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{PackFlow, PackManifest, typed};
use crate::error::DocumentProblem;
use crate::flow::{ComponentRef, FLOW_SCHEMA_VERSION, Flow, FlowMetadata, Mapping, Node, Routing};

/// The names that the extension is found under.
const NAMES: [&str; 3] =
    ["greentic.pack.runtime_flow", "greentic.pack.flow_runtime", "greentic.pack.runtime_flows"];

#[derive(Deserialize)]
struct RuntimeFlow {
    id: String,
    #[serde(alias = "flow_type", default = "messaging")]
    kind: String,
    #[serde(default)]
    start: Option<String>,
    #[serde(default)]
    entrypoints: BTreeMap<String, Value>,
    #[serde(default)]
    nodes: Map<String, Value>,
    #[serde(default)]
    metadata: Option<FlowMetadata>,
}

#[derive(Deserialize)]
struct RuntimeNode {
    #[serde(alias = "component")]
    component_id: String,
    #[serde(default, alias = "operation")]
    operation_name: Option<String>,
    #[serde(default, alias = "payload", alias = "input")]
    operation_payload: Value,
    #[serde(default)]
    config: Value,
    #[serde(default)]
    routing: Routing,
    #[serde(default)]
    telemetry: Option<crate::flow::NodeTelemetry>,
}

fn messaging() -> String {
    "messaging".to_owned()
}

impl PackManifest {
    /// The flows to run: the manifest's, where an extension does not put another one in the place of the same id.
    ///
    /// # Errors
    /// [`DocumentProblem`] when the extension is not as its format asks.
    pub fn runtime_flows(&self) -> Result<Vec<PackFlow>, DocumentProblem> {
        let mut flows = self.flows.clone();
        for name in NAMES {
            let Some(extension) = self.extensions.get(name) else { continue };
            let list = extension.inline.get("flows").unwrap_or(&extension.inline);
            let overriding: Vec<RuntimeFlow> =
                typed(list.clone()).map_err(|problem| problem.below(name))?;
            for one in overriding {
                let flow = one.into_flow().map_err(|problem| problem.below(name))?;
                match flows.iter_mut().find(|known| known.id == flow.id) {
                    Some(known) => *known = flow,
                    None => flows.push(flow),
                }
            }
        }
        Ok(flows)
    }
}

impl RuntimeFlow {
    fn into_flow(self) -> Result<PackFlow, DocumentProblem> {
        let mut entrypoints = self.entrypoints;
        if let Some(start) = self.start {
            entrypoints.entry("default".to_owned()).or_insert(Value::String(start));
        }
        let mut nodes = Vec::new();
        for (id, node) in self.nodes {
            nodes.push(typed::<RuntimeNode>(node)?.into_node(id));
        }
        let names = entrypoints.keys().cloned().collect();
        let flow = Flow {
            schema_version: FLOW_SCHEMA_VERSION.to_owned(),
            id: self.id.clone(),
            kind: self.kind.clone(),
            entrypoints,
            nodes,
            metadata: self.metadata.unwrap_or_default(),
        };
        Ok(PackFlow { id: self.id, kind: self.kind, flow, tags: Vec::new(), entrypoints: names })
    }
}

impl RuntimeNode {
    /// A configuration travels beside the input, as the engine expects it of a node.
    fn into_node(self, id: String) -> Node {
        let mapping = match self.config {
            Value::Null => self.operation_payload,
            config => serde_json::json!({"input": self.operation_payload, "config": config}),
        };
        Node {
            id,
            component: ComponentRef {
                id: self.component_id,
                pack_alias: None,
                operation: self.operation_name,
            },
            input: Mapping { mapping },
            output: Mapping::default(),
            err_map: None,
            routing: self.routing,
            telemetry: self.telemetry.unwrap_or_default(),
        }
    }
}

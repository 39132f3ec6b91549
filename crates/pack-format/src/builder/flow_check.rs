//! What the flows of a pack name has to be there. Only what is built from source is judged so.

use std::collections::HashMap;

use serde_json::Value;

use crate::flow::words;
use crate::flow::{CompiledFlow, Flow, FlowError, FlowProblem, Node, Routing};
use crate::manifest::ComponentManifest;

/// Components of this interface know the operations that they have.
const NODE_WORLD: &str = "greentic:component/node@";

/// What flows can name.
pub(super) struct Pack<'a> {
    pub(super) components: &'a [ComponentManifest],
    pub(super) flows: &'a [String],
    /// Whether components can come from packs that this one depends on.
    pub(super) has_dependencies: bool,
}

impl Pack<'_> {
    /// Checks one flow of the pack.
    pub(super) fn check(&self, file: &str, compiled: &CompiledFlow) -> Result<(), FlowError> {
        let flow = &compiled.flow.flow;
        let wrong = |place, problem| FlowError { file: file.to_owned(), place, problem };
        for (node, place) in flow.nodes.iter().zip(&compiled.places) {
            self.check_node(node).map_err(|problem| wrong(*place, problem))?;
        }
        let Some(circle) = circle(flow) else { return Ok(()) };
        let place = circle.first().and_then(|first| compiled.places.get(*first));
        let nodes = circle.iter().filter_map(|at| flow.nodes.get(*at)).map(|node| node.id.clone());
        Err(wrong(
            place.copied().unwrap_or_default(),
            FlowProblem::Circle { nodes: nodes.collect() },
        ))
    }

    fn check_node(&self, node: &Node) -> Result<(), FlowProblem> {
        match node.component.id.as_str() {
            "flow.call" => self.check_call(node),
            "session.wait" => check_wait(node),
            "state.get" | "state.set" => needs(node, "key", &["key"]),
            "provider.invoke" => check_provider(node),
            "component.exec" => {
                needs(node, "component", &["component", "component_ref"])?;
                if node.component.operation.is_none() {
                    needs(node, "operation", &["operation", "op"])?;
                }
                self.check_component(node)
            }
            _ => self.check_component(node),
        }
    }

    fn check_call(&self, node: &Node) -> Result<(), FlowProblem> {
        const NAMES: &[&str] = &["flow_id", "flow"];
        needs(node, "flow_id", NAMES)?;
        match said(node, NAMES) {
            Some(flow) if !is_template(flow) && !self.flows.iter().any(|known| known == flow) => {
                let (node, flow) = (node.id.clone(), flow.to_owned());
                Err(FlowProblem::UnknownFlow { node, flow, flows: self.flows.to_vec() })
            }
            _ => Ok(()),
        }
    }

    fn check_component(&self, node: &Node) -> Result<(), FlowProblem> {
        let Some(id) = node.pack_component().filter(|id| !is_template(id)) else { return Ok(()) };
        let named = |id: &str| self.components.iter().find(|component| component.id == id);
        let operation =
            node.component.operation.as_deref().or_else(|| said(node, &["operation", "op"]));
        if let Some(component) = named(id) {
            return check_operation(node, component, operation);
        }
        // An older spelling has the operation behind the last dot.
        let split = id.rsplit_once('.').and_then(|(id, last)| Some((named(id)?, last)));
        match split {
            Some((component, last)) => check_operation(node, component, operation.or(Some(last))),
            None if self.has_dependencies => Ok(()),
            None => Err(self.unknown_component(node, id)),
        }
    }

    fn unknown_component(&self, node: &Node, id: &str) -> FlowProblem {
        let components: Vec<String> =
            self.components.iter().map(|component| component.id.clone()).collect();
        let near = components.iter().find(|known| words::is_near(id, known)).map(String::as_str);
        let nearest = near.or_else(|| words::meant(id)).map(str::to_owned);
        let (node, component) = (node.id.clone(), id.to_owned());
        FlowProblem::UnknownComponent { node, component, nearest, components }
    }
}

fn check_operation(
    node: &Node,
    component: &ComponentManifest,
    operation: Option<&str>,
) -> Result<(), FlowProblem> {
    let operations: Vec<String> = component.operations.iter().map(|one| one.name.clone()).collect();
    // A component that does not say which it has may have any.
    if operations.is_empty() || !component.world.starts_with(NODE_WORLD) {
        return Ok(());
    }
    let (node, component) = (node.id.clone(), component.id.clone());
    match operation {
        None => Err(FlowProblem::NoOperation { node, component, operations }),
        Some(name) if is_template(name) || operations.iter().any(|known| known == name) => Ok(()),
        Some(name) => {
            let operation = name.to_owned();
            Err(FlowProblem::UnknownOperation { node, component, operation, operations })
        }
    }
}

fn check_provider(node: &Node) -> Result<(), FlowProblem> {
    if node.component.operation.is_none() {
        needs(node, "op", &["op", "operation"])?;
    }
    let map = node.input.mapping.get("err_map");
    match map.filter(|map| !map.is_null()) {
        None => Ok(()),
        Some(_) => {
            let hint = "an error ends the turn; `in_map` and `out_map` are the maps there are";
            Err(FlowProblem::Idle { key: "err_map".to_owned(), hint })
        }
    }
}

fn check_wait(node: &Node) -> Result<(), FlowProblem> {
    let leads = match &node.routing {
        Routing::Next { .. } => true,
        Routing::Branch { on_status, default } => default.is_some() || !on_status.is_empty(),
        routing => routing.routes().iter().any(|route| route.to.as_deref().is_some_and(is_node)),
    };
    if leads { Ok(()) } else { Err(FlowProblem::NoWayOn { node: node.id.clone() }) }
}

fn is_node(target: &str) -> bool {
    target != "out"
}

/// Checks that the payload has a text under one of these names, as far as it is known before the flow runs.
fn needs(node: &Node, key: &'static str, names: &[&str]) -> Result<(), FlowProblem> {
    if node.input.mapping.as_str().is_some_and(is_template) || said(node, names).is_some() {
        return Ok(());
    }
    let (node, runs) = (node.id.clone(), node.component.id.clone());
    Err(FlowProblem::Lacks { node, runs, key })
}

/// The text that the payload has under the first of these names that is there.
fn said<'n>(node: &'n Node, names: &[&str]) -> Option<&'n str> {
    let found = names.iter().find_map(|name| node.input.mapping.get(name));
    found.and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// A template is only known when it is filled.
fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// Nodes that lead to each other for ever, whatever is said to them. What a component or another flow answers may lead out, so
/// only what the engine does by itself counts.
fn circle(flow: &Flow) -> Option<Vec<usize>> {
    let places: HashMap<&str, usize> =
        flow.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), at)).collect();
    let next = |at: usize| {
        let node = flow.nodes.get(at).filter(|node| goes_straight_on(node))?;
        let Routing::Next { node_id } = &node.routing else { return None };
        places.get(node_id.as_str()).copied()
    };
    // The walk that came to a node first.
    let mut seen: HashMap<usize, usize> = HashMap::new();
    for start in 0..flow.nodes.len() {
        let mut walk = Vec::new();
        let mut at = Some(start);
        while let Some(here) = at {
            match seen.insert(here, start) {
                None => walk.push(here),
                Some(walked) if walked == start => {
                    return Some(walk.into_iter().skip_while(|place| *place != here).collect());
                }
                Some(_) => break,
            }
            at = next(here);
        }
    }
    None
}

fn goes_straight_on(node: &Node) -> bool {
    matches!(node.component.id.as_str(), "state.get" | "state.set")
        || node.component.id.starts_with("emit.")
}

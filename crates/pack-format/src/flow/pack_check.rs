//! What the flows of a pack name has to be there.
//!
//! While a pack is built from source, the first problem refuses it. Of a pack that is built already they are only told: one
//! flow of it that nobody uses must not keep the others from answering.

use std::collections::HashMap;

use serde_json::Value;

use super::source_check::{condition_problem, template_problem_of};
use super::words;
use super::{CompiledFlow, Flow, FlowError, FlowProblem, Node, Routing};
use crate::manifest::ComponentManifest;

/// Components of this interface know the operations that they have.
const NODE_WORLD: &str = "greentic:component/node@";

/// What flows can name.
pub(crate) struct Nameable<'a> {
    pub(crate) components: &'a [ComponentManifest],
    pub(crate) flows: &'a [String],
    /// Whether components can come from elsewhere, so that one that is not known says nothing.
    pub(crate) has_others: bool,
}

impl Nameable<'_> {
    /// Everything that can never work in a flow that is compiled already.
    pub(crate) fn problems(&self, flow: &Flow) -> Vec<FlowProblem> {
        let mut problems = Vec::new();
        let names: Vec<&str> = flow.nodes.iter().map(|node| node.id.as_str()).collect();
        for node in &flow.nodes {
            problems.extend(self.check_node(node).err());
            template_problems(&node.input.mapping, &mut problems);
            let conditions = node.routing.routes().into_iter().filter_map(|route| route.condition);
            problems.extend(conditions.filter_map(|text| condition_problem(&text, &names)));
        }
        problems
    }

    /// Checks one flow of the pack.
    pub(crate) fn check(&self, file: &str, compiled: &CompiledFlow) -> Result<(), FlowError> {
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
                Err(FlowProblem::UnknownFlow { node, flow, flows: self.flows.into() })
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
            None if self.has_others => Ok(()),
            None => Err(self.unknown_component(node, id)),
        }
    }

    fn unknown_component(&self, node: &Node, id: &str) -> FlowProblem {
        let known: Vec<&str> =
            self.components.iter().map(|component| component.id.as_str()).collect();
        let near = known.iter().copied().find(|known| words::is_near(id, known));
        let hint = match (near.or_else(|| words::meant(id)), known.as_slice()) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, []) => "it has none: name it under `components` in `pack.yaml`".to_owned(),
            (None, known) => format!("its components are: {}", known.join(", ")),
        };
        FlowProblem::UnknownComponent { node: node.id.clone(), component: id.to_owned(), hint }
    }
}

fn template_problems(mapping: &Value, problems: &mut Vec<FlowProblem>) {
    match mapping {
        Value::String(text) => problems.extend(template_problem_of(text)),
        Value::Array(items) => items.iter().for_each(|item| template_problems(item, problems)),
        Value::Object(map) => map.values().for_each(|value| template_problems(value, problems)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check_operation(
    node: &Node,
    component: &ComponentManifest,
    operation: Option<&str>,
) -> Result<(), FlowProblem> {
    let operations: Box<[String]> =
        component.operations.iter().map(|one| one.name.clone()).collect();
    // A component that does not say which it has may have any.
    if operations.is_empty() || !component.world.starts_with(NODE_WORLD) {
        return Ok(());
    }
    let component = component.id.clone();
    match operation {
        None => {
            let node = node.id.clone();
            Err(FlowProblem::NoOperation { node, component, operations })
        }
        Some(name) if is_template(name) || operations.iter().any(|known| known == name) => Ok(()),
        Some(name) => {
            let operation = name.to_owned();
            Err(FlowProblem::UnknownOperation { component, operation, operations })
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

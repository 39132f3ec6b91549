//! One node of a flow's source.

use serde_json::Value;

use super::compile::{Fault, known_node, map, text, wrong};
use super::error::{FlowProblem, Place};
use super::source_check::{check_condition, check_idle, check_routes, check_templates};
use super::words;
use super::yaml::{Kind, Pair, Tree};
use super::{ComponentRef, Mapping, Node, NodeTelemetry, Route, Routing};

/// The keys of a node besides the one that says what runs.
const KNOWN: &str = "routing, telemetry, output, in_map, out_map, err_map, operation";

const ROUTE_KEYS: &[&str] = &["to", "out", "status", "reply", "condition"];

/// A node, its parts told apart.
pub(super) struct NodeSource<'a> {
    pub(super) name: &'a str,
    pub(super) place: Place,
    runs: &'a Pair,
    operation: Option<String>,
    in_map: Option<&'a Tree>,
    out_map: Option<&'a Pair>,
    err_map: Option<&'a Pair>,
    routing: Option<&'a Tree>,
    telemetry: Option<&'a Tree>,
}

/// Reads a node.
pub(super) fn read(pair: &Pair) -> Result<NodeSource<'_>, Fault> {
    check_name(&pair.key, pair.place)?;
    let node = || pair.key.clone();
    let pairs = map(&pair.value, &format!("nodes.{}", pair.key))?;
    let is_known = |key: &str| KNOWN.split(", ").any(|known| known == key);
    let mut others = pairs.iter().filter(|pair| !is_known(&pair.key));
    let runs =
        others.next().ok_or_else(|| (pair.place, FlowProblem::NoComponent { node: node() }))?;
    if let Some(second) = others.next() {
        let keys = [runs, second].into_iter().chain(others).map(|pair| pair.key.clone()).collect();
        let problem = FlowProblem::SeveralComponents { node: node(), keys, known: KNOWN };
        return Err((second.place, problem));
    }
    let pair_of = |key: &str| pairs.iter().find(|pair| pair.key == key);
    let value = |key: &str| pair_of(key).map(|pair| &pair.value);
    let operation = value("operation").map(|tree| text(tree, "operation").map(str::to_owned));
    Ok(NodeSource {
        name: &pair.key,
        place: pair.place,
        runs,
        operation: operation.transpose()?,
        in_map: value("in_map"),
        out_map: pair_of("out_map").or_else(|| pair_of("output")),
        err_map: pair_of("err_map"),
        routing: value("routing"),
        telemetry: value("telemetry"),
    })
}

fn check_name(name: &str, place: Place) -> Result<(), Fault> {
    let is_first = |first: char| first.is_ascii_alphabetic() || first == '_';
    let is_rest = |rest: char| rest.is_ascii_alphanumeric() || matches!(rest, '_' | '-');
    if name == "out" {
        return Err(wrong_name(name, place, "`to: out` ends the flow; give it another name"));
    }
    if name.starts_with(is_first) && name.chars().all(is_rest) && name.len() <= 255 {
        return Ok(());
    }
    let expected = "start with a letter or `_`, then letters, digits, `_` and `-`";
    Err(wrong_name(name, place, expected))
}

fn wrong_name(name: &str, place: Place, expected: &'static str) -> Fault {
    (place, FlowProblem::Id { id: name.to_owned(), what: "the name of a node", expected })
}

impl NodeSource<'_> {
    pub(super) fn compile(&self, is_legacy: bool, nodes: &[&str]) -> Result<Node, Fault> {
        let payload = self.in_map.unwrap_or(&self.runs.value);
        let mapping = |tree: &Tree| Mapping { mapping: tree.to_json() };
        check_idle([self.out_map, self.err_map])?;
        check_templates(payload)?;
        Ok(Node {
            id: self.name.to_owned(),
            component: self.component(is_legacy)?,
            input: match payload.kind {
                Kind::Null => Mapping::default(),
                _ => mapping(payload),
            },
            output: self.out_map.map(|pair| mapping(&pair.value)).unwrap_or_default(),
            err_map: self.err_map.map(|pair| mapping(&pair.value)),
            routing: self.routing(nodes)?,
            telemetry: self.telemetry()?,
        })
    }

    /// From schema version 2 on the key is an operation, and the payload names the component.
    fn component(&self, is_legacy: bool) -> Result<ComponentRef, Fault> {
        let key = self.runs.key.as_str();
        // Whatever else begins with `emit.` is as good as `emit.response`, so nobody would notice.
        if let Some(meant) = words::meant(key).filter(|_| key.starts_with("emit.")) {
            return Err((self.runs.place, FlowProblem::Misspelt { found: key.to_owned(), meant }));
        }
        let (id, operation) = if is_legacy || words::is_reserved(key) {
            (key, self.operation.clone())
        } else {
            ("component.exec", Some(self.operation.clone().unwrap_or_else(|| key.to_owned())))
        };
        Ok(ComponentRef { id: id.to_owned(), pack_alias: None, operation })
    }

    fn routing(&self, nodes: &[&str]) -> Result<Routing, Fault> {
        let Some(tree) = self.routing else { return Ok(Routing::End) };
        match &tree.kind {
            Kind::Null => Ok(Routing::End),
            Kind::Text(word) if word == "out" => Ok(Routing::End),
            Kind::Text(word) if word == "reply" => Ok(Routing::Reply),
            Kind::Text(word) => Err((tree.place, FlowProblem::Routing { found: word.clone() })),
            Kind::List(items) => {
                let routes: Result<Vec<_>, _> = items.iter().map(|one| route(one, nodes)).collect();
                let routes = routes?;
                let routing = Routing::from_routes(&routes, tree.to_json());
                check_routes(&routing, &routes, items)?;
                Ok(routing)
            }
            _ => Err(wrong(tree, "routing", "`out`, `reply` or a list of routes")),
        }
    }

    fn telemetry(&self) -> Result<NodeTelemetry, Fault> {
        let Some(tree) = self.telemetry else { return Ok(NodeTelemetry::default()) };
        map(tree, "telemetry")?;
        serde_json::from_value(tree.to_json())
            .map_err(|_| wrong(tree, "telemetry", "a map with span_name, attributes, sampling"))
    }
}

fn route(tree: &Tree, nodes: &[&str]) -> Result<Route, Fault> {
    let mut route = Route::default();
    for pair in map(tree, "a route")? {
        let word = || text(&pair.value, &pair.key).map(str::to_owned);
        match pair.key.as_str() {
            "to" => route.to = Some(target(&pair.value, nodes)?),
            "status" => route.status = Some(word()?),
            "condition" => {
                check_condition(text(&pair.value, "condition")?, pair.value.place, nodes)?;
                route.condition = Some(word()?);
            }
            "out" => route.out = truth(pair)?,
            "reply" => route.reply = truth(pair)?,
            _ => {
                let key = pair.key.clone();
                let problem =
                    FlowProblem::UnknownKey { key, parent: "route", expected: ROUTE_KEYS };
                return Err((pair.place, problem));
            }
        }
    }
    if route.to.is_none() && !route.out && !route.reply {
        return Err((tree.place, FlowProblem::EmptyRoute));
    }
    Ok(route)
}

fn target(tree: &Tree, nodes: &[&str]) -> Result<String, Fault> {
    let target = text(tree, "to")?;
    if target != "out" {
        known_node(target, tree.place, nodes)?;
    }
    Ok(target.to_owned())
}

fn truth(pair: &Pair) -> Result<bool, Fault> {
    match pair.value.kind {
        Kind::Bool(value) => Ok(value),
        _ => Err(wrong(&pair.value, &pair.key, "true or false")),
    }
}

impl Node {
    /// The component of the pack that the node runs; none for what the engine does itself.
    #[must_use]
    pub fn pack_component(&self) -> Option<&str> {
        let id = self.component.id.as_str();
        if id == "component.exec" {
            let payload = &self.input.mapping;
            let named = payload.get("component").or_else(|| payload.get("component_ref"));
            return named.and_then(Value::as_str);
        }
        (!words::is_engines(id)).then_some(id)
    }
}

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::error::{FlowError, FlowProblem, Place};
use super::node_source::{self, NodeSource};
use super::words;
use super::yaml::{self, Kind, Pair, Tree};
use super::{FLOW_SCHEMA_VERSION, Flow, FlowMetadata};
use crate::limits::Limits;
use crate::manifest::{PackFlow, is_plain_id};

/// The keys of a flow's source.
const KEYS: &[&str] = &[
    "id",
    "type",
    "title",
    "description",
    "tags",
    "start",
    "parameters",
    "meta",
    "entrypoints",
    "schema_version",
    "slot_schema",
    "nodes",
];

/// The entry point that a flow starts at.
const DEFAULT: &str = "default";

const TYPES: &[&str] = &["messaging", "event", "events", "component-config", "job", "http"];

/// A flow with the place of each of its nodes, in the flow's order.
#[derive(Debug)]
pub(crate) struct CompiledFlow {
    pub(crate) flow: PackFlow,
    pub(crate) places: Vec<Place>,
}

/// Compiles the source of a flow (`.ygtc`).
///
/// ```
/// use greentic_pack_format::{Limits, compile_flow};
///
/// let source = "id: hello\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Hello}\n    routing: out\n";
/// let flow = compile_flow("hello.ygtc", source, &Limits::default())?;
/// assert_eq!(flow.flow.start().unwrap().id, "greet");
///
/// let error = compile_flow("hello.ygtc", &source.replace(": out", ": [{to: gret}]"), &Limits::default()).unwrap_err();
/// assert_eq!(error.to_string(), "hello.ygtc:6:20: there is no node `gret` to go to; the nodes are: greet");
/// # Ok::<(), greentic_pack_format::FlowError>(())
/// ```
///
/// # Errors
/// [`FlowError`] with the file as `file` names it, line and column, and what was expected there.
pub fn compile_flow(file: &str, source: &str, limits: &Limits) -> Result<PackFlow, FlowError> {
    compile_with_places(file, source, limits).map(|compiled| compiled.flow)
}

/// Compiles the source of a flow and keeps where its nodes stand.
pub(crate) fn compile_with_places(
    file: &str,
    source: &str,
    limits: &Limits,
) -> Result<CompiledFlow, FlowError> {
    let tree = yaml::parse(file, source, limits)?;
    compile(&tree).map_err(|(place, problem)| FlowError { file: file.to_owned(), place, problem })
}

/// What is wrong, and where; the file is added at the end.
pub(super) type Fault = (Place, FlowProblem);

fn compile(tree: &Tree) -> Result<CompiledFlow, Fault> {
    let source = Source::read(tree)?;
    let id = source.id()?;
    let kind = source.kind()?;
    let is_legacy = source.schema_version()? < 2;
    let nodes = source.nodes()?;
    let names: Vec<&str> = nodes.iter().map(|node| node.name).collect();
    let entrypoints = source.entrypoints(&names)?;
    let mut compiled = Vec::new();
    for node in &nodes {
        compiled.push(node.compile(is_legacy, &names)?);
    }
    let tags = source.tags()?;
    let flow = Flow {
        schema_version: FLOW_SCHEMA_VERSION.to_owned(),
        id: id.clone(),
        kind: kind.clone(),
        entrypoints,
        nodes: compiled,
        metadata: source.metadata(tags.clone())?,
    };
    let entrypoints = flow.entrypoints.keys().cloned().collect();
    let places = nodes.iter().map(|node| node.place).collect();
    Ok(CompiledFlow { flow: PackFlow { id, kind, flow, tags, entrypoints }, places })
}

/// The keys of a flow's source, each known.
struct Source<'a> {
    place: Place,
    pairs: BTreeMap<&'a str, &'a Pair>,
}

impl<'a> Source<'a> {
    fn read(tree: &'a Tree) -> Result<Self, Fault> {
        let pairs = map(tree, "the file")?;
        for pair in pairs {
            if !KEYS.contains(&pair.key.as_str()) {
                let key = pair.key.clone();
                let problem = FlowProblem::UnknownKey { key, parent: "flow", expected: KEYS };
                return Err((pair.place, problem));
            }
        }
        let pairs = pairs.iter().map(|pair| (pair.key.as_str(), pair)).collect();
        Ok(Self { place: tree.place, pairs })
    }

    fn value(&self, key: &str) -> Option<&'a Tree> {
        self.pairs.get(key).map(|pair| &pair.value)
    }

    fn required(&self, key: &'static str, hint: &'static str) -> Result<&'a Tree, Fault> {
        self.value(key).ok_or((self.place, FlowProblem::Missing { key, hint }))
    }

    fn id(&self) -> Result<String, Fault> {
        let tree = self.required("id", "write `id:` with the flow's name")?;
        let id = text(tree, "id")?;
        if is_plain_id(id) {
            return Ok(id.to_owned());
        }
        let expected = "use letters, digits, `.`, `_` and `-`";
        Err((tree.place, FlowProblem::Id { id: id.to_owned(), what: "the id of a flow", expected }))
    }

    fn kind(&self) -> Result<String, Fault> {
        let tree = self.required("type", "write `type: messaging` or another type")?;
        match text(tree, "type")? {
            "events" => Ok("event".to_owned()),
            word if TYPES.contains(&word) => Ok(word.to_owned()),
            word => {
                let (key, found) = ("type".to_owned(), word.to_owned());
                Err((tree.place, FlowProblem::Choice { key, found, expected: TYPES }))
            }
        }
    }

    fn schema_version(&self) -> Result<u64, Fault> {
        let Some(tree) = self.value("schema_version") else { return Ok(1) };
        match &tree.kind {
            Kind::Number(number) => number.as_u64().filter(|version| matches!(version, 1 | 2)),
            _ => None,
        }
        .ok_or_else(|| {
            let (key, found) = ("schema_version".to_owned(), tree.to_json().to_string());
            (tree.place, FlowProblem::Choice { key, found, expected: &["1", "2"] })
        })
    }

    fn nodes(&self) -> Result<Vec<NodeSource<'a>>, Fault> {
        let tree = self.required("nodes", "write `nodes:` with at least one node")?;
        let pairs = map(tree, "nodes")?;
        if pairs.is_empty() {
            return Err((tree.place, FlowProblem::NoNodes));
        }
        pairs.iter().map(node_source::read).collect()
    }

    /// `entrypoints` as written, and `default` from `start`, a node called `in`, or the first node.
    fn entrypoints(&self, nodes: &[&str]) -> Result<BTreeMap<String, Value>, Fault> {
        let mut entrypoints = BTreeMap::new();
        if let Some(tree) = self.value("entrypoints") {
            for pair in map(tree, "entrypoints")? {
                if words::is_near(&pair.key, DEFAULT) {
                    let found = pair.key.clone();
                    return Err((pair.place, FlowProblem::Misspelt { found, meant: DEFAULT }));
                }
                if let Kind::Text(node) = &pair.value.kind {
                    known_node(node, pair.value.place, nodes)?;
                }
                entrypoints.insert(pair.key.clone(), pair.value.to_json());
            }
        }
        let start = match self.value("start") {
            Some(tree) => {
                let node = text(tree, "start")?;
                known_node(node, tree.place, nodes)?;
                Some(node)
            }
            None => nodes.iter().find(|node| **node == "in").or_else(|| nodes.first()).copied(),
        };
        if let Some(start) = start {
            entrypoints.entry(DEFAULT.to_owned()).or_insert_with(|| start.into());
        }
        Ok(entrypoints)
    }

    fn tags(&self) -> Result<Vec<String>, Fault> {
        let Some(tree) = self.value("tags") else { return Ok(Vec::new()) };
        let Kind::List(items) = &tree.kind else {
            return Err(wrong(tree, "tags", "a list of texts"));
        };
        let mut tags = Vec::new();
        for item in items {
            tags.push(text(item, "tags")?.to_owned());
        }
        tags.sort_unstable();
        tags.dedup();
        Ok(tags)
    }

    fn metadata(&self, tags: Vec<String>) -> Result<FlowMetadata, Fault> {
        let optional =
            |key| self.value(key).map(|tree| text(tree, key).map(str::to_owned)).transpose();
        Ok(FlowMetadata {
            title: optional("title")?,
            description: optional("description")?,
            tags,
            extra: self.extra()?,
        })
    }

    /// Parameters, with the slots and the notes of tools beside them.
    fn extra(&self) -> Result<Value, Fault> {
        let mut extra = Map::new();
        if let Some(tree) = self.value("parameters") {
            map(tree, "parameters")?;
            if let Value::Object(parameters) = tree.to_json() {
                extra = parameters;
            }
        }
        for key in ["slot_schema", "meta"] {
            if let Some(tree) = self.value(key) {
                extra.insert(key.to_owned(), tree.to_json());
            }
        }
        Ok(Value::Object(extra))
    }
}

pub(super) fn map<'a>(tree: &'a Tree, key: &str) -> Result<&'a [Pair], Fault> {
    match &tree.kind {
        Kind::Map(pairs) => Ok(pairs),
        _ => Err(wrong(tree, key, "a map")),
    }
}

pub(super) fn text<'a>(tree: &'a Tree, key: &str) -> Result<&'a str, Fault> {
    match &tree.kind {
        Kind::Text(text) => Ok(text),
        _ => Err(wrong(tree, key, "a text")),
    }
}

pub(super) fn wrong(tree: &Tree, key: &str, expected: &'static str) -> Fault {
    let problem = FlowProblem::Type { key: key.to_owned(), expected, found: tree.kind_name() };
    (tree.place, problem)
}

pub(super) fn known_node(target: &str, place: Place, nodes: &[&str]) -> Result<(), Fault> {
    if nodes.contains(&target) {
        return Ok(());
    }
    let nodes = nodes.iter().map(|&node| node.to_owned()).collect();
    Err((place, FlowProblem::UnknownNode { target: target.to_owned(), nodes }))
}

//! What is different between documents, as JSON Patch (RFC 6902).

use std::borrow::Cow;
use std::collections::BTreeMap;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::routing::{Routing, RoutingTable};
use greentic_deploy_spec::{DeploymentId, Document};
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr};
use serde::Serialize;
use serde_json::{Map, Value};

use super::DocumentDiff;

/// Documents by name, as JSON.
pub(crate) type DocumentsByName<'s> = BTreeMap<String, Cow<'s, Value>>;

/// The documents of a state.
pub(crate) fn documents_of(state: &EnvState) -> DocumentsByName<'_> {
    let mut documents = documents_but_routing(state);
    let routing = state.routing.as_ref().and_then(|routing| serde_json::to_value(routing).ok());
    documents.extend(routing.map(|routing| (ROUTING.to_owned(), Cow::Owned(routing))));
    documents
}

/// The documents of a state without the slot tables, which are large and have no JSON ready.
pub(crate) fn documents_but_routing(state: &EnvState) -> DocumentsByName<'_> {
    let mut documents = BTreeMap::new();
    let kept = [
        (ENVIRONMENT, state.environment.as_ref().map(Document::raw)),
        (RUNTIME, state.runtime.as_ref().map(Document::raw)),
        (TRUST_ROOT, state.trust_root.as_ref().map(Document::raw)),
    ];
    for (name, raw) in kept {
        documents.extend(raw.map(|raw| (name.to_owned(), Cow::Borrowed(raw))));
    }
    for (slot, answers) in &state.pack_answers {
        documents.insert(answers_of(slot.as_str()), Cow::Borrowed(answers));
    }
    documents
}

pub(crate) const ENVIRONMENT: &str = "environment";
pub(crate) const RUNTIME: &str = "runtime";
pub(crate) const TRUST_ROOT: &str = "trust-root";
pub(crate) const ROUTING: &str = "routing";
pub(crate) const ANSWERS: &str = "answers/";

pub(crate) fn answers_of(slot: &str) -> String {
    format!("{ANSWERS}{slot}")
}

pub(crate) fn diff_of(from: &EnvState, to: &EnvState) -> Vec<DocumentDiff> {
    let (from, to) = (documents_of(from), documents_of(to));
    let mut names: Vec<&String> = from.keys().chain(to.keys()).collect();
    names.sort();
    names.dedup();
    let diffs = names.into_iter().filter_map(|name| {
        let patch = match (from.get(name), to.get(name)) {
            (Some(from), Some(to)) => diff(from, to),
            (None, Some(to)) => vec![add(&[], to)],
            _ => vec![remove(&[])],
        };
        (!patch.is_empty()).then(|| DocumentDiff { document: name.clone(), patch: Patch(patch) })
    });
    diffs.collect()
}

/// What turns one JSON value into another, with lists compared from both ends, so that one element
/// that was added, removed or changed costs one operation wherever it is.
pub(crate) fn diff(from: &Value, to: &Value) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    diff_into(&mut operations, &mut Vec::new(), from, to);
    operations
}

/// As [`diff`] of the JSON of both, without making JSON of all the runs that stayed.
pub(crate) fn diff_routing(from: &Routing, to: &Routing) -> Vec<PatchOperation> {
    let mut operations = Vec::new();
    let path = &mut Vec::new();
    let deployments = |routing: &Routing| -> Vec<DeploymentId> {
        routing.tables.iter().map(|table| table.deployment_id).collect()
    };
    if (&from.schema, &from.env_id, deployments(from)) != (&to.schema, &to.env_id, deployments(to))
    {
        diff_into(&mut operations, path, &json_of(from), &json_of(to));
        return operations;
    }
    path.push("tables".to_owned());
    for (index, (from, to)) in from.tables.iter().zip(&to.tables).enumerate() {
        at(path, &index.to_string(), |path| diff_tables(&mut operations, path, from, to));
    }
    operations
}

fn diff_tables(
    all: &mut Vec<PatchOperation>,
    path: &mut Vec<String>,
    from: &RoutingTable,
    to: &RoutingTable,
) {
    let without_runs = |table: &RoutingTable| {
        let revisions = table.revisions.clone();
        json_of(&RoutingTable { revisions, runs: Vec::new(), ..*table })
    };
    diff_into(all, path, &without_runs(from), &without_runs(to));
    at(path, "runs", |path| {
        diff_lists(all, path, &from.runs, &to.runs, |run| Cow::Owned(json_of(run)))
    });
}

/// Tables have names, numbers and lists of them, all of which have a JSON form.
fn json_of<T: Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

fn diff_into(all: &mut Vec<PatchOperation>, path: &mut Vec<String>, from: &Value, to: &Value) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => diff_objects(all, path, from, to),
        (Value::Array(from), Value::Array(to)) => diff_lists(all, path, from, to, borrowed),
        _ if from == to => {}
        _ => all.push(replace(path, to)),
    }
}

fn borrowed(value: &Value) -> Cow<'_, Value> {
    Cow::Borrowed(value)
}

/// Whether many small steps take more room than the list that they lead to.
fn is_longer<T: Serialize>(steps: &[PatchOperation], list: &[T]) -> bool {
    const MANY: usize = 16;
    let bytes = |json: Result<String, serde_json::Error>| json.map_or(0, |text| text.len());
    steps.len() >= MANY && bytes(serde_json::to_string(steps)) > bytes(serde_json::to_string(list))
}

fn diff_objects(
    all: &mut Vec<PatchOperation>,
    path: &mut Vec<String>,
    from: &Map<String, Value>,
    to: &Map<String, Value>,
) {
    for key in from.keys().filter(|key| !to.contains_key(*key)) {
        at(path, key, |path| all.push(remove(path)));
    }
    for (key, to) in to {
        at(path, key, |path| match from.get(key) {
            Some(from) => diff_into(all, path, from, to),
            None => all.push(add(path, to)),
        });
    }
}

/// Compares lists from both ends. Only elements in between are needed as JSON.
fn diff_lists<T: PartialEq + Serialize>(
    all: &mut Vec<PatchOperation>,
    path: &mut Vec<String>,
    from: &[T],
    to: &[T],
    json: impl Fn(&T) -> Cow<'_, Value>,
) {
    let first = all.len();
    let (head, old, new) = between_same_ends(from, to);
    let common = old.len().min(new.len());
    for (index, (old, new)) in old.iter().zip(new).enumerate() {
        at(path, &(head + index).to_string(), |path| diff_into(all, path, &json(old), &json(new)));
    }
    for _ in common..old.len() {
        at(path, &(head + common).to_string(), |path| all.push(remove(path)));
    }
    for (index, added) in new.iter().enumerate().skip(common) {
        at(path, &(head + index).to_string(), |path| all.push(add(path, &json(added))));
    }
    if is_longer(&all[first..], to) {
        all.truncate(first);
        let whole = to.iter().map(|element| json(element).into_owned()).collect();
        all.push(replace(path, &Value::Array(whole)));
    }
}

/// How many elements both lists begin with, and what is between those and the ones that both end with.
fn between_same_ends<'l, T: PartialEq>(from: &'l [T], to: &'l [T]) -> (usize, &'l [T], &'l [T]) {
    let shorter = from.len().min(to.len());
    let head = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    let same_tail = from.iter().rev().zip(to.iter().rev()).take(shorter - head);
    let tail = same_tail.take_while(|(from, to)| from == to).count();
    (head, &from[head..from.len() - tail], &to[head..to.len() - tail])
}

fn at(path: &mut Vec<String>, step: &str, inside: impl FnOnce(&mut Vec<String>)) {
    path.push(step.to_owned());
    inside(path);
    path.pop();
}

fn pointer(path: &[String]) -> jsonptr::PointerBuf {
    jsonptr::PointerBuf::from_tokens(path)
}

fn add(path: &[String], value: &Value) -> PatchOperation {
    PatchOperation::Add(AddOperation { path: pointer(path), value: value.clone() })
}

fn replace(path: &[String], value: &Value) -> PatchOperation {
    PatchOperation::Replace(ReplaceOperation { path: pointer(path), value: value.clone() })
}

fn remove(path: &[String]) -> PatchOperation {
    PatchOperation::Remove(RemoveOperation { path: pointer(path) })
}

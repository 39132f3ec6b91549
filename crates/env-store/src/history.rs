use std::borrow::Cow;
use std::collections::BTreeMap;

use greentic_deploy_spec::engine::{Command, EnvState};
use greentic_deploy_spec::{
    AuditEvent, Document, EnvId, Precondition, RestoreMode, Snapshot, StateEtag,
};
use json_patch::{AddOperation, Patch, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr};
use serde_json::{Map, Value};

use crate::{Committed, EnvSnapshot, EnvironmentMutations, EnvironmentReads, Request, StoreError};

/// The past of environments, as far as a store keeps it.
pub trait EnvironmentHistory: EnvironmentReads {
    /// Commits of an environment, newest first: those before `page.before`, at most `page.limit`.
    /// Also of one that was destroyed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError>;

    /// Everything as it was right after a commit.
    ///
    /// # Errors
    /// [`StoreError::GenerationNotKept`]; [`StoreError::NotFound`]; or why it cannot be read.
    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError>;

    /// What changed from one generation to another, document by document, as JSON Patch (RFC 6902).
    /// `from` may be the later one.
    ///
    /// # Errors
    /// As [`Self::at`].
    fn diff(&self, env_id: &EnvId, from: u64, to: u64) -> Result<Vec<DocumentDiff>, StoreError> {
        let (from, to) = (self.at(env_id, from)?, self.at(env_id, to)?);
        Ok(diff_of(from.state(), to.state()))
    }
}

/// Which commits are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only generations before this one; none for the newest.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

impl Default for HistoryPage {
    /// The newest 100.
    fn default() -> Self {
        Self { before: None, limit: 100 }
    }
}

/// One commit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CommitInfo {
    /// Its generation.
    pub generation: u64,
    /// The generation that it was made on.
    pub parent: u64,
    /// The environment's etag after it; none when there is none.
    pub etag: Option<StateEtag>,
    /// Who did what, when and why it was allowed.
    pub event: AuditEvent,
}

/// How one document changed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DocumentDiff {
    /// The document: `environment`, `runtime`, `trust-root`, `routing` or `answers/<slot>`.
    pub document: String,
    /// What to do to the one to get the other. A document that appears or disappears is added or
    /// removed as a whole, at the empty path.
    pub patch: Patch,
}

/// Takes changes back: the environment becomes what it was at a generation, as a new commit that
/// the engine judges like any other.
///
/// The trust root, credentials, secrets, revenue policies and lifecycles have effects that writing
/// an old document does not take back; an undo that would touch them is refused with the verb to
/// use. It is refused too when somebody commits in between.
///
/// # Errors
/// [`StoreError::Conflict`] when it is refused, else as [`EnvironmentHistory::at`] and
/// [`EnvironmentMutations::execute`].
pub fn undo<S: EnvironmentHistory + EnvironmentMutations + ?Sized>(
    store: &S,
    env_id: &EnvId,
    to_generation: u64,
    request: Request,
) -> Result<Committed, StoreError> {
    let now = store.snapshot(env_id)?;
    let command = undo_command(&store.at(env_id, to_generation)?)?;
    let expected =
        Precondition { if_match: now.etag().cloned(), expected_generation: Some(now.generation()) };
    let expected = request.expected.or(Some(expected));
    store.execute(env_id, Request { command, expected, ..request })
}

/// The command of an undo: [`undo`] puts it in place of the request's own.
pub(crate) fn undo_command(then: &EnvSnapshot) -> Result<Command, StoreError> {
    let trusted_key_ids = then
        .trust_root()
        .map_or_else(Vec::new, |root| root.keys.iter().map(|key| key.key_id.clone()).collect());
    let snapshot = Box::new(Snapshot {
        environment: then.require()?.clone(),
        runtime: then.runtime().cloned(),
        pack_answers: then.state().pack_answers.clone(),
        trusted_key_ids: Some(trusted_key_ids),
    });
    Ok(Command::Restore { mode: RestoreMode::Undo, snapshot })
}

/// Documents by name, as JSON.
pub(crate) type DocumentsByName<'s> = BTreeMap<String, Cow<'s, Value>>;

/// The documents of two states. Slot tables are large, and most changes leave them alone: then
/// they are in neither.
pub(crate) fn documents_apart<'s>(
    before: &'s EnvState,
    after: &'s EnvState,
) -> (DocumentsByName<'s>, DocumentsByName<'s>) {
    if before.routing == after.routing {
        (documents_but_routing(before), documents_but_routing(after))
    } else {
        (documents_of(before), documents_of(after))
    }
}

/// The documents of a state.
pub(crate) fn documents_of(state: &EnvState) -> DocumentsByName<'_> {
    let mut documents = documents_but_routing(state);
    let routing = state.routing.as_ref().and_then(|routing| serde_json::to_value(routing).ok());
    documents.extend(routing.map(|routing| (ROUTING.to_owned(), Cow::Owned(routing))));
    documents
}

fn documents_but_routing(state: &EnvState) -> DocumentsByName<'_> {
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

fn diff_into(all: &mut Vec<PatchOperation>, path: &mut Vec<String>, from: &Value, to: &Value) {
    match (from, to) {
        (Value::Object(from), Value::Object(to)) => diff_objects(all, path, from, to),
        (Value::Array(old), Value::Array(new)) => {
            let first = all.len();
            diff_lists(all, path, old, new);
            if is_longer(&all[first..], to) {
                all.truncate(first);
                all.push(replace(path, to));
            }
        }
        _ if from == to => {}
        _ => all.push(replace(path, to)),
    }
}

/// Whether many small steps take more room than the list that they lead to.
fn is_longer(steps: &[PatchOperation], list: &Value) -> bool {
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

fn diff_lists(all: &mut Vec<PatchOperation>, path: &mut Vec<String>, from: &[Value], to: &[Value]) {
    let shorter = from.len().min(to.len());
    let head = from.iter().zip(to).take_while(|(from, to)| from == to).count();
    let same_tail = from.iter().rev().zip(to.iter().rev()).take(shorter - head);
    let tail = same_tail.take_while(|(from, to)| from == to).count();
    let (from, to) = (&from[head..from.len() - tail], &to[head..to.len() - tail]);
    let common = from.len().min(to.len());
    for (index, (from, to)) in from.iter().zip(to).enumerate() {
        at(path, &(head + index).to_string(), |path| diff_into(all, path, from, to));
    }
    for _ in common..from.len() {
        at(path, &(head + common).to_string(), |path| all.push(remove(path)));
    }
    for (index, value) in to.iter().enumerate().skip(common) {
        at(path, &(head + index).to_string(), |path| all.push(add(path, value)));
    }
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

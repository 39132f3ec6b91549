//! Changes as people see them, and changes that are only rehearsed.

use greentic_deploy_spec::{EnvId, IdempotencyKey};
use greentic_env_store::{
    DocumentDiff, EnvironmentHistory, EnvironmentMutations, LocalFsStore, Rehearsal,
};
use serde::Serialize;
use serde_json::Value;

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Report, View};

/// A store that takes changes and has their history.
pub(crate) trait Changeable: EnvironmentMutations + EnvironmentHistory {}

impl<S: EnvironmentMutations + EnvironmentHistory + ?Sized> Changeable for S {}

/// What became of a change.
pub(crate) enum Done<T> {
    /// It is committed.
    Committed(T),
    /// It was asked what it would come to.
    Rehearsed(Rehearsed),
}

/// What a change would come to.
#[derive(Debug, Serialize)]
pub(crate) struct Rehearsed {
    environment_id: EnvId,
    dry_run: bool,
    changes: Vec<DocumentDiff>,
}

impl Rehearsed {
    pub(crate) fn new(environment_id: EnvId, changes: Vec<DocumentDiff>) -> Self {
        Self { environment_id, dry_run: true, changes }
    }
}

impl Report for Rehearsed {
    fn view(&self) -> View {
        if self.changes.is_empty() {
            return View::new().text("nothing would change");
        }
        View::new().text("this would change:").and(diff_view(&self.changes))
    }
}

/// Makes a change, or rehearses it.
pub(crate) fn carry_out<T>(
    store: &LocalFsStore,
    env_id: &EnvId,
    change: &Change,
    work: impl FnOnce(&dyn Changeable) -> Result<T, CliError>,
) -> Result<Done<T>, CliError> {
    if !change.dry_run {
        return work(store).map(Done::Committed);
    }
    let rehearsal = Rehearsal::of(store, store.ports());
    work(&rehearsal)?;
    Ok(Done::Rehearsed(Rehearsed::new(env_id.clone(), rehearsal.changes(env_id))))
}

impl Change {
    /// The key, when one was given.
    pub(crate) fn key(&self) -> Result<Option<IdempotencyKey>, CliError> {
        let key = self.idempotency_key.as_ref().map(|key| {
            IdempotencyKey::new(key.clone()).map_err(|error| CliError::Argument {
                value: key.clone(),
                expected: "idempotency key",
                how: error.to_string(),
            })
        });
        key.transpose()
    }
}

/// Differences, one line for each place.
pub(crate) fn diff_view(changes: &[DocumentDiff]) -> View {
    if changes.is_empty() {
        return View::new().text("no difference");
    }
    changes.iter().fold(View::new(), |view, diff| view.text(document_text(diff)))
}

fn document_text(diff: &DocumentDiff) -> String {
    let patch = serde_json::to_value(&diff.patch).unwrap_or_default();
    let steps = patch.as_array().map(Vec::as_slice).unwrap_or_default();
    let lines: Vec<String> = steps.iter().map(step_text).collect();
    format!("{}\n{}", diff.document, lines.join("\n"))
}

fn step_text(step: &Value) -> String {
    let text = |key: &str| step.get(key).and_then(Value::as_str).unwrap_or_default();
    let sign = match text("op") {
        "add" => '+',
        "remove" => '-',
        _ => '~',
    };
    let path = if text("path").is_empty() { "(all of it)" } else { text("path") };
    match step.get("value") {
        Some(value) => format!("  {sign} {path} = {}", shortened(&value.to_string())),
        None => format!("  {sign} {path}"),
    }
}

/// A value on one line; `--output json` has all of it.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 120;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

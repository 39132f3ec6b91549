//! What somebody else did to the files of an environment.

mod trust;

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{
    AdoptPayload, CapabilitySlot, Document, DocumentError, DocumentType, Environment,
    EnvironmentRuntime, FieldUpdate, JsonError, MAX_DOCUMENT_BYTES, SpecError, parse_json,
};
use serde_json::Value;

use crate::local::folder::Folder;
use crate::local::head::Head;
use crate::local::journal::{Files, Transaction};
use crate::local::observe::{Observations, Seen};
use crate::local::{audit, layout, projection};
use crate::{EditProblem, StoreError};

use trust::trusts_the_same;
pub(super) use trust::{read_trust_root, trust_difference};

/// A file that does not show the newest generation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Odd {
    pub(super) file: String,
    pub(super) seen: Seen,
    pub(super) verdict: Verdict,
}

/// What is to be done about such a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It shows an earlier generation that a crash may have brought back: written again, and a copy
    /// is kept.
    Lagging,
    /// A crash cut it: written again, and what is left of it is kept.
    Torn,
    /// Somebody wrote it: taken over.
    Edited,
    /// Somebody wrote what is derived from other files: derived again, and the copy is kept.
    Foreign,
    /// Somebody changed what is trusted: never taken over silently.
    Trust,
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// The files that can carry an edit: what readers need.
    Sources,
    /// All files: what writers put right.
    All,
}

/// Looks at what is in the folder. To be called before the journal is read: a file is written after
/// its commit, so that what was seen can only be as old as the journal or older.
pub(super) fn look(
    folder: &Folder,
    observations: &mut Observations,
    depth: Depth,
) -> Result<BTreeMap<String, Seen>, StoreError> {
    let mut files =
        [layout::ENVIRONMENT, layout::RUNTIME, layout::TRUST_ROOT].map(str::to_owned).to_vec();
    let answers = CapabilitySlot::ALL.iter().map(|slot| layout::answers(*slot));
    let mut seen = BTreeMap::new();
    // Most environments have no answers at all, which one look tells as well as one for each slot.
    if folder.stat(layout::ENV_PACKS)?.is_some() {
        files.extend(answers);
    } else {
        seen.extend(answers.map(|file| (file, Seen::Absent)));
    }
    if depth == Depth::All {
        files.extend([layout::RUNTIME_CONFIG, layout::ROUTING].map(str::to_owned));
        let endpoints = folder.names(layout::MESSAGING)?;
        files.extend(endpoints.iter().map(|name| format!("{}/{name}", layout::MESSAGING)));
    }
    for file in files {
        let found = observations.look(folder, &file)?;
        seen.insert(file, found);
    }
    Ok(seen)
}

/// Judges what was seen. Without a transaction there is no journal, and everything is somebody's.
pub(super) fn judge(
    folder: &Folder,
    seen: &BTreeMap<String, Seen>,
    head: &Head,
    transaction: Option<&Transaction<'_>>,
    depth: Depth,
) -> Result<Vec<Odd>, StoreError> {
    let missing = head.files.keys().filter(|file| {
        // Readers do not look at what is derived.
        depth == Depth::All && !seen.contains_key(*file)
    });
    let missing = missing.map(|file| (file, &Seen::Absent));
    let mut all = Vec::new();
    for (file, seen) in seen.iter().chain(missing) {
        if seen.digest() == head.files.get(file).map(String::as_str) && !seen.is_unreadable() {
            continue;
        }
        let verdict = verdict(folder, file, seen, head, transaction)?;
        all.push(Odd { file: file.clone(), seen: seen.clone(), verdict });
    }
    Ok(all)
}

fn verdict(
    folder: &Folder,
    file: &str,
    seen: &Seen,
    head: &Head,
    transaction: Option<&Transaction<'_>>,
) -> Result<Verdict, StoreError> {
    if let Some(transaction) = transaction {
        // The audit line of a commit is written after such files are there and safe on the disk.
        let gone = *seen == Seen::Absent && layout::may_be_deleted(file);
        let deleted = gone && audit::tells_of(folder, transaction, head)?;
        if !deleted && was_superseded(transaction, head, file, seen)? {
            return Ok(Verdict::Lagging);
        }
        // An environment is removed by a verb; a file that vanished is no wish.
        if file == layout::ENVIRONMENT && *seen == Seen::Absent {
            return Ok(Verdict::Lagging);
        }
        if is_torn(folder, file, seen)? {
            return Ok(Verdict::Torn);
        }
    }
    Ok(match origin(file) {
        Origin::Source => Verdict::Edited,
        // In other words, the same keys are no decision about trust.
        Origin::Trust if transaction.is_some() && trusts_the_same(folder, seen, head) => {
            Verdict::Foreign
        }
        Origin::Trust => Verdict::Trust,
        Origin::Derived if *seen == Seen::Absent => Verdict::Lagging,
        Origin::Derived => Verdict::Foreign,
    })
}

/// Where the truth about a file is.
enum Origin {
    /// In the file, as far as other tools are concerned.
    Source,
    /// In other files.
    Derived,
    /// In the file, but nobody is trusted because of it.
    Trust,
}

fn origin(file: &str) -> Origin {
    match file {
        layout::TRUST_ROOT => Origin::Trust,
        layout::RUNTIME_CONFIG | layout::ROUTING => Origin::Derived,
        file if file.starts_with(layout::MESSAGING) => Origin::Derived,
        _ => Origin::Source,
    }
}

/// Whether a file showed this since files were last made safe on the disk: then a crash may have
/// brought it back.
fn was_superseded(
    transaction: &Transaction<'_>,
    head: &Head,
    file: &str,
    seen: &Seen,
) -> Result<bool, StoreError> {
    if seen.is_unreadable() {
        return Ok(false);
    }
    let mut shown = None;
    let mut found = false;
    let from = transaction.base_of(head.settled.generation.max(1))?.unwrap_or(1);
    transaction.each(from, head.generation(), |row| {
        let files: Files = transaction.parse(&row.files)?;
        if row.generation > head.settled.generation {
            // What it showed until this commit.
            found |= shown.as_deref() == seen.digest();
        }
        if row.whole || files.contains_key(file) {
            shown = files.get(file).cloned().flatten();
        }
        Ok(())
    })?;
    Ok(found)
}

/// Whether a crash may have cut a file: it is empty, has blocks that were never written, or ends in
/// the middle.
fn is_torn(folder: &Folder, file: &str, seen: &Seen) -> Result<bool, StoreError> {
    if seen.digest().is_none() {
        return Ok(false);
    }
    let Some(bytes) = folder.read(file)? else { return Ok(false) };
    if bytes.iter().all(u8::is_ascii_whitespace) || bytes.contains(&0) {
        return Ok(true);
    }
    let cut = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes);
    Ok(cut.is_err_and(|error| error.is_eof()))
}

/// What the files that somebody wrote come to.
pub(super) fn adoption(folder: &Folder, odd: &[Odd]) -> Result<Option<AdoptPayload>, StoreError> {
    let mut payload = AdoptPayload::default();
    for odd in odd.iter().filter(|odd| odd.verdict == Verdict::Edited) {
        adopt_one(folder, odd, &mut payload)?;
    }
    Ok((payload != AdoptPayload::default()).then_some(payload))
}

fn adopt_one(folder: &Folder, odd: &Odd, payload: &mut AdoptPayload) -> Result<(), StoreError> {
    match odd.file.as_str() {
        layout::ENVIRONMENT => payload.environment = read_environment(folder, &odd.seen)?,
        layout::RUNTIME => {
            payload.runtime = update(read_runtime(folder, odd)?);
        }
        file => {
            let slot = CapabilitySlot::ALL.iter().find(|slot| layout::answers(**slot) == file);
            if let Some(slot) = slot {
                payload.pack_answers.insert(*slot, update(read_value(folder, odd)?));
            }
        }
    }
    Ok(())
}

fn update<T>(found: Option<T>) -> FieldUpdate<T> {
    found.map_or(FieldUpdate::Clear, FieldUpdate::Set)
}

fn problem(folder: &Folder, file: &str, problem: EditProblem) -> StoreError {
    StoreError::ExternalEdit { path: folder.at(file), problem: Box::new(problem) }
}

fn too_large(size: u64) -> EditProblem {
    let actual = usize::try_from(size).unwrap_or(usize::MAX);
    let error = JsonError::TooLarge { actual, limit: MAX_DOCUMENT_BYTES };
    EditProblem::Document(error.into())
}

fn read_value(folder: &Folder, odd: &Odd) -> Result<Option<Value>, StoreError> {
    let unreadable = match odd.seen {
        Seen::NotAFile => Some(EditProblem::NotAFile),
        Seen::TooLarge(size) => Some(too_large(size)),
        _ => None,
    };
    if let Some(unreadable) = unreadable {
        return Err(problem(folder, &odd.file, unreadable));
    }
    let Some(bytes) = folder.read(&odd.file)? else { return Ok(None) };
    parse_json(&bytes).map(Some).map_err(|error: JsonError| {
        problem(folder, &odd.file, EditProblem::Document(DocumentError::from(error)))
    })
}

fn read_document<T: DocumentType>(
    folder: &Folder,
    odd: &Odd,
) -> Result<Option<Document<T>>, StoreError> {
    let document = read_value(folder, odd)?.map(Document::from_value).transpose();
    document.map_err(|error| problem(folder, &odd.file, EditProblem::Document(error)))
}

/// Reads what a deployer discovered, which has to be about this environment.
fn read_runtime(
    folder: &Folder,
    odd: &Odd,
) -> Result<Option<Document<EnvironmentRuntime>>, StoreError> {
    let Some(document) = read_document::<EnvironmentRuntime>(folder, odd)? else { return Ok(None) };
    let belongs = document.check_belongs_to(&folder.env_id);
    belongs.map_err(|error| problem(folder, &odd.file, EditProblem::Rule(error)))?;
    Ok(Some(document))
}

/// Reads the environment and checks it as the public tools do when they load it.
fn read_environment(
    folder: &Folder,
    seen: &Seen,
) -> Result<Option<Document<Environment>>, StoreError> {
    let file = layout::ENVIRONMENT;
    let odd = Odd { file: file.to_owned(), seen: seen.clone(), verdict: Verdict::Edited };
    let Some(document) = read_document::<Environment>(folder, &odd)? else { return Ok(None) };
    if document.environment_id != folder.env_id {
        let (expected, actual) = (folder.env_id.clone(), document.environment_id.clone());
        let error = SpecError::EnvIdMismatch { context: "environment", expected, actual };
        return Err(problem(folder, file, EditProblem::Rule(error)));
    }
    document.validate().map_err(|error| problem(folder, file, EditProblem::Rule(error)))?;
    Ok(Some(document))
}

/// The contents of odd files as the state has them. What is trusted is left alone.
pub(super) fn restore(odd: &[Odd], state: &EnvState) -> Result<projection::Contents, StoreError> {
    let odd = odd.iter().filter(|odd| odd.verdict != Verdict::Trust);
    let files: Vec<&String> = odd.map(|odd| &odd.file).collect();
    if files.is_empty() {
        return Ok(projection::Contents::new());
    }
    let mut all = projection::render(None, state)?;
    // What must not be there is not in the rendering of everything.
    Ok(files.into_iter().map(|file| (file.clone(), all.remove(file).flatten())).collect())
}

//! Verbs that write whole documents.

use std::collections::HashSet;

use serde_json::Value;

use super::undo;
use crate::document::{Document, DocumentType, carry_unknown};
use crate::documents::{
    DRAINING_SINCE, Environment, EnvironmentRuntime, Revision, RevisionLifecycle,
};
use crate::engine::draft::{Draft, to_value};
use crate::engine::{Outcome, Rejection};
use crate::payloads::{AdoptPayload, FieldUpdate, RestoreMode, Snapshot};
use crate::{CapabilitySlot, EnvId, RevisionId, SpecError};

fn check_env_id(context: &'static str, expected: &EnvId, actual: &EnvId) -> Result<(), Rejection> {
    if actual == expected {
        Ok(())
    } else {
        let (expected, actual) = (expected.clone(), actual.clone());
        Err(SpecError::EnvIdMismatch { context, expected, actual }.into())
    }
}

/// A document that is written over another one: its own keys, and the recorded unknown ones.
fn written<T: DocumentType + Clone>(
    recorded: Option<&Document<T>>,
    document: &Document<T>,
) -> Result<Document<T>, Rejection> {
    let Some(recorded) = recorded else { return Ok(document.clone()) };
    let merged = recorded.with(document.typed().clone())?;
    let mut raw = merged.into_raw();
    carry_unknown(&mut raw, &to_value(document.typed())?, document.raw());
    Ok(Document::from_value(raw)?)
}

/// Keeps the note of when a drain began only where that same drain goes on.
fn forget_ended_drains(before: Option<&Document<Environment>>, after: &mut Document<Environment>) {
    let draining = |env: &Environment| -> HashSet<RevisionId> {
        let drains = |r: &&Revision| r.lifecycle == RevisionLifecycle::Draining;
        env.revisions.iter().filter(drains).map(|r| r.revision_id).collect()
    };
    let going_on: HashSet<_> = match before {
        Some(before) => draining(before).intersection(&draining(after)).copied().collect(),
        None => HashSet::new(),
    };
    let (typed, raw) = after.views_mut();
    let Some(list) = raw.get_mut("revisions").and_then(Value::as_array_mut) else { return };
    for (revision, raw) in typed.revisions.iter().zip(list) {
        if let Some(raw) = raw.as_object_mut()
            && !going_on.contains(&revision.revision_id)
        {
            raw.remove(DRAINING_SINCE);
        }
    }
}

pub(super) fn replace(
    draft: &mut Draft<'_>,
    document: &Document<Environment>,
) -> Result<Outcome, Rejection> {
    check_env_id("environment", draft.env_id(), &document.environment_id)?;
    let recorded = draft.state.environment.as_ref();
    let mut written = written(recorded, document)?;
    forget_ended_drains(recorded, &mut written);
    draft.set_environment(written);
    Ok(Outcome::Environment)
}

pub(super) fn save_runtime(
    draft: &mut Draft<'_>,
    document: &Document<EnvironmentRuntime>,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    document.check_belongs_to(draft.env_id())?;
    draft.state.runtime = Some(written(draft.state.runtime.as_ref(), document)?);
    Ok(Outcome::Done)
}

pub(super) fn save_answers(
    draft: &mut Draft<'_>,
    slot: CapabilitySlot,
    answers: Value,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    draft.state.pack_answers.insert(slot, answers);
    Ok(Outcome::Done)
}

pub(super) fn delete_answers(
    draft: &mut Draft<'_>,
    slot: CapabilitySlot,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    draft.state.pack_answers.remove(&slot);
    Ok(Outcome::Done)
}

/// The trust root is no part of a snapshot and stays as it is.
pub(super) fn restore(
    draft: &mut Draft<'_>,
    mode: RestoreMode,
    snapshot: &Snapshot,
) -> Result<Outcome, Rejection> {
    let env_id = draft.env_id();
    check_env_id("snapshot", env_id, &snapshot.environment.environment_id)?;
    if let Some(runtime) = &snapshot.runtime {
        runtime.check_belongs_to(env_id)?;
    }
    let mut environment = snapshot.environment.clone();
    match mode {
        RestoreMode::Backup => {
            draft.env()?;
        }
        RestoreMode::Import => {
            if draft.state.environment.is_some() {
                return Err(Rejection::EnvironmentExists { env_id: env_id.clone() });
            }
        }
        RestoreMode::Undo => {
            undo::check(draft.env()?, &snapshot.environment)?;
            undo::check_trust_root(draft.state.trust_root.as_ref(), snapshot)?;
            undo::count_on(draft.document()?, &mut environment)?;
        }
    }
    draft.set_environment(environment);
    draft.state.runtime.clone_from(&snapshot.runtime);
    draft.state.pack_answers.clone_from(&snapshot.pack_answers);
    Ok(Outcome::Environment)
}

pub(super) fn adopt(draft: &mut Draft<'_>, payload: &AdoptPayload) -> Result<Outcome, Rejection> {
    let env_id = draft.env_id();
    if let Some(environment) = &payload.environment {
        check_env_id("environment", env_id, &environment.environment_id)?;
        draft.set_environment(environment.clone());
    }
    draft.env()?;
    if let FieldUpdate::Set(runtime) = &payload.runtime {
        runtime.check_belongs_to(env_id)?;
    }
    payload.runtime.clone().apply_to(&mut draft.state.runtime);
    for (slot, answers) in &payload.pack_answers {
        match answers {
            FieldUpdate::Keep => {}
            FieldUpdate::Set(answers) => {
                draft.state.pack_answers.insert(*slot, answers.clone());
            }
            FieldUpdate::Clear => drop(draft.state.pack_answers.remove(slot)),
        }
    }
    Ok(Outcome::Environment)
}

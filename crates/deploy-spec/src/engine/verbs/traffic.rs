use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::Value;

use crate::document::{Document, typed_view};
use crate::documents::{
    MAX_SPLIT_ENTRIES, NEXT_SPLIT_GENERATION, TrafficSplit, TrafficSplitEntry, UpdateStamp,
};
use crate::engine::draft::{Draft, Place, to_value};
use crate::engine::{Counted, Event, Outcome, Rejection};
use crate::payloads::{DEFAULT_AUTHORIZATION_REF, SetTrafficSplitPayload};
use crate::stash::{load_inline, stash_inline};
use crate::{DeploymentId, RevisionId, SchemaVersion};

pub(super) fn set(
    draft: &mut Draft<'_>,
    payload: &Document<SetTrafficSplitPayload>,
) -> Result<Outcome, Rejection> {
    let deployment_id = payload.deployment_id;
    let env = draft.env()?;
    let deployment = env.deployment(deployment_id).ok_or_else(|| {
        Rejection::DeploymentNotFound { env_id: draft.env_id().clone(), deployment_id }
    })?;
    check_entries(draft, deployment_id, &payload.entries)?;
    check_ready(draft, &payload.entries)?;
    let current = env.split_of(deployment_id);
    let split = TrafficSplit {
        schema: SchemaVersion::from(TrafficSplit::schema_str()),
        env_id: draft.env_id().clone(),
        deployment_id,
        bundle_id: deployment.bundle_id.clone(),
        generation: match current {
            Some(current) => next_generation(current)?,
            None => draft.document()?.next_split_generation(deployment_id).unwrap_or(0),
        },
        entries: payload.entries.clone(),
        updated_at: draft.now(),
        updated_by: UpdateStamp::parse(&payload.updated_by).who.to_owned(),
        idempotency_key: draft.context.key.to_string(),
        authorization_ref: authorization_ref(payload),
        previous_split_ref: way_back(draft, payload)?,
    };
    split.validate()?;
    let previous_generation = current.map(|split| split.generation);
    let new_generation = Some(split.generation);
    put(draft, split.clone())?;
    draft.carry(Place::Split(deployment_id), payload)?;
    Ok(Outcome::SplitSet { split, previous_generation, new_generation })
}

fn authorization_ref(payload: &SetTrafficSplitPayload) -> PathBuf {
    let given = payload.authorization_ref.as_deref();
    PathBuf::from(given.unwrap_or(DEFAULT_AUTHORIZATION_REF))
}

pub(super) fn next_generation(split: &TrafficSplit) -> Result<u64, Rejection> {
    split
        .generation
        .checked_add(1)
        .ok_or(Rejection::CounterOverflow { of: Counted::Split(split.deployment_id) })
}

/// Every revision is recorded, of this deployment, and named once.
fn check_entries(
    draft: &Draft<'_>,
    deployment_id: DeploymentId,
    entries: &[TrafficSplitEntry],
) -> Result<(), Rejection> {
    let (actual, limit) = (entries.len(), MAX_SPLIT_ENTRIES);
    if actual > limit {
        return Err(Rejection::TooManySplitEntries { actual, limit });
    }
    let mut seen = HashSet::new();
    for TrafficSplitEntry { revision_id, .. } in entries {
        let revision_id = *revision_id;
        let env_id = draft.env_id().clone();
        let revision = draft
            .env()?
            .revision(revision_id)
            .ok_or(Rejection::RevisionNotFound { env_id, revision_id })?;
        if revision.deployment_id != deployment_id {
            return Err(Rejection::WrongDeployment {
                revision_id,
                actual: revision.deployment_id,
                expected: deployment_id,
            });
        }
        if !seen.insert(revision_id) {
            return Err(Rejection::DuplicateSplitEntry { revision_id });
        }
    }
    Ok(())
}

/// Every revision may take traffic. Those without weight as well, since the split admits them.
pub(super) fn check_ready(
    draft: &Draft<'_>,
    entries: &[TrafficSplitEntry],
) -> Result<(), Rejection> {
    for TrafficSplitEntry { revision_id, .. } in entries {
        let revision_id = *revision_id;
        let env_id = draft.env_id().clone();
        let revision = draft
            .env()?
            .revision(revision_id)
            .ok_or(Rejection::AdmissionRevisionMissing { env_id, revision_id })?;
        let lifecycle = revision.lifecycle;
        if !lifecycle.admits_traffic() {
            return Err(Rejection::NotReady { revision_id, lifecycle });
        }
    }
    Ok(())
}

/// What a rollback of the new split restores. Shares that are set again are no step: the way back from them stays what it
/// was.
fn way_back(
    draft: &Draft<'_>,
    payload: &SetTrafficSplitPayload,
) -> Result<Option<PathBuf>, Rejection> {
    let deployment_id = payload.deployment_id;
    Ok(match draft.env()?.split_of(deployment_id) {
        Some(current) if are_same_shares(&current.entries, &payload.entries) => {
            current.previous_split_ref.clone()
        }
        _ => stash_of(draft, deployment_id),
    })
}

/// Whether entries that name each revision once are the same, in whatever order.
fn are_same_shares(left: &[TrafficSplitEntry], right: &[TrafficSplitEntry]) -> bool {
    left.len() == right.len() && left.iter().all(|entry| right.contains(entry))
}

/// The split as it is, as a stash without the stash in it.
fn stash_of(draft: &Draft<'_>, deployment_id: DeploymentId) -> Option<PathBuf> {
    let mut current = draft.raw(&Place::Split(deployment_id))?.clone();
    if let Some(map) = current.as_object_mut() {
        map.remove("previous_split_ref");
    }
    Some(stash_inline(&current))
}

/// Makes a split the only one of its deployment, in the place of the first.
fn put(draft: &mut Draft<'_>, split: TrafficSplit) -> Result<(), Rejection> {
    let deployment_id = split.deployment_id;
    let generation = split.generation;
    let mut current = Vec::new();
    for entry in &split.entries {
        if !current.contains(&entry.revision_id) {
            current.push(entry.revision_id);
        }
    }
    let splits = &mut draft.env_mut()?.traffic_splits;
    match splits.iter().position(|split| split.deployment_id == deployment_id) {
        None => splits.push(split),
        Some(first) => {
            splits[first] = split;
            let mut at = 0;
            splits.retain(|split| {
                at += 1;
                split.deployment_id != deployment_id || at - 1 == first
            });
        }
    }
    set_current_revisions(draft, deployment_id, current)?;
    draft.set_key(Place::Deployment(deployment_id), NEXT_SPLIT_GENERATION, None);
    draft.event(Event::TrafficSplitApplied { deployment_id, generation });
    Ok(())
}

fn set_current_revisions(
    draft: &mut Draft<'_>,
    deployment_id: DeploymentId,
    revisions: Vec<RevisionId>,
) -> Result<(), Rejection> {
    let bundles = &mut draft.env_mut()?.bundles;
    if let Some(bundle) = bundles.iter_mut().find(|b| b.deployment_id == deployment_id) {
        bundle.current_revisions = revisions;
    }
    Ok(())
}

fn current_split<'d>(
    draft: &'d Draft<'_>,
    deployment_id: DeploymentId,
) -> Result<&'d TrafficSplit, Rejection> {
    let env_id = draft.env_id().clone();
    draft.env()?.split_of(deployment_id).ok_or(Rejection::SplitNotFound { env_id, deployment_id })
}

pub(super) fn rollback(
    draft: &mut Draft<'_>,
    deployment_id: DeploymentId,
) -> Result<Outcome, Rejection> {
    let current = current_split(draft, deployment_id)?;
    let (raw, stashed) = stashed_split(current)?;
    check_belongs(current, &stashed)?;
    let previous_generation = current.generation;
    let new_generation = next_generation(current)?;
    let restored = TrafficSplit {
        generation: new_generation,
        previous_split_ref: None,
        updated_at: draft.now(),
        idempotency_key: format!("rollback-{}", current.idempotency_key),
        ..stashed.clone()
    };
    restored.validate()?;
    check_ready(draft, &restored.entries)?;
    put(draft, restored.clone())?;
    draft.carry_value(Place::Split(deployment_id), to_value(&stashed)?, raw);
    Ok(Outcome::SplitRolledBack { restored, previous_generation, new_generation })
}

fn unreadable(deployment_id: DeploymentId, detail: String) -> Rejection {
    Rejection::StashUnreadable { of: Counted::Split(deployment_id), detail }
}

fn stashed_split(current: &TrafficSplit) -> Result<(Value, TrafficSplit), Rejection> {
    let deployment_id = current.deployment_id;
    let previous =
        current.previous_split_ref.as_ref().ok_or(Rejection::NoPreviousSplit { deployment_id })?;
    let raw = load_inline(previous)
        .ok_or_else(|| unreadable(deployment_id, "it is not kept inline, or damaged".to_owned()))?;
    let typed = typed_view::<TrafficSplit>(&raw)
        .map_err(|error| unreadable(deployment_id, error.to_string()))?;
    Ok((raw, typed))
}

fn check_belongs(current: &TrafficSplit, stashed: &TrafficSplit) -> Result<(), Rejection> {
    let same = stashed.env_id == current.env_id
        && stashed.deployment_id == current.deployment_id
        && stashed.bundle_id == current.bundle_id;
    if same {
        Ok(())
    } else {
        Err(unreadable(current.deployment_id, "it belongs to another deployment".to_owned()))
    }
}

pub(super) fn clear(
    draft: &mut Draft<'_>,
    deployment_id: DeploymentId,
) -> Result<Outcome, Rejection> {
    let cleared = current_split(draft, deployment_id)?.clone();
    draft.env_mut()?.traffic_splits.retain(|split| split.deployment_id != deployment_id);
    set_current_revisions(draft, deployment_id, Vec::new())?;
    // A counter at its end begins again.
    let next = cleared.generation.checked_add(1).map(Value::from);
    draft.set_key(Place::Deployment(deployment_id), NEXT_SPLIT_GENERATION, next);
    draft.event(Event::TrafficSplitCleared { deployment_id });
    Ok(Outcome::SplitCleared { cleared })
}

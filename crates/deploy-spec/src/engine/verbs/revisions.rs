use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::document::Document;
use crate::documents::{DRAINING_SINCE, Revision, RevisionLifecycle, is_valid_transition};
use crate::engine::draft::{Draft, Place};
use crate::engine::{ActiveSplitRef, Counted, Event, Outcome, Rejection};
use crate::payloads::{DrainReport, HealthGateFailure, StageRevisionPayload, WarmRevisionPayload};
use crate::{RevisionId, SchemaVersion};

use RevisionLifecycle::{Archived, Draining, Failed, Inactive, Ready, Staged, Warming};

pub(super) fn stage(
    draft: &mut Draft<'_>,
    payload: &Document<StageRevisionPayload>,
) -> Result<Outcome, Rejection> {
    let env_id = draft.env_id();
    let env = draft.env()?;
    let revision_id = payload.revision_id;
    if env.revision(revision_id).is_some() {
        return Err(Rejection::RevisionExists { env_id: env_id.clone(), revision_id });
    }
    let deployment_id = payload.deployment_id;
    let deployment = env
        .deployment(deployment_id)
        .ok_or_else(|| Rejection::DeploymentNotFound { env_id: env_id.clone(), deployment_id })?;
    for pack in &payload.pack_list {
        pack.pack_id.check_segment()?;
    }
    let revision = Revision {
        schema: SchemaVersion::from(Revision::schema_str()),
        revision_id,
        env_id: env_id.clone(),
        bundle_id: deployment.bundle_id.clone(),
        deployment_id,
        sequence: next_sequence(&env.revisions, payload)?,
        created_at: draft.now(),
        bundle_digest: payload.bundle_digest.clone(),
        bundle_source_uri: payload.bundle_source_uri.clone(),
        pack_list: payload.pack_list.clone(),
        pack_list_lock_ref: payload.pack_list_lock_ref.clone(),
        pack_config_refs: payload.pack_config_refs.clone(),
        config_digest: payload.config_digest.clone(),
        signature_sidecar_ref: payload.signature_sidecar_ref.clone(),
        lifecycle: Staged,
        staged_at: Some(draft.now()),
        warmed_at: None,
        drain_seconds: payload.drain_seconds,
        abort_metrics: Vec::new(),
    };
    draft.env_mut()?.revisions.push(revision.clone());
    draft.carry(Place::Revision(revision_id), payload)?;
    draft.event(Event::RevisionStaged { revision_id, deployment_id });
    Ok(Outcome::Staged(revision))
}

fn next_sequence(revisions: &[Revision], payload: &StageRevisionPayload) -> Result<u64, Rejection> {
    let siblings = revisions.iter().filter(|r| r.deployment_id == payload.deployment_id);
    let highest = siblings.map(|r| r.sequence).max().unwrap_or(0);
    highest
        .checked_add(1)
        .ok_or(Rejection::CounterOverflow { of: Counted::Revisions(payload.deployment_id) })
}

fn revision<'d>(draft: &'d Draft<'_>, revision_id: RevisionId) -> Result<&'d Revision, Rejection> {
    let env_id = draft.env_id().clone();
    draft.env()?.revision(revision_id).ok_or(Rejection::RevisionNotFound { env_id, revision_id })
}

/// Takes a revision one step on and lets `change` adjust the rest of it.
fn step(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
    to: RevisionLifecycle,
    change: impl FnOnce(&mut Revision),
) -> Result<(), Rejection> {
    let env = draft.env_mut()?;
    let Some(revision) = env.revisions.iter_mut().find(|r| r.revision_id == revision_id) else {
        return Ok(());
    };
    let from = revision.lifecycle;
    if !is_valid_transition(from, to) {
        return Err(crate::SpecError::InvalidLifecycleTransition { from, to }.into());
    }
    revision.lifecycle = to;
    change(revision);
    if from == Draining {
        draft.set_key(Place::Revision(revision_id), DRAINING_SINCE, None);
    }
    Ok(())
}

fn transition(
    draft: &Draft<'_>,
    revision_id: RevisionId,
    starting_lifecycle: RevisionLifecycle,
) -> Result<Outcome, Rejection> {
    let revision = revision(draft, revision_id)?.clone();
    Ok(Outcome::Transition { revision, starting_lifecycle })
}

fn conflict(
    revision_id: RevisionId,
    actual: RevisionLifecycle,
    expected: &[RevisionLifecycle],
) -> Rejection {
    Rejection::LifecycleConflict { revision_id, actual, expected: expected.to_vec() }
}

pub(super) fn begin_warm(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
) -> Result<Outcome, Rejection> {
    let from = revision(draft, revision_id)?.lifecycle;
    match from {
        Warming => {}
        Staged => {
            step(draft, revision_id, Warming, |_| {})?;
            draft.event(Event::RevisionWarming { revision_id });
        }
        actual => return Err(conflict(revision_id, actual, &[Staged])),
    }
    transition(draft, revision_id, from)
}

pub(super) fn warm(
    draft: &mut Draft<'_>,
    payload: &WarmRevisionPayload,
) -> Result<Outcome, Rejection> {
    let revision_id = payload.revision_id;
    let from = revision(draft, revision_id)?.lifecycle;
    let now = draft.now();
    if from == Ready {
        restamp(draft, revision_id, now)?;
        return transition(draft, revision_id, from);
    }
    if from != payload.expected_lifecycle {
        return Err(conflict(revision_id, from, &[payload.expected_lifecycle]));
    }
    match from {
        Staged => step(draft, revision_id, Warming, |_| {})?,
        Warming => {}
        actual => return Err(conflict(revision_id, actual, &[Staged, Warming])),
    }
    match &payload.health_gate {
        Err(failure) => fail(draft, revision_id, failure),
        Ok(()) => {
            step(draft, revision_id, Ready, |revision| revision.warmed_at = Some(now))?;
            draft.event(Event::HealthGatePassed { revision_id });
            draft.event(Event::RevisionWarmed { revision_id });
            transition(draft, revision_id, from)
        }
    }
}

/// A revision that is ready and warmed again notes when.
fn restamp(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
    now: DateTime<Utc>,
) -> Result<(), Rejection> {
    let env = draft.env_mut()?;
    if let Some(revision) = env.revisions.iter_mut().find(|r| r.revision_id == revision_id) {
        revision.warmed_at = Some(now);
    }
    Ok(())
}

fn fail(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
    failure: &HealthGateFailure,
) -> Result<Outcome, Rejection> {
    step(draft, revision_id, Failed, |_| {})?;
    let failed_checks = failure.failed_checks.clone();
    draft.event(Event::HealthGateFailed { revision_id, failed_checks: failed_checks.clone() });
    Ok(Outcome::HealthGateFailed { revision_id, failed_checks, message: failure.message.clone() })
}

/// The splits that name a revision with at least this weight.
fn splits_with(
    draft: &Draft<'_>,
    revision_id: RevisionId,
    least_weight: u32,
) -> Result<Vec<ActiveSplitRef>, Rejection> {
    let named = |split: &crate::TrafficSplit| {
        let entry = split
            .entries
            .iter()
            .filter(|entry| entry.weight_bps >= least_weight)
            .find(|entry| entry.revision_id == revision_id)?;
        Some(ActiveSplitRef {
            deployment_id: split.deployment_id,
            bundle_id: split.bundle_id.clone(),
            weight_bps: entry.weight_bps,
        })
    };
    Ok(draft.env()?.traffic_splits.iter().filter_map(named).collect())
}

fn refuse_traffic(
    draft: &Draft<'_>,
    revision_id: RevisionId,
    least_weight: u32,
) -> Result<(), Rejection> {
    let splits = splits_with(draft, revision_id, least_weight)?;
    if splits.is_empty() {
        Ok(())
    } else {
        Err(Rejection::RevisionHasTraffic { revision_id, splits })
    }
}

fn deadline(since: DateTime<Utc>, revision: &Revision) -> DateTime<Utc> {
    let allowed = TimeDelta::seconds(i64::from(revision.drain_seconds));
    since.checked_add_signed(allowed).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

pub(super) fn drain(draft: &mut Draft<'_>, revision_id: RevisionId) -> Result<Outcome, Rejection> {
    let before = revision(draft, revision_id)?;
    let (from, deadline) = (before.lifecycle, deadline(draft.now(), before));
    match from {
        Draining => {}
        Ready => {
            refuse_traffic(draft, revision_id, 1)?;
            step(draft, revision_id, Draining, |_| {})?;
            let since = json!(draft.now());
            draft.set_key(Place::Revision(revision_id), DRAINING_SINCE, Some(since));
            draft.event(Event::RevisionDraining { revision_id, deadline });
        }
        actual => return Err(conflict(revision_id, actual, &[Ready])),
    }
    transition(draft, revision_id, from)
}

pub(super) fn finish_drain(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
    report: DrainReport,
) -> Result<Outcome, Rejection> {
    let before = revision(draft, revision_id)?;
    let from = before.lifecycle;
    match from {
        Inactive => {}
        Draining => {
            let since = draft.document()?.draining_since(revision_id);
            let deadline = since.map(|since| deadline(since, before));
            let passed = deadline.is_some_and(|deadline| draft.now() >= deadline);
            if !report.is_settled() && !passed {
                return Err(Rejection::DrainNotFinished { revision_id, report, deadline });
            }
            step(draft, revision_id, Inactive, |_| {})?;
            draft.event(Event::RevisionDrained { revision_id, report });
        }
        actual => return Err(conflict(revision_id, actual, &[Draining])),
    }
    transition(draft, revision_id, from)
}

pub(super) fn archive(
    draft: &mut Draft<'_>,
    revision_id: RevisionId,
) -> Result<Outcome, Rejection> {
    let from = revision(draft, revision_id)?.lifecycle;
    if from != Archived {
        refuse_traffic(draft, revision_id, 0)?;
        if from == Draining {
            step(draft, revision_id, Inactive, |_| {})?;
            draft.event(Event::RevisionEvicted { revision_id });
        }
        step(draft, revision_id, Archived, |_| {})?;
        for bundle in &mut draft.env_mut()?.bundles {
            bundle.current_revisions.retain(|id| *id != revision_id);
        }
        draft.event(Event::RevisionArchived { revision_id });
    }
    transition(draft, revision_id, from)
}

pub(super) fn retry(draft: &mut Draft<'_>, revision_id: RevisionId) -> Result<Outcome, Rejection> {
    let from = revision(draft, revision_id)?.lifecycle;
    let now = draft.now();
    match from {
        Staged => {}
        Failed | Inactive => {
            step(draft, revision_id, Staged, |revision| {
                revision.staged_at = Some(now);
                revision.warmed_at = None;
            })?;
            draft.event(Event::RevisionRetried { revision_id });
        }
        actual => return Err(conflict(revision_id, actual, &[Failed, Inactive])),
    }
    transition(draft, revision_id, from)
}

use std::collections::BTreeSet;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{DeploymentId, EnvId, IdempotencyKey, Precondition};
use greentic_env_store::{DocumentDiff, EnvSnapshot, HistoryPage, Request, undo};
use serde::Serialize;

use super::splits::{again_by_set, check_files_after, moved};
use crate::operator::Run;
use crate::provider::{Follow, Provider};
use crate::{Mode, OpError, Operator, Report, TrafficSummary};

/// Changes that are taken back.
#[derive(Clone, Debug)]
pub struct UndoRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The generation to go back to. When not given, the newest change is taken back: the newest
    /// generation, or an edit by hand that none records yet.
    pub to: Option<u64>,
    /// Names the request.
    pub key: Option<IdempotencyKey>,
}

/// An environment that is as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Undone {
    /// The environment.
    pub environment_id: EnvId,
    /// The generation that it is like.
    pub back_to: u64,
    /// The generation that records this.
    pub generation: u64,
    /// What changed by it; nothing for a dry run, whose report has it.
    pub changes: Vec<DocumentDiff>,
}

impl Operator {
    /// Takes changes of an environment back, as a new change; see [`undo`]. The provider follows where traffic changes by it.
    ///
    /// Sent again under its key, it is not carried out again, whatever came after it.
    ///
    /// # Errors
    /// [`OpError::NoPast`]; [`OpError::Files`] as [`Self::set_traffic`]; why the engine refuses it; [`OpError::Provider`] when the
    /// provider did not follow.
    pub fn undo(&self, request: &UndoRequest, mode: Mode) -> Result<Report<Undone>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let earlier = match &request.key {
                Some(key) => run.carried_out(key)?,
                None => None,
            };
            let now = run.snapshot()?;
            let back_to = target(run, request, earlier, &now)?;
            let asked = || {
                let mut asked = Request::new(Command::Batch(Vec::new()));
                asked.key.clone_from(&request.key);
                asked.expected = Some(pin(&now));
                asked
            };
            // What was carried out already gives no more traffic to anything.
            if earlier.is_none() {
                check_files_after(run, |rehearsal| undo(rehearsal, run.env_id, back_to, asked()))?;
            }
            let committed =
                run.record("env.undo", |store| undo(store, run.env_id, back_to, asked()))?;
            let generation = committed.after.generation();
            // The commit before may have taken an edit by hand over.
            let before = match mode {
                Mode::Commit => run.store.at(run.env_id, parent(generation))?,
                Mode::DryRun => now,
            };
            follow(run, &moved(&before, &committed.after)?)?;
            let changes = match mode {
                Mode::Commit => run.store.diff(run.env_id, parent(generation), generation)?,
                Mode::DryRun => Vec::new(),
            };
            Ok(Undone { environment_id: run.env_id.clone(), back_to, generation, changes })
        })
    }
}

/// The generation before one.
///
/// # Errors
/// [`OpError::NoPast`].
pub fn generation_before(env_id: &EnvId, generation: u64) -> Result<u64, OpError> {
    match generation {
        0 | 1 => Err(OpError::NoPast { env_id: env_id.clone(), generation }),
        _ => Ok(parent(generation)),
    }
}

fn parent(generation: u64) -> u64 {
    generation.saturating_sub(1)
}

/// The generation to go back to. A request that was carried out already went back from the one that it found.
fn target(
    run: &Run<'_>,
    request: &UndoRequest,
    earlier: Option<u64>,
    now: &EnvSnapshot,
) -> Result<u64, OpError> {
    match (request.to, earlier) {
        (Some(to), _) => Ok(to),
        (None, Some(generation)) => generation_before(run.env_id, found_by(run, generation)?),
        (None, None) if is_edited(run, now)? => Ok(now.generation()),
        (None, None) => generation_before(run.env_id, now.generation()),
    }
}

/// Whether somebody edited files by hand since the newest generation. The next change takes that over, as a commit of its own
/// before it.
fn is_edited(run: &Run<'_>, now: &EnvSnapshot) -> Result<bool, OpError> {
    if now.generation() == 0 {
        return Ok(false);
    }
    let recorded = run.store.at(run.env_id, now.generation())?;
    Ok(says_something_else(&recorded, now))
}

fn says_something_else(one: &EnvSnapshot, other: &EnvSnapshot) -> bool {
    one.environment() != other.environment()
        || one.runtime() != other.runtime()
        || one.state().pack_answers != other.state().pack_answers
}

/// The generation that an undo found: the one before its own, or before a commit that took an edit over which changed white space
/// only.
fn found_by(run: &Run<'_>, generation: u64) -> Result<u64, OpError> {
    let before = parent(generation);
    let page = HistoryPage { before: Some(generation), limit: 1 };
    let page = run.store.history(run.env_id, page)?;
    let adopted = page.first().is_some_and(|one| one.event.verb == "adopt");
    if !adopted || before < 2 {
        return Ok(before);
    }
    let at = |generation| run.store.at(run.env_id, generation);
    let edited = says_something_else(&at(parent(before))?, &at(before)?);
    Ok(if edited { before } else { parent(before) })
}

/// What is taken back is what was looked at, and nothing that came after.
fn pin(now: &EnvSnapshot) -> Precondition {
    Precondition { if_match: now.etag().cloned(), expected_generation: Some(now.generation()) }
}

/// Lets the provider do what is recorded for deployments.
fn follow(run: &Run<'_>, deployments: &BTreeSet<DeploymentId>) -> Result<(), OpError> {
    for deployment_id in deployments {
        let now = run.snapshot()?;
        let environment = now.require()?;
        let provider = Provider::of(run, environment)?;
        let summary = environment.split_of(*deployment_id).map(TrafficSummary::of);
        provider
            .follow(&now, Follow::Split(*deployment_id))
            .map_err(|error| again_by_set(error, summary.as_ref()))?;
    }
    Ok(())
}

//! What verbs that change traffic have in common.

use std::collections::BTreeSet;

use greentic_deploy_spec::{DeploymentId, RevisionId, TrafficSplit, TrafficSplitEntry};
use greentic_env_store::{
    Committed, EnvSnapshot, EnvironmentReads as _, Rehearsal, StoreError, StoreWithHistory,
};

use super::revisions::files_are_whole;
use crate::operator::Run;
use crate::{OpError, TrafficSummary};

/// Fails when a revision that is to get traffic cannot serve it, because its files are gone or changed.
pub(super) fn check_files(
    run: &Run<'_>,
    snapshot: &EnvSnapshot,
    entries: &[TrafficSplitEntry],
) -> Result<(), OpError> {
    let environment = snapshot.require()?;
    let weighted = entries.iter().filter(|entry| entry.weight_bps > 0);
    // What is not there or not ready is refused with a better reason when it is recorded.
    let known = weighted.filter_map(|entry| environment.revision(entry.revision_id));
    known.filter(|one| one.lifecycle.admits_traffic()).try_for_each(|one| files_are_whole(run, one))
}

/// Checks the files of the revisions that a change gives traffic to, before it is recorded.
pub(super) fn check_files_after(
    run: &Run<'_>,
    change: impl FnOnce(&Rehearsal<&dyn StoreWithHistory>) -> Result<Committed, StoreError>,
) -> Result<(), OpError> {
    let before = run.snapshot()?;
    let rehearsal = Rehearsal::of(run.store, &run.operator.ports);
    if change(&rehearsal).is_err() {
        // The store says why, or has an answer under the request's key.
        return Ok(());
    }
    let after = rehearsal.snapshot(run.env_id)?;
    for deployment_id in moved(&before, &after)? {
        if let Some(split) = after.require()?.split_of(deployment_id) {
            check_files(run, &after, &split.entries)?;
        }
    }
    Ok(())
}

/// The deployments whose traffic is another one afterwards.
pub(super) fn moved(
    before: &EnvSnapshot,
    after: &EnvSnapshot,
) -> Result<BTreeSet<DeploymentId>, OpError> {
    let (before, after) = (&before.require()?.traffic_splits, &after.require()?.traffic_splits);
    let gone = before.iter().filter(|split| !after.contains(split));
    let new = after.iter().filter(|split| !before.contains(split));
    Ok(gone.chain(new).map(|split| split.deployment_id).collect())
}

/// What goes back cannot be repeated: what is recorded already is set again instead.
pub(super) fn again_by_set(error: OpError, summary: Option<&TrafficSummary>) -> OpError {
    let (OpError::Provider { verb, subject, source, .. }, Some(summary)) = (&error, summary) else {
        return error;
    };
    let shares =
        summary.entries.iter().map(|one| format!("{}={}bps", one.revision_id, one.weight_bps));
    let shares = shares.collect::<Vec<_>>().join(" ");
    let finish = format!("gtc op traffic set {shares} --env {}", summary.environment_id);
    OpError::Provider { verb, subject: subject.clone(), source: source.clone(), finish }
}

/// Tells whether all traffic goes to one revision.
pub(crate) fn is_whole(split: &TrafficSplit, revision_id: RevisionId) -> bool {
    let mut entries = split.entries.iter().filter(|entry| entry.weight_bps > 0);
    entries.next().is_some_and(|entry| entry.revision_id == revision_id) && entries.next().is_none()
}

use serde_json::Value;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::fixture::{WARM, fence};
use crate::conformance::trial::{Trial, Verb, again, happy};
use crate::{Change, DeployerError};

clauses! { "environment";
    /// Observing leaves the provider as it is.
    "observe-changes-nothing" with [Observe] => observe_changes_nothing;
    /// Planning leaves the provider as it is.
    "plan-changes-nothing" with [Plan] => plan_changes_nothing;
    /// A reconcile that has nothing left to do succeeds, and tells no changes.
    "reconcile-again" with [Reconcile] => reconcile_again;
    /// A plan after a reconcile has no changes.
    "plan-after-reconcile" with [Plan, Reconcile] => plan_after_reconcile;
    /// A destroy that has nothing left to do succeeds, and tells no changes.
    "destroy-again" with [Destroy] => destroy_again;
    /// After a reconcile for a newer state, the verbs of whoever has seen an older one are refused as `stale`.
    "stale-fence" with [Reconcile, Fence] => stale_fence;
}

async fn observe_changes_nothing(trial: &Trial<'_>) -> Check {
    trial.does(Verb::Stage, WARM).await?;
    let before = trial.state().await?;
    happy("observe", trial.deployer.observe(&trial.env, trial.answers()).await)?;
    trial.unchanged("`observe`".to_owned(), &before).await
}

async fn plan_changes_nothing(trial: &Trial<'_>) -> Check {
    trial.does(Verb::Stage, WARM).await?;
    let before = trial.state().await?;
    happy("plan", trial.deployer.plan(&trial.env, trial.answers()).await)?;
    trial.unchanged("`plan`".to_owned(), &before).await
}

async fn reconcile_again(trial: &Trial<'_>) -> Check {
    let (deployer, env, answers) = (trial.deployer, &trial.env, trial.answers());
    happy("reconcile", deployer.reconcile(env, answers).await)?;
    let outcome = again("reconcile", deployer.reconcile(env, answers).await)?;
    nothing_left("reconcile", &outcome.changes)
}

async fn plan_after_reconcile(trial: &Trial<'_>) -> Check {
    let (deployer, env, answers) = (trial.deployer, &trial.env, trial.answers());
    happy("reconcile", deployer.reconcile(env, answers).await)?;
    let plan = happy("plan", deployer.plan(env, answers).await)?;
    nothing_left("plan", &plan.changes)
}

async fn destroy_again(trial: &Trial<'_>) -> Check {
    let (deployer, env, answers) = (trial.deployer, &trial.env, trial.answers());
    trial.does(Verb::Stage, WARM).await?;
    trial.does(Verb::Warm, WARM).await?;
    happy("destroy", deployer.destroy(env, answers).await)?;
    let outcome = again("destroy", deployer.destroy(env, answers).await)?;
    nothing_left("destroy", &outcome.changes)
}

async fn stale_fence(trial: &Trial<'_>) -> Check {
    let (env, answers) = (&trial.env, trial.answers());
    let newer = happy("with_fence", trial.deployer.with_fence(fence(2)))?;
    happy("reconcile", newer.reconcile(env, answers).await)?;
    let older = happy("with_fence", trial.deployer.with_fence(fence(1)))?;
    is_stale("warm_revision", older.warm_revision(env, WARM, answers).await)?;
    is_stale("reconcile", older.reconcile(env, answers).await)
}

fn nothing_left(verb: &'static str, changes: &[Change]) -> Check {
    if changes.is_empty() {
        return Ok(());
    }
    let changes = serde_json::to_value(changes).unwrap_or(Value::Null);
    Err(ConformanceFailure::NeverDone { verb, changes }.into())
}

fn is_stale<T>(verb: &'static str, result: Result<T, DeployerError>) -> Check {
    match result {
        Err(DeployerError::Stale { .. }) => Ok(()),
        Ok(_) => Err(ConformanceFailure::StaleAccepted { verb }.into()),
        Err(source) => Err(ConformanceFailure::StaleWrongError { verb, source }.into()),
    }
}

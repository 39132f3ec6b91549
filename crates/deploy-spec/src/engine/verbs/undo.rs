//! What can be taken back, and what needs a verb of its own.

use crate::SecretRef;
use crate::documents::{BundleDeployment, Environment, MessagingEndpoint};
use crate::engine::Rejection;

fn refused(what: String, instead: &'static str) -> Rejection {
    Rejection::UndoRefused { what, instead }
}

/// Judges going from the environment as it is back to an earlier one.
///
/// Lifecycle, credentials, secrets and revenue policies have effects outside of the documents, which
/// writing an old document does not take back.
pub(super) fn check(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    check_revisions(now, then)?;
    if now.credentials_ref != then.credentials_ref {
        return Err(refused("the deployer's credentials".to_owned(), "the credentials verbs"));
    }
    check_bundles(now, then)?;
    check_secrets(now, then)?;
    check_splits(now, then)
}

fn check_revisions(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let lives = |env: &Environment| {
        let mut lives: Vec<_> =
            env.revisions.iter().map(|r| (r.revision_id, r.lifecycle)).collect();
        lives.sort_unstable();
        lives
    };
    let (now, then) = (lives(now), lives(then));
    let differs = now.iter().find(|life| !then.contains(life));
    match differs.or_else(|| then.iter().find(|life| !now.contains(life))) {
        Some((id, _)) => Err(refused(
            format!("the lifecycle of revision `{id}`"),
            "revisions stage, warm, drain, archive or retry",
        )),
        None => Ok(()),
    }
}

fn check_bundles(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let policy = |bundle: &BundleDeployment| {
        (bundle.deployment_id, bundle.revenue_share.clone(), bundle.revenue_policy_ref.clone())
    };
    let policies = |env: &Environment| -> Vec<_> { env.bundles.iter().map(policy).collect() };
    let (now, then) = (policies(now), policies(then));
    let differs = now.iter().find(|policy| !then.contains(policy));
    match differs.or_else(|| then.iter().find(|policy| !now.contains(policy))) {
        Some((id, ..)) => Err(refused(
            format!("the revenue policy of deployment `{id}`"),
            "bundles add, update or remove",
        )),
        None => Ok(()),
    }
}

fn check_secrets(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let secrets = |endpoint: &MessagingEndpoint| -> (_, Vec<SecretRef>) {
        let all = endpoint.secret_refs.iter().chain(&endpoint.webhook_secret_ref);
        (endpoint.endpoint_id, all.cloned().collect())
    };
    let named = |env: &Environment| -> Vec<_> {
        env.messaging_endpoints.iter().map(secrets).filter(|(_, refs)| !refs.is_empty()).collect()
    };
    let (now, then) = (named(now), named(then));
    let differs = now.iter().find(|refs| !then.contains(refs));
    match differs.or_else(|| then.iter().find(|refs| !now.contains(refs))) {
        Some((id, _)) => Err(refused(
            format!("the secrets of messaging endpoint `{id}`"),
            "messaging endpoint add, remove or rotate-webhook-secret",
        )),
        None => Ok(()),
    }
}

/// A split that comes back is judged like one that is set.
fn check_splits(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let changed = then.traffic_splits.iter().filter(|split| !now.traffic_splits.contains(split));
    for entry in changed.flat_map(|split| &split.entries) {
        let revision_id = entry.revision_id;
        let Some(revision) = now.revision(revision_id) else {
            let env_id = now.environment_id.clone();
            return Err(Rejection::AdmissionRevisionMissing { env_id, revision_id });
        };
        let lifecycle = revision.lifecycle;
        if !lifecycle.admits_traffic() {
            return Err(Rejection::NotReady { revision_id, lifecycle });
        }
    }
    Ok(())
}

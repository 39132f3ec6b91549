//! What can be taken back, and what needs a verb of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::traffic::next_generation;
use crate::documents::{
    BundleDeployment, Environment, MessagingEndpoint, NEXT_SPLIT_GENERATION, TrafficSplit,
    TrustRoot,
};
use crate::engine::Rejection;
use crate::payloads::Snapshot;
use crate::{DeploymentId, Document, SecretRef};

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
        return Err(refused("the deployer's credentials".to_owned(), "the tool that changed them"));
    }
    check_bundles(now, then)?;
    check_secrets(now, then)?;
    check_splits(now, then)
}

/// The first key whose value is not the same in both.
fn difference<K: Ord + Clone, V: PartialEq>(
    now: &BTreeMap<K, V>,
    then: &BTreeMap<K, V>,
) -> Option<K> {
    let differs = |(key, value): &(&K, &V)| then.get(key) != Some(value);
    let gone = || then.keys().find(|key| !now.contains_key(key));
    now.iter().find(differs).map(|(key, _)| key).or_else(gone).cloned()
}

fn check_revisions(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let lives = |env: &Environment| -> BTreeMap<_, _> {
        env.revisions.iter().map(|r| (r.revision_id, r.lifecycle)).collect()
    };
    match difference(&lives(now), &lives(then)) {
        Some(id) => Err(refused(
            format!("the lifecycle of revision `{id}`"),
            "the verbs on revisions (stage, warm, drain, archive), or for traffic alone its rollback",
        )),
        None => Ok(()),
    }
}

fn check_bundles(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let policy = |bundle: &BundleDeployment| {
        let policy = (bundle.revenue_share.clone(), bundle.revenue_policy_ref.clone());
        (bundle.deployment_id, policy)
    };
    let policies =
        |env: &Environment| -> BTreeMap<_, _> { env.bundles.iter().map(policy).collect() };
    match difference(&policies(now), &policies(then)) {
        Some(id) => Err(refused(
            format!("the revenue policy of deployment `{id}`"),
            "a deploy, or the removal of the bundle",
        )),
        None => Ok(()),
    }
}

fn check_secrets(now: &Environment, then: &Environment) -> Result<(), Rejection> {
    let secrets = |endpoint: &MessagingEndpoint| -> (_, Vec<SecretRef>) {
        let all = endpoint.secret_refs.iter().chain(&endpoint.webhook_secret_ref);
        (endpoint.endpoint_id, all.cloned().collect())
    };
    let named = |env: &Environment| -> BTreeMap<_, _> {
        env.messaging_endpoints.iter().map(secrets).filter(|(_, refs)| !refs.is_empty()).collect()
    };
    match difference(&named(now), &named(then)) {
        Some(id) => Err(refused(
            format!("the secrets of messaging endpoint `{id}`"),
            "the tool that changed them",
        )),
        None => Ok(()),
    }
}

/// The trust root is no part of a snapshot, so an undo cannot take a change of it back.
pub(super) fn check_trust_root(
    now: Option<&Document<TrustRoot>>,
    then: &Snapshot,
) -> Result<(), Rejection> {
    let Some(then) = &then.trusted_key_ids else { return Ok(()) };
    let then: BTreeSet<_> = then.iter().map(String::as_str).collect();
    let keys = now.map(|root| root.keys.as_slice()).unwrap_or_default();
    let now: BTreeSet<_> = keys.iter().map(|key| key.key_id.as_str()).collect();
    if now == then {
        Ok(())
    } else {
        Err(refused("the trust root".to_owned(), "the tool that changed it"))
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

/// Gives splits that come back a generation of their own: one that was seen stands for what it stood
/// for then. A deployment whose split goes keeps the note of the next one.
pub(super) fn count_on(
    now: &Document<Environment>,
    then: &mut Document<Environment>,
) -> Result<(), Rejection> {
    let notes: Vec<_> = then.bundles.iter().map(|one| note(now, then, one.deployment_id)).collect();
    let (typed, raw) = then.views_mut();
    for (split, raw) in typed.traffic_splits.iter_mut().zip(elements(raw, "traffic_splits")) {
        if now.split_of(split.deployment_id) != Some(split) {
            split.generation = generation_of_its_own(now, split)?;
            raw.insert("generation".to_owned(), split.generation.into());
        }
    }
    for (note, raw) in notes.into_iter().zip(elements(raw, "bundles")) {
        match note {
            Some(next) => drop(raw.insert(NEXT_SPLIT_GENERATION.to_owned(), next.into())),
            None => drop(raw.remove(NEXT_SPLIT_GENERATION)),
        }
    }
    Ok(())
}

/// The objects of a list in a raw document.
fn elements<'r>(
    raw: &'r mut Value,
    list: &str,
) -> impl Iterator<Item = &'r mut Map<String, Value>> {
    let list = raw.get_mut(list).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn generation_of_its_own(
    now: &Document<Environment>,
    split: &TrafficSplit,
) -> Result<u64, Rejection> {
    let deployment_id = split.deployment_id;
    let after = now.split_of(deployment_id).map_or(Ok(0), next_generation)?;
    let noted = now.next_split_generation(deployment_id).unwrap_or(0);
    Ok(next_generation(split)?.max(after).max(noted))
}

/// What a deployment without a split notes: the largest that either state knows of.
fn note(
    now: &Document<Environment>,
    then: &Document<Environment>,
    deployment_id: DeploymentId,
) -> Option<u64> {
    if then.split_of(deployment_id).is_some() {
        return None;
    }
    let gone = now.split_of(deployment_id).and_then(|split| split.generation.checked_add(1));
    let noted = [now, then].map(|document| document.next_split_generation(deployment_id));
    noted.into_iter().fold(gone, Option::max)
}

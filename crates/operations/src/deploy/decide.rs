//! What a deploy has to do, from what is recorded.

use greentic_deploy_spec::{
    BundleDeployment, Document, Environment, IdempotencyKey, Revision, RevisionId, sha256_hex,
};
use greentic_env_store::{EnvSnapshot, StoreError};
use greentic_pack_format::is_plain_id;

use super::inputs::Inputs;
use crate::verbs::is_whole;
use crate::{OpError, routes};

/// What a deploy has to do.
pub(super) enum Decision {
    /// Exactly this serves everything already.
    Unchanged(RevisionId),
    /// Go through the steps under this key; those that are done are left out.
    Go(Key),
}

/// The key that everything in a deploy follows from.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) key: IdempotencyKey,
    /// Whether the caller gave it. Then the traffic is set under the very same key.
    pub(super) is_callers: bool,
}

/// Decides. A deploy with a key is a request that is done once; one without asks for a state.
pub(super) fn decide(
    snapshot: &EnvSnapshot,
    inputs: &Inputs<'_>,
    key: Option<&IdempotencyKey>,
) -> Result<Decision, OpError> {
    let environment = snapshot.require()?;
    let existing = environment.bundles.iter().find(|deployment| inputs.are_for(deployment));
    check_deployment(environment, existing, inputs)?;
    if let Some(key) = key {
        return Ok(Decision::Go(Key { key: key.clone(), is_callers: true }));
    }
    let Some(deployment) = existing else { return Ok(Decision::Go(fresh(snapshot, inputs)?)) };
    if let Some(revision_id) = serving(environment, deployment, inputs) {
        return Ok(Decision::Unchanged(revision_id));
    }
    let earlier = earlier(environment, deployment, inputs);
    let key = earlier.map_or_else(|| fresh(snapshot, inputs), Ok)?;
    Ok(Decision::Go(key))
}

fn check_deployment(
    environment: &Document<Environment>,
    existing: Option<&BundleDeployment>,
    inputs: &Inputs<'_>,
) -> Result<(), OpError> {
    match (existing, &inputs.route) {
        (Some(deployment), Some(route)) if !routes::same(route, &deployment.route_binding) => {
            let (bundle_id, deployment_id) = (inputs.bundle_id.clone(), deployment.deployment_id);
            Err(OpError::RouteDiffers { bundle_id, deployment_id })
        }
        (Some(_), _) => Ok(()),
        (None, route) => {
            let bundle_id = &inputs.bundle_id;
            if !is_plain_id(bundle_id.as_str()) {
                return Err(OpError::BundleId { bundle_id: bundle_id.clone() });
            }
            let unrestricted = greentic_deploy_spec::RouteBinding::unrestricted();
            let route = route.as_ref().unwrap_or(&unrestricted);
            routes::check_unambiguous(environment, &inputs.bundle_id, route, |_| false)
        }
    }
}

/// The revision with this content, when all traffic goes to it.
fn serving(
    environment: &Environment,
    deployment: &BundleDeployment,
    inputs: &Inputs<'_>,
) -> Option<RevisionId> {
    let split = environment.split_of(deployment.deployment_id)?;
    let revision =
        split.entries.iter().find_map(|entry| environment.revision(entry.revision_id))?;
    let is_this = revision.bundle_digest == inputs.image.digest().to_string();
    let is_all =
        is_whole(split, revision.revision_id) && inputs.new_overrides(deployment).is_none();
    (is_this && is_all).then_some(revision.revision_id)
}

/// The key of the newest revision that was deployed for the same and is not out of service: one whose deploy was not finished,
/// one that has a share of the traffic, one that others took over from.
fn earlier(
    environment: &Document<Environment>,
    deployment: &BundleDeployment,
    inputs: &Inputs<'_>,
) -> Option<Key> {
    revisions_of(environment, deployment)
        .filter(|revision| !revision.lifecycle.was_taken_out())
        .filter_map(|revision| {
            let record = environment.deploy_record(revision.revision_id)?;
            (record.inputs == inputs.digest).then_some((revision.sequence, record.key))
        })
        .max_by_key(|(sequence, _)| *sequence)
        .map(|(_, key)| Key { key, is_callers: false })
}

pub(super) fn revisions_of<'e>(
    environment: &'e Environment,
    deployment: &BundleDeployment,
) -> impl Iterator<Item = &'e Revision> {
    let id = deployment.deployment_id;
    environment.revisions.iter().filter(move |revision| revision.deployment_id == id)
}

/// A key that follows from what is asked for and from the moment: the same call right after a crash finds it again.
fn fresh(snapshot: &EnvSnapshot, inputs: &Inputs<'_>) -> Result<Key, OpError> {
    let text = format!("{}\0{}\0{}", snapshot.env_id(), snapshot.generation(), inputs.digest);
    let digest = sha256_hex(text.as_bytes());
    let short = digest.get(..32).unwrap_or(&digest);
    let key = IdempotencyKey::new(format!("deploy-{short}"))
        .map_err(|error| StoreError::Contract { detail: error.to_string() })?;
    Ok(Key { key, is_callers: false })
}

use std::path::PathBuf;

use super::trust_root::check_seeded;
use crate::document::Document;
use crate::documents::{
    BundleDeployment, BundleDeploymentStatus, Environment, RevisionLifecycle, RouteBinding,
    check_override_packs,
};
use crate::engine::draft::{Draft, Place};
use crate::engine::policy::{first_policy, next_policy};
use crate::engine::{EnvState, Outcome, PolicyDraft, Rejection};
use crate::payloads::{
    AddBundlePayload, DEFAULT_AUTHORIZATION_REF, RemoveBundleOutcome, UpdateBundlePayload,
};
use crate::{DeploymentId, EnvId, PackId, SchemaVersion};

/// Everything that can be judged before an id is minted and a policy is signed.
pub(crate) fn check_add(
    state: &EnvState,
    env: &Environment,
    deployment_id: Option<DeploymentId>,
    payload: &AddBundlePayload,
) -> Result<(), Rejection> {
    let env_id = env.environment_id.clone();
    let same = |b: &&BundleDeployment| {
        b.bundle_id == payload.bundle_id && b.customer_id == payload.customer_id
    };
    if env.bundles.iter().any(|b| same(&b)) {
        let (bundle_id, customer_id) = (payload.bundle_id.clone(), payload.customer_id.clone());
        return Err(Rejection::AlreadyDeployed { env_id, bundle_id, customer_id });
    }
    if let Some(deployment_id) = deployment_id.filter(|id| env.deployment(*id).is_some()) {
        return Err(Rejection::DeploymentExists { env_id, deployment_id });
    }
    payload.bundle_id.check_segment()?;
    payload.customer_id.check_segment()?;
    check_override_ids(payload.config_overrides.keys())?;
    let epoch = chrono::DateTime::UNIX_EPOCH;
    let id = deployment_id.unwrap_or(DeploymentId(ulid::Ulid::nil()));
    deployment(&env.environment_id, id, payload, epoch).validate()?;
    check_seeded(state, &env.environment_id)
}

fn check_override_ids<'p>(packs: impl Iterator<Item = &'p String>) -> Result<(), Rejection> {
    for pack in packs.filter(|pack| !pack.is_empty()) {
        PackId::from(pack.as_str()).check_segment()?;
    }
    Ok(())
}

fn deployment(
    env_id: &EnvId,
    deployment_id: DeploymentId,
    payload: &AddBundlePayload,
    created_at: chrono::DateTime<chrono::Utc>,
) -> BundleDeployment {
    let authorization = payload.authorization_ref.as_deref();
    BundleDeployment {
        schema: SchemaVersion::from(BundleDeployment::schema_str()),
        deployment_id,
        env_id: env_id.clone(),
        bundle_id: payload.bundle_id.clone(),
        customer_id: payload.customer_id.clone(),
        status: BundleDeploymentStatus::Active,
        current_revisions: Vec::new(),
        route_binding: payload.route_binding.clone().unwrap_or_else(RouteBinding::unrestricted),
        revenue_share: payload.revenue_share.clone(),
        revenue_policy_ref: PathBuf::new(),
        usage: None,
        created_at,
        authorization_ref: PathBuf::from(authorization.unwrap_or(DEFAULT_AUTHORIZATION_REF)),
        config_overrides: payload.config_overrides.clone(),
    }
}

/// The reference of the policy that was supplied, when it is the one that was asked for and its
/// signer is trusted.
fn signed_policy(draft: &Draft<'_>, policy: &PolicyDraft) -> Result<PathBuf, Rejection> {
    let need = "a signed revenue policy";
    let supplies = &draft.context.supplies;
    let signed = supplies.revenue_policy.as_ref().ok_or(Rejection::SupplyMissing { need })?;
    policy.check_signer(&signed.key_id)?;
    let expected = policy.policy_ref();
    if signed.policy_ref == expected {
        return Ok(expected);
    }
    let actual = signed.policy_ref.display().to_string();
    Err(Rejection::SupplyMismatch { need, expected: expected.display().to_string(), actual })
}

fn trust_root(state: &EnvState) -> Option<&crate::TrustRoot> {
    state.trust_root.as_ref().map(Document::typed)
}

pub(super) fn add(
    draft: &mut Draft<'_>,
    deployment_id: Option<DeploymentId>,
    payload: &Document<AddBundlePayload>,
) -> Result<Outcome, Rejection> {
    check_add(&draft.state, draft.env()?, deployment_id, payload)?;
    let id = deployment_id
        .or(draft.context.supplies.deployment_id)
        .ok_or(Rejection::SupplyMissing { need: "a deployment id" })?;
    check_add(&draft.state, draft.env()?, Some(id), payload)?;
    let policy = first_policy(draft.env_id(), Some(id), payload, trust_root(&draft.state));
    let mut bundle = deployment(draft.env_id(), id, payload, draft.now());
    bundle.revenue_policy_ref = signed_policy(draft, &policy)?;
    draft.env_mut()?.bundles.push(bundle.clone());
    draft.carry(Place::Deployment(id), payload)?;
    Ok(Outcome::Bundle(bundle))
}

/// The deployment after an update, and the policy that it needs first, when its share is given.
pub(crate) fn check_update(
    state: &EnvState,
    env: &Environment,
    payload: &UpdateBundlePayload,
) -> Result<(BundleDeployment, Option<PolicyDraft>), Rejection> {
    let deployment_id = payload.deployment_id;
    let current = env.deployment(deployment_id).ok_or_else(|| Rejection::DeploymentNotFound {
        env_id: env.environment_id.clone(),
        deployment_id,
    })?;
    let policy = match &payload.revenue_share {
        Some(share) => Some(next_policy(current, share, trust_root(state))?),
        None => None,
    };
    let updated = patched(current.clone(), payload);
    updated.validate()?;
    if let Some(overrides) = &payload.config_overrides {
        check_override_ids(overrides.keys())?;
    }
    let siblings = env.revisions.iter().filter(|r| r.deployment_id == deployment_id);
    check_override_packs(&updated, siblings)?;
    if policy.is_some() {
        check_seeded(state, &env.environment_id)?;
        updated.bundle_id.check_segment()?;
        updated.customer_id.check_segment()?;
    }
    Ok((updated, policy))
}

fn patched(mut bundle: BundleDeployment, payload: &UpdateBundlePayload) -> BundleDeployment {
    let change = payload.clone();
    bundle.status = change.status.unwrap_or(bundle.status);
    bundle.route_binding = change.route_binding.unwrap_or(bundle.route_binding);
    bundle.revenue_share = change.revenue_share.unwrap_or(bundle.revenue_share);
    bundle.config_overrides = change.config_overrides.unwrap_or(bundle.config_overrides);
    bundle
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    payload: &Document<UpdateBundlePayload>,
) -> Result<Outcome, Rejection> {
    let (mut updated, policy) = check_update(&draft.state, draft.env()?, payload)?;
    if let Some(policy) = policy {
        updated.revenue_policy_ref = signed_policy(draft, &policy)?;
    }
    let id = payload.deployment_id;
    if let Some(bundle) = draft.env_mut()?.bundles.iter_mut().find(|b| b.deployment_id == id) {
        *bundle = updated.clone();
    }
    draft.carry(Place::Deployment(id), payload)?;
    Ok(Outcome::Bundle(updated))
}

pub(super) fn remove(
    draft: &mut Draft<'_>,
    deployment_id: DeploymentId,
) -> Result<Outcome, Rejection> {
    let env = draft.env()?;
    let deployment = env.deployment(deployment_id).cloned().ok_or_else(|| {
        Rejection::DeploymentNotFound { env_id: draft.env_id().clone(), deployment_id }
    })?;
    check_not_live(env, deployment_id)?;
    check_not_linked(env, &deployment)?;
    let env = draft.env_mut()?;
    env.bundles.retain(|bundle| bundle.deployment_id != deployment_id);
    let mut pruned_revision_ids = Vec::new();
    env.revisions.retain(|revision| {
        let pruned = revision.deployment_id == deployment_id;
        if pruned {
            pruned_revision_ids.push(revision.revision_id);
        }
        !pruned
    });
    Ok(Outcome::BundleRemoved(RemoveBundleOutcome { deployment, pruned_revision_ids }))
}

fn check_not_live(env: &Environment, deployment_id: DeploymentId) -> Result<(), Rejection> {
    let splits = env.traffic_splits.iter().filter(|s| s.deployment_id == deployment_id).count();
    let revisions = env
        .revisions
        .iter()
        .filter(|r| r.deployment_id == deployment_id)
        .filter(|r| r.lifecycle != RevisionLifecycle::Archived)
        .count();
    if splits == 0 && revisions == 0 {
        Ok(())
    } else {
        Err(Rejection::DeploymentLive { deployment_id, splits, revisions })
    }
}

/// The last deployment of a bundle stays while an endpoint links the bundle.
fn check_not_linked(env: &Environment, deployment: &BundleDeployment) -> Result<(), Rejection> {
    let bundle_id = &deployment.bundle_id;
    if env.bundles.iter().filter(|bundle| bundle.bundle_id == *bundle_id).count() > 1 {
        return Ok(());
    }
    let endpoints: Vec<_> = env
        .messaging_endpoints
        .iter()
        .filter(|endpoint| endpoint.linked_bundles.contains(bundle_id))
        .map(|endpoint| endpoint.endpoint_id)
        .collect();
    if endpoints.is_empty() {
        Ok(())
    } else {
        Err(Rejection::BundleLinked { bundle_id: bundle_id.clone(), endpoints })
    }
}

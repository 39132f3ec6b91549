use std::collections::HashSet;

use crate::document::Document;
use crate::documents::{
    Environment, MessagingEndpoint, UpdateStamp, WelcomeFlowRef, is_telegram_class,
};
use crate::engine::draft::{Draft, Place};
use crate::engine::{Event, Outcome, Rejection};
use crate::payloads::{
    AddMessagingEndpointPayload, RotateWebhookSecretPayload, SetMessagingWelcomeFlowPayload,
};
use crate::text::shown_reference;
use crate::{BundleId, MessagingEndpointId, SchemaVersion, SecretRef};

fn parse_secret(raw: &str) -> Result<SecretRef, Rejection> {
    SecretRef::try_new(raw).map_err(|defect| Rejection::InvalidSecretRef {
        raw: shown_reference(raw),
        reason: defect.to_string(),
    })
}

/// The secrets of an endpoint that is added.
pub(crate) struct NewSecrets {
    secret_refs: Vec<SecretRef>,
    webhook: Webhook,
}

/// Where the webhook secret of a new endpoint comes from.
enum Webhook {
    /// Its class has none.
    None,
    /// The caller names it.
    Given(SecretRef),
    /// It is minted.
    Minted,
}

impl NewSecrets {
    /// Tells whether a webhook secret is to be minted.
    pub(crate) fn mints(&self) -> bool {
        matches!(self.webhook, Webhook::Minted)
    }
}

/// Everything that can be judged before ids and secrets are minted.
pub(crate) fn check_add(
    env: &Environment,
    endpoint_id: Option<MessagingEndpointId>,
    payload: &AddMessagingEndpointPayload,
) -> Result<NewSecrets, Rejection> {
    let env_id = env.environment_id.clone();
    let taken = env.messaging_endpoints.iter().any(|endpoint| {
        endpoint.provider_type == payload.provider_type
            && endpoint.provider_id == payload.provider_id
    });
    if taken {
        return Err(Rejection::EndpointExists {
            env_id,
            provider_type: payload.provider_type.clone(),
            provider_id: payload.provider_id.clone(),
        });
    }
    if let Some(endpoint_id) = endpoint_id.filter(|id| env.endpoint(*id).is_some()) {
        return Err(Rejection::EndpointIdTaken { env_id, endpoint_id });
    }
    let secret_refs =
        payload.secret_refs.iter().map(|raw| parse_secret(raw)).collect::<Result<_, _>>()?;
    let secrets = NewSecrets { secret_refs, webhook: webhook_of(payload)? };
    sound(env, payload, &secrets)?;
    Ok(secrets)
}

fn webhook_of(payload: &AddMessagingEndpointPayload) -> Result<Webhook, Rejection> {
    match (is_telegram_class(&payload.provider_type), &payload.webhook_secret_ref) {
        (true, Some(raw)) => parse_secret(raw).map(Webhook::Given),
        (true, None) => Ok(Webhook::Minted),
        (false, None) => Ok(Webhook::None),
        (false, Some(raw)) => Err(Rejection::InvalidSecretRef {
            raw: shown_reference(raw),
            reason: "webhook_secret_ref is only valid for telegram-class providers".to_owned(),
        }),
    }
}

/// Judges the endpoint by the document's own rules before anything is minted for it.
fn sound(
    env: &Environment,
    payload: &AddMessagingEndpointPayload,
    secrets: &NewSecrets,
) -> Result<(), Rejection> {
    let webhook = match &secrets.webhook {
        Webhook::Given(secret) => Some(secret.clone()),
        _ => None,
    };
    let id = MessagingEndpointId(ulid::Ulid::nil());
    let now = chrono::DateTime::UNIX_EPOCH;
    let refs = (secrets.secret_refs.clone(), webhook);
    endpoint(env, id, payload, refs, now).validate().map_err(Rejection::from)
}

fn endpoint(
    env: &Environment,
    endpoint_id: MessagingEndpointId,
    payload: &AddMessagingEndpointPayload,
    (secret_refs, webhook_secret_ref): (Vec<SecretRef>, Option<SecretRef>),
    now: chrono::DateTime<chrono::Utc>,
) -> MessagingEndpoint {
    MessagingEndpoint {
        schema: SchemaVersion::from(MessagingEndpoint::schema_str()),
        env_id: env.environment_id.clone(),
        endpoint_id,
        provider_id: payload.provider_id.clone(),
        provider_type: payload.provider_type.clone(),
        display_name: payload.display_name.clone(),
        secret_refs,
        webhook_secret_ref,
        linked_bundles: Vec::new(),
        welcome_flow: None,
        generation: 0,
        created_at: now,
        updated_at: now,
        updated_by: UpdateStamp::parse(&payload.updated_by).who.to_owned(),
    }
}

fn minted(draft: &Draft<'_>) -> Result<SecretRef, Rejection> {
    let minted = draft.context.supplies.webhook_secret_ref.clone();
    minted.ok_or(Rejection::SupplyMissing { need: "a webhook secret" })
}

pub(super) fn add(
    draft: &mut Draft<'_>,
    endpoint_id: Option<MessagingEndpointId>,
    payload: &Document<AddMessagingEndpointPayload>,
) -> Result<Outcome, Rejection> {
    check_add(draft.env()?, endpoint_id, payload)?;
    let id = endpoint_id
        .or(draft.context.supplies.endpoint_id)
        .ok_or(Rejection::SupplyMissing { need: "an endpoint id" })?;
    let secrets = check_add(draft.env()?, Some(id), payload)?;
    let webhook = match secrets.webhook {
        Webhook::None => None,
        Webhook::Given(secret) => Some(secret),
        Webhook::Minted => Some(minted(draft)?),
    };
    let added = endpoint(draft.env()?, id, payload, (secrets.secret_refs, webhook), draft.now());
    draft.env_mut()?.messaging_endpoints.push(added.clone());
    draft.carry(Place::Endpoint(id), payload)?;
    Ok(Outcome::Endpoint(added))
}

fn find(
    env: &Environment,
    endpoint_id: MessagingEndpointId,
) -> Result<&MessagingEndpoint, Rejection> {
    let env_id = env.environment_id.clone();
    env.endpoint(endpoint_id).ok_or(Rejection::EndpointNotFound { env_id, endpoint_id })
}

/// Changes an endpoint and notes who did it and when.
fn change(
    draft: &mut Draft<'_>,
    endpoint_id: MessagingEndpointId,
    updated_by: &str,
    change: impl FnOnce(&mut MessagingEndpoint),
) -> Result<Outcome, Rejection> {
    let now = draft.now();
    let mut endpoint = find(draft.env()?, endpoint_id)?.clone();
    change(&mut endpoint);
    endpoint.generation = endpoint.generation.saturating_add(1);
    endpoint.updated_at = now;
    endpoint.updated_by = UpdateStamp::parse(updated_by).who.to_owned();
    let endpoints = &mut draft.env_mut()?.messaging_endpoints;
    if let Some(recorded) = endpoints.iter_mut().find(|e| e.endpoint_id == endpoint_id) {
        *recorded = endpoint.clone();
    }
    Ok(Outcome::Endpoint(endpoint))
}

pub(super) fn link(
    draft: &mut Draft<'_>,
    endpoint_id: MessagingEndpointId,
    bundle_id: &BundleId,
    updated_by: &str,
) -> Result<Outcome, Rejection> {
    let env = draft.env()?;
    let endpoint = find(env, endpoint_id)?;
    if !env.deploys(bundle_id) {
        let (env_id, bundle_id) = (draft.env_id().clone(), bundle_id.clone());
        return Err(Rejection::BundleNotDeployed { env_id, bundle_id });
    }
    if endpoint.linked_bundles.contains(bundle_id) {
        return Ok(Outcome::Endpoint(endpoint.clone()));
    }
    change(draft, endpoint_id, updated_by, |endpoint| {
        endpoint.linked_bundles.push(bundle_id.clone());
    })
}

pub(super) fn unlink(
    draft: &mut Draft<'_>,
    endpoint_id: MessagingEndpointId,
    bundle_id: &BundleId,
    updated_by: &str,
) -> Result<Outcome, Rejection> {
    let endpoint = find(draft.env()?, endpoint_id)?;
    if !endpoint.linked_bundles.contains(bundle_id) {
        return Ok(Outcome::Endpoint(endpoint.clone()));
    }
    if endpoint.welcome_flow.as_ref().is_some_and(|flow| flow.bundle_id == *bundle_id) {
        return Err(Rejection::WelcomeFlowOwned { endpoint_id, bundle_id: bundle_id.clone() });
    }
    change(draft, endpoint_id, updated_by, |endpoint| {
        endpoint.linked_bundles.retain(|linked| linked != bundle_id);
    })
}

pub(super) fn set_welcome_flow(
    draft: &mut Draft<'_>,
    payload: &SetMessagingWelcomeFlowPayload,
) -> Result<Outcome, Rejection> {
    let env = draft.env()?;
    let endpoint = find(env, payload.endpoint_id)?;
    if !endpoint.linked_bundles.contains(&payload.bundle_id) {
        return Err(Rejection::BundleNotLinked {
            endpoint_id: payload.endpoint_id,
            bundle_id: payload.bundle_id.clone(),
        });
    }
    payload.pack_id.check_segment()?;
    check_welcome_pack(env, payload)?;
    let flow = WelcomeFlowRef {
        bundle_id: payload.bundle_id.clone(),
        pack_id: payload.pack_id.clone(),
        flow_id: payload.flow_id.clone(),
    };
    if endpoint.welcome_flow.as_ref() == Some(&flow) {
        return Ok(Outcome::Endpoint(endpoint.clone()));
    }
    change(draft, payload.endpoint_id, &payload.updated_by, |endpoint| {
        endpoint.welcome_flow = Some(flow);
    })
}

/// The pack is in a current revision of the bundle, as far as any of those lists packs.
fn check_welcome_pack(
    env: &Environment,
    payload: &SetMessagingWelcomeFlowPayload,
) -> Result<(), Rejection> {
    let current: HashSet<_> = env
        .bundles
        .iter()
        .filter(|bundle| bundle.bundle_id == payload.bundle_id)
        .flat_map(|bundle| bundle.current_revisions.iter().copied())
        .collect();
    let mut known: Vec<String> = env
        .revisions
        .iter()
        .filter(|revision| current.contains(&revision.revision_id))
        .flat_map(|revision| revision.pack_list.iter().map(|pack| pack.pack_id.to_string()))
        .collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() || known.iter().any(|pack| pack == payload.pack_id.as_str()) {
        return Ok(());
    }
    Err(Rejection::WelcomePackUnknown {
        pack_id: payload.pack_id.to_string(),
        bundle_id: payload.bundle_id.clone(),
        known,
    })
}

/// The webhook secret of an endpoint, when its name is exactly one that is minted for the endpoint.
pub(super) fn minted_secret(endpoint: &MessagingEndpoint) -> Option<SecretRef> {
    let secret = endpoint.webhook_secret_ref.as_ref()?;
    let rest = secret.as_str().strip_prefix(SecretRef::SCHEME)?;
    let folder = format!("messaging-{}", endpoint.endpoint_id);
    let [env, _tenant, "_", own, name] = rest.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let minted = env == endpoint.env_id.as_str() && own == folder && is_minted_name(name);
    minted.then(|| secret.clone())
}

/// `webhook_secret`, or with a suffix as a rotation gives it.
fn is_minted_name(name: &str) -> bool {
    let suffix = name.strip_prefix("webhook_secret");
    suffix.is_some_and(|suffix| match suffix.strip_prefix('_') {
        None => suffix.is_empty(),
        Some(unique) => {
            !unique.is_empty()
                && unique.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        }
    })
}

fn release(draft: &mut Draft<'_>, secret: Option<SecretRef>) {
    if let Some(secret_ref) = secret {
        draft.event(Event::SecretReleased { secret_ref });
    }
}

pub(super) fn remove(
    draft: &mut Draft<'_>,
    endpoint_id: MessagingEndpointId,
) -> Result<Outcome, Rejection> {
    let released = draft.env()?.endpoint(endpoint_id).and_then(minted_secret);
    draft.env_mut()?.messaging_endpoints.retain(|endpoint| endpoint.endpoint_id != endpoint_id);
    release(draft, released);
    Ok(Outcome::EndpointRemoved { endpoint_id })
}

/// The endpoint whose secret is rotated, and the new secret when the caller names it.
pub(crate) fn check_rotate<'e>(
    env: &'e Environment,
    endpoint_id: MessagingEndpointId,
    payload: &RotateWebhookSecretPayload,
) -> Result<(&'e MessagingEndpoint, Option<SecretRef>), Rejection> {
    let endpoint = find(env, endpoint_id)?;
    let given = payload.webhook_secret_ref.as_deref().map(parse_secret).transpose()?;
    let rotated = MessagingEndpoint { webhook_secret_ref: given.clone(), ..endpoint.clone() };
    rotated.validate()?;
    Ok((endpoint, given))
}

pub(super) fn rotate(
    draft: &mut Draft<'_>,
    endpoint_id: MessagingEndpointId,
    payload: &Document<RotateWebhookSecretPayload>,
) -> Result<Outcome, Rejection> {
    let (endpoint, given) = check_rotate(draft.env()?, endpoint_id, payload)?;
    let secret = given.map_or_else(|| minted(draft), Ok)?;
    let released = minted_secret(endpoint).filter(|old| *old != secret);
    let outcome = change(draft, endpoint_id, &payload.updated_by, |endpoint| {
        endpoint.webhook_secret_ref = Some(secret);
    })?;
    release(draft, released);
    Ok(outcome)
}

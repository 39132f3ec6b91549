use serde_json::Value;

use super::messaging::minted_secret;
use crate::document::{Document, DocumentError};
use crate::documents::{DEFAULT_BUNDLE, Environment, ExtensionKey};
use crate::engine::draft::{Draft, Place};
use crate::engine::{EnvState, Event, Outcome, Rejection};
use crate::payloads::{
    CreateEnvironmentPayload, FieldUpdate, MergeReport, MigrateMergePayload,
    UpdateEnvironmentPayload,
};
use crate::{BundleId, SpecError};

pub(super) fn create(
    draft: &mut Draft<'_>,
    payload: &Document<CreateEnvironmentPayload>,
) -> Result<Outcome, Rejection> {
    let env_id = draft.env_id();
    if payload.env_id != *env_id {
        let (expected, actual) = (env_id.clone(), payload.env_id.clone());
        return Err(SpecError::EnvIdMismatch { context: "create", expected, actual }.into());
    }
    if draft.state.environment.is_some() {
        return Err(Rejection::EnvironmentExists { env_id: env_id.clone() });
    }
    let environment =
        Environment::fresh(env_id.clone(), payload.name.clone(), payload.host_config.clone());
    draft.state.environment = Some(Document::new(environment)?);
    draft.carry(Place::Root, payload)?;
    Ok(Outcome::Environment)
}

pub(super) fn update(
    draft: &mut Draft<'_>,
    payload: &Document<UpdateEnvironmentPayload>,
) -> Result<Outcome, Rejection> {
    let env = draft.env_mut()?;
    let change = payload.typed().clone();
    if let Some(name) = change.name {
        env.name = name;
    }
    let host = &mut env.host_config;
    change.region.apply_to(&mut host.region);
    change.tenant_org_id.apply_to(&mut host.tenant_org_id);
    change.listen_addr.apply_to(&mut host.listen_addr);
    change.public_base_url.apply_to(&mut host.public_base_url);
    change.gui_enabled.apply_to(&mut host.gui_enabled);
    update_default_bundle(draft, payload.raw())?;
    Ok(Outcome::Environment)
}

/// `default_bundle` is a later key, on the payload as on the host configuration.
fn update_default_bundle(draft: &mut Draft<'_>, payload: &Value) -> Result<(), Rejection> {
    let Some(update) = payload.get(DEFAULT_BUNDLE) else { return Ok(()) };
    let update: FieldUpdate<BundleId> =
        serde_json::from_value(update.clone()).map_err(|error| DocumentError::Field {
            document: "UpdateEnvironmentPayload",
            path: DEFAULT_BUNDLE.to_owned(),
            message: error.to_string(),
        })?;
    match update {
        FieldUpdate::Keep => {}
        FieldUpdate::Clear => draft.set_key(Place::HostConfig, DEFAULT_BUNDLE, None),
        FieldUpdate::Set(bundle) => {
            bundle.check_segment()?;
            let value = Value::String(bundle.as_str().to_owned());
            draft.set_key(Place::HostConfig, DEFAULT_BUNDLE, Some(value));
        }
    }
    Ok(())
}

pub(super) fn merge(
    draft: &mut Draft<'_>,
    payload: &Document<MigrateMergePayload>,
) -> Result<Outcome, Rejection> {
    if draft.state.environment.is_none() {
        seed(draft, payload)?;
    }
    let report = MergeReport {
        merged_slots: merge_packs(draft, payload)?,
        merged_extensions: merge_extensions(draft, payload)?,
    };
    Ok(Outcome::Merged(report))
}

fn seed(draft: &mut Draft<'_>, payload: &Document<MigrateMergePayload>) -> Result<(), Rejection> {
    let env_id = draft.env_id();
    let Some(seed) = payload.seed_if_missing.clone() else {
        return Err(Rejection::EnvironmentNotFound { env_id: env_id.clone() });
    };
    let environment = Environment {
        revocation: seed.revocation,
        retention: seed.retention,
        health: seed.health,
        ..Environment::fresh(env_id.clone(), env_id.to_string(), seed.host_config)
    };
    draft.state.environment = Some(Document::new(environment)?);
    if let Some(raw) = payload.raw().get("seed_if_missing") {
        let typed = crate::engine::draft::to_value(&payload.seed_if_missing)?;
        draft.carry_value(Place::Root, typed, raw.clone());
    }
    Ok(())
}

fn merge_packs(
    draft: &mut Draft<'_>,
    payload: &Document<MigrateMergePayload>,
) -> Result<Vec<String>, Rejection> {
    let mut merged = Vec::new();
    for (at, binding) in payload.packs.iter().enumerate() {
        if !binding.slot.binds_in_packs() {
            return Err(Rejection::NotPackSlot { slot: binding.slot });
        }
        let env = draft.env_mut()?;
        if env.pack_for_slot(binding.slot).is_some() {
            continue;
        }
        binding.pack_ref.check_text()?;
        env.packs.push(binding.clone());
        merged.push(binding.slot.to_string());
        carry_element(draft, Place::Pack(binding.slot), payload.raw(), "packs", at, binding)?;
    }
    Ok(merged)
}

fn merge_extensions(
    draft: &mut Draft<'_>,
    payload: &Document<MigrateMergePayload>,
) -> Result<Vec<String>, Rejection> {
    let mut merged = Vec::new();
    for (at, binding) in payload.extensions.iter().enumerate() {
        let key = ExtensionKey::from_binding(binding);
        let env = draft.env_mut()?;
        if env.extensions.iter().any(|bound| key.matches(bound)) {
            continue;
        }
        binding.pack_ref.check_text()?;
        env.extensions.push(binding.clone());
        merged.push(key.to_string());
        carry_element(draft, Place::Extension(key), payload.raw(), "extensions", at, binding)?;
    }
    Ok(merged)
}

fn carry_element<T: serde::Serialize>(
    draft: &mut Draft<'_>,
    place: Place,
    payload: &Value,
    list: &str,
    at: usize,
    typed: &T,
) -> Result<(), Rejection> {
    if let Some(raw) = payload.get(list).and_then(|list| list.get(at)) {
        draft.carry_value(place, crate::engine::draft::to_value(typed)?, raw.clone());
    }
    Ok(())
}

pub(super) fn destroy(draft: &mut Draft<'_>) -> Result<Outcome, Rejection> {
    let env = draft.env()?;
    let splits = env.traffic_splits.len();
    let revisions = env.revisions.iter().filter(|r| r.lifecycle.has_cluster_presence()).count();
    if splits > 0 || revisions > 0 {
        let env_id = draft.env_id().clone();
        return Err(Rejection::EnvironmentLive { env_id, splits, revisions });
    }
    let released: Vec<_> = env.messaging_endpoints.iter().filter_map(minted_secret).collect();
    for secret_ref in released {
        draft.event(Event::SecretReleased { secret_ref });
    }
    draft.state = EnvState::default();
    Ok(Outcome::Done)
}

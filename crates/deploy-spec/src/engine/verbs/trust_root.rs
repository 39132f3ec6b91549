use crate::EnvId;
use crate::document::Document;
use crate::documents::{TrustRoot, TrustedKey};
use crate::engine::draft::Draft;
use crate::engine::{EnvState, Outcome, Rejection};
use crate::payloads::{
    AddTrustedKeyPayload, RotateOperatorKeyOutcome, TrustRootAddOutcome, TrustRootRemoveOutcome,
    TrustRootSeed,
};

/// Changes the trust root, which is made when there is none, and tells how many keys it has then.
fn change(
    draft: &mut Draft<'_>,
    change: impl FnOnce(&mut Vec<TrustedKey>),
) -> Result<usize, Rejection> {
    let current = match &draft.state.trust_root {
        Some(root) => root.clone(),
        None => Document::new(TrustRoot::empty())?,
    };
    let mut root = current.typed().clone();
    change(&mut root.keys);
    let count = root.keys.len();
    draft.state.trust_root = Some(current.with(root)?);
    Ok(count)
}

/// Adds a key in the place of one with the same id.
fn trust(draft: &mut Draft<'_>, key: &TrustedKey) -> Result<usize, Rejection> {
    change(draft, |keys| {
        match keys.iter_mut().find(|old| old.key_id.eq_ignore_ascii_case(&key.key_id)) {
            Some(old) => *old = key.clone(),
            None => keys.push(key.clone()),
        }
    })
}

fn operator_key(draft: &Draft<'_>) -> Result<TrustedKey, Rejection> {
    let key = draft.context.supplies.operator_key.as_ref();
    let key = key.ok_or(Rejection::SupplyMissing { need: "the operator key" })?;
    Ok(TrustedKey::checked(&key.key_id, &key.public_key_pem)?)
}

pub(super) fn bootstrap(draft: &mut Draft<'_>) -> Result<Outcome, Rejection> {
    draft.env()?;
    let key = operator_key(draft)?;
    let trusted_key_count = trust(draft, &key)?;
    let TrustedKey { key_id, public_key_pem } = key;
    Ok(Outcome::TrustRootSeeded(TrustRootSeed { key_id, public_key_pem, trusted_key_count }))
}

/// A trust root that is there, even without a key, is a decision and stays.
pub(super) fn seed_if_absent(draft: &mut Draft<'_>) -> Result<Outcome, Rejection> {
    draft.env()?;
    if draft.state.trust_root.is_some() { Ok(Outcome::TrustRootPresent) } else { bootstrap(draft) }
}

pub(super) fn add(
    draft: &mut Draft<'_>,
    payload: &AddTrustedKeyPayload,
) -> Result<Outcome, Rejection> {
    draft.env()?;
    let key = TrustedKey::checked(&payload.key_id, &payload.public_key_pem)?;
    let trusted_key_count = trust(draft, &key)?;
    Ok(Outcome::KeyTrusted(TrustRootAddOutcome { added_key_id: key.key_id, trusted_key_count }))
}

pub(super) fn remove(draft: &mut Draft<'_>, key_id: &str) -> Result<Outcome, Rejection> {
    draft.env()?;
    let recorded = draft.state.trust_root.as_ref();
    let removed = recorded.and_then(|root| root.key(key_id)).cloned();
    let trusted_key_count = match &removed {
        None => recorded.map_or(0, |root| root.keys.len()),
        Some(_) => change(draft, |keys| {
            keys.retain(|key| !key.key_id.eq_ignore_ascii_case(key_id));
        })?,
    };
    Ok(Outcome::KeyRemoved(TrustRootRemoveOutcome {
        removed_key_id: key_id.to_ascii_lowercase(),
        removed_public_key_pem: removed.map(|key| key.public_key_pem),
        trusted_key_count,
    }))
}

/// Policies are signed, and operator keys rotated, only where a key is trusted.
pub(crate) fn check_seeded(state: &EnvState, env_id: &EnvId) -> Result<(), Rejection> {
    match &state.trust_root {
        Some(root) if !root.keys.is_empty() => Ok(()),
        _ => Err(Rejection::TrustRootEmpty { env_id: env_id.clone() }),
    }
}

pub(super) fn rotate(draft: &mut Draft<'_>) -> Result<Outcome, Rejection> {
    draft.env()?;
    check_seeded(&draft.state, draft.env_id())?;
    let key = operator_key(draft)?;
    let trusted_key_count = trust(draft, &key)?;
    let TrustedKey { key_id, public_key_pem } = key;
    Ok(Outcome::OperatorKeyRotated(RotateOperatorKeyOutcome {
        key_id,
        public_key_pem,
        trusted_key_count,
    }))
}

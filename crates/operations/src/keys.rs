//! Keys and ids that follow from the key of a request, so that the request run again finds what it has done.

use greentic_deploy_spec::{DeploymentId, EnvId, IdempotencyKey, Revision, RevisionId, sha256_hex};
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// The key of one step. `state` is what tells this attempt at it from an earlier one.
pub(crate) fn step(key: &IdempotencyKey, name: &str, state: &str) -> IdempotencyKey {
    let text = format!("{key}/{name}/{state}");
    let fits = text.len() <= IdempotencyKey::MAX_HEADER_BYTES;
    let text = if fits { text } else { sha256_hex(text.as_bytes()) };
    // Neither is blank.
    IdempotencyKey::new(text).unwrap_or_else(|_| key.clone())
}

/// What tells one attempt to bring a revision up from the next: staging it again changes it.
pub(crate) fn attempt(revision: &Revision) -> String {
    revision.staged_at.unwrap_or(revision.created_at).timestamp_micros().to_string()
}

/// The revision that a request with a key stages.
pub(crate) fn revision_id(env_id: &EnvId, key: &IdempotencyKey) -> RevisionId {
    RevisionId(derived("revision", env_id, key))
}

/// The deployment that a request with a key adds.
pub(crate) fn deployment_id(env_id: &EnvId, key: &IdempotencyKey) -> DeploymentId {
    DeploymentId(derived("deployment", env_id, key))
}

fn derived(what: &str, env_id: &EnvId, key: &IdempotencyKey) -> Ulid {
    let digest = Sha256::digest(format!("greentic-deploy-{what}\0{env_id}\0{key}"));
    let first = digest.iter().take(16).fold(0, |all, byte| (all << 8) | u128::from(*byte));
    Ulid(first)
}

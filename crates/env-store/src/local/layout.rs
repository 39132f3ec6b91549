//! Where the files of an environment are: the public layout, and what this store adds to it.

use std::path::{Path, PathBuf};

use greentic_deploy_spec::{CapabilitySlot, EnvId};

use crate::StoreError;

/// The environment, the one file that makes a folder an environment for other tools.
pub(super) const ENVIRONMENT: &str = "environment.json";
pub(super) const RUNTIME: &str = "runtime.json";
pub(super) const RUNTIME_CONFIG: &str = "runtime-config.json";
pub(super) const ROUTING: &str = "routing.json";
pub(super) const TRUST_ROOT: &str = "trust-root.json";
pub(super) const ENV_PACKS: &str = "env-packs";
pub(super) const MESSAGING: &str = "messaging";
pub(super) const MESSAGING_INDEX: &str = "messaging/index.json";
pub(super) const AUDIT: &str = "audit";
pub(super) const AUDIT_LOG: &str = "audit/events.jsonl";
pub(super) const RECOVERED: &str = "recovered";
pub(super) const SNAPSHOTS: &str = "snapshots";
pub(super) const POLICIES: &str = "billing-policies";
pub(super) const LOCK: &str = ".lock";
pub(super) const JOURNAL: &str = "journal.db";
/// The folder of the operator key, where it stands among those of environments.
pub(super) const OPERATOR: &str = ".operator";
/// What SQLite keeps beside the journal.
pub(super) const JOURNAL_SIDE_FILES: [&str; 2] = ["journal.db-wal", "journal.db-shm"];
/// Ends the name of a file that is being written.
pub(super) const UNFINISHED: &str = ".unfinished";

/// Whether the absence of a file is what somebody wants: other tools and people delete it.
pub(super) fn may_be_deleted(file: &str) -> bool {
    [RUNTIME, TRUST_ROOT].contains(&file)
        || CapabilitySlot::ALL.iter().any(|slot| answers(*slot) == file)
}

/// The answers of a slot, relative to the environment's folder.
pub(super) fn answers(slot: CapabilitySlot) -> String {
    format!("{ENV_PACKS}/{}/answers.json", slot.as_str())
}

/// The folder of an environment.
///
/// # Errors
/// [`StoreError::UnsafeEnvId`] when the id would lead elsewhere.
pub(super) fn folder(root: &Path, env_id: &EnvId) -> Result<PathBuf, StoreError> {
    if env_id.is_safe_path_segment() && env_id.as_str() != OPERATOR {
        Ok(root.join(env_id.as_str()))
    } else {
        Err(StoreError::UnsafeEnvId { env_id: env_id.clone() })
    }
}

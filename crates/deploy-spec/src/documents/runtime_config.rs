use std::collections::HashMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Environment, Revision, TrafficSplit, TrafficSplitEntry};
use crate::document::DocumentType;
use crate::{BundleId, DeploymentId, EnvId, RevisionId, SchemaVersion};

/// One entry of a traffic split with what a runtime needs to load it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RevisionRuntimeBlock {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The revision.
    pub revision_id: RevisionId,
    /// The split's bundle.
    pub bundle_id: BundleId,
    /// The revision's pack list lock, when it has one.
    #[serde(default)]
    pub pack_list_refs: Vec<PathBuf>,
    /// The configuration of each pack.
    #[serde(default)]
    pub pack_config_refs: Vec<PathBuf>,
    /// The share in basis points.
    pub weight_bps: u32,
}

/// What serves, derived from the traffic splits (`runtime-config.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RuntimeConfig {
    /// [`SchemaVersion::RUNTIME_CONFIG_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub env_id: EnvId,
    /// A block for each entry of each split.
    pub revisions: Vec<RevisionRuntimeBlock>,
}

impl RuntimeConfig {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::RUNTIME_CONFIG_V1
    }
}

/// Derives the runtime configuration: one block for each entry of each split, in their order.
///
/// Total and pure. The lifecycle is not looked at, entries without weight stay, a revision that is
/// missing leaves its references empty; whoever writes files writes none when there is no block.
#[must_use]
pub fn materialize_runtime_config(env: &Environment) -> RuntimeConfig {
    let mut revisions = HashMap::new();
    for revision in &env.revisions {
        revisions.entry((revision.revision_id, revision.deployment_id)).or_insert(revision);
    }
    let blocks = |split: &'_ TrafficSplit| -> Vec<RevisionRuntimeBlock> {
        let revision = |id| revisions.get(&(id, split.deployment_id)).copied();
        split.entries.iter().map(|entry| block(split, entry, revision(entry.revision_id))).collect()
    };
    RuntimeConfig {
        schema: SchemaVersion::from(RuntimeConfig::schema_str()),
        env_id: env.environment_id.clone(),
        revisions: env.traffic_splits.iter().flat_map(blocks).collect(),
    }
}

fn block(
    split: &TrafficSplit,
    entry: &TrafficSplitEntry,
    revision: Option<&Revision>,
) -> RevisionRuntimeBlock {
    let lock = revision.map(|r| r.pack_list_lock_ref.clone());
    RevisionRuntimeBlock {
        deployment_id: split.deployment_id,
        revision_id: entry.revision_id,
        bundle_id: split.bundle_id.clone(),
        pack_list_refs: lock.filter(|lock| !lock.as_os_str().is_empty()).into_iter().collect(),
        pack_config_refs: revision.map(|r| r.pack_config_refs.clone()).unwrap_or_default(),
        weight_bps: entry.weight_bps,
    }
}

impl DocumentType for RuntimeConfig {
    const NAME: &'static str = "RuntimeConfig";
}

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::document::{DocumentType, Elements, Shape};
use crate::documents::{Environment, PackListEntry, Revision, RevisionLifecycle};
use crate::{DeploymentId, RevisionId};

/// Records a revision whose artifacts are in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StageRevisionPayload {
    /// The new revision.
    pub revision_id: RevisionId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Digest of the bundle file, `sha256:<hex>`.
    pub bundle_digest: String,
    /// Where the bundle came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bundle_source_uri: Option<String>,
    /// The packs in it.
    pub pack_list: Vec<PackListEntry>,
    /// The lock file of the packs, relative to the environment.
    pub pack_list_lock_ref: PathBuf,
    /// The configuration of each pack, relative to the environment.
    pub pack_config_refs: Vec<PathBuf>,
    /// Digest of the configuration, `sha256:<hex>`.
    pub config_digest: String,
    /// The detached signature, relative to the environment.
    pub signature_sidecar_ref: PathBuf,
    /// How long a drain may take, in seconds.
    pub drain_seconds: u32,
}

/// A check that a revision passes before it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum HealthCheckId {
    /// Its routes lead somewhere.
    RouteTable,
    /// Its runtime configuration is complete.
    RuntimeConfig,
    /// Its signatures are as the policy wants them.
    SignatureStatus,
    /// Its providers answer.
    ProviderHealth,
}

/// Why a revision is not ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HealthGateFailure {
    /// The checks that failed.
    pub failed_checks: Vec<HealthCheckId>,
    /// What people read.
    pub message: String,
}

/// Makes a revision ready, or failed when its health gate says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WarmRevisionPayload {
    /// The revision.
    pub revision_id: RevisionId,
    /// What the gate said: `{"ok":true}`, or `{"ok":false,"failure":{…}}`.
    #[serde(with = "health_gate")]
    #[cfg_attr(feature = "schemas", schemars(with = "health_gate::Wire"))]
    pub health_gate: Result<(), HealthGateFailure>,
    /// The state that the caller saw.
    pub expected_lifecycle: RevisionLifecycle,
}

mod health_gate {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::HealthGateFailure;

    #[derive(Serialize, Deserialize)]
    #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
    #[serde(deny_unknown_fields)]
    #[cfg_attr(feature = "schemas", schemars(rename = "HealthGate"))]
    pub(super) struct Wire {
        ok: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<HealthGateFailure>,
    }

    pub(super) fn serialize<S: Serializer>(
        gate: &Result<(), HealthGateFailure>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        Wire { ok: gate.is_ok(), failure: gate.as_ref().err().cloned() }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Result<(), HealthGateFailure>, D::Error> {
        let wire = Wire::deserialize(deserializer)?;
        match (wire.ok, wire.failure) {
            (true, None) => Ok(Ok(())),
            (false, Some(failure)) => Ok(Err(failure)),
            (true, Some(_)) => Err(de::Error::custom("a health gate that is ok has no `failure`")),
            (false, None) => {
                Err(de::Error::custom("a health gate that is not ok needs a `failure`"))
            }
        }
    }
}

/// A revision after a step of its life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RevisionTransitionOutcome {
    /// The revision.
    pub revision: Revision,
    /// The environment that it is in.
    pub environment: Environment,
    /// The state that it was in before.
    pub starting_lifecycle: RevisionLifecycle,
}

impl DocumentType for StageRevisionPayload {
    const NAME: &'static str = "StageRevisionPayload";
    const SHAPE: Shape =
        Shape::object(&[("pack_list", Shape::list(&Elements::by_key("pack_id", Shape::PLAIN)))]);
}

impl DocumentType for WarmRevisionPayload {
    const NAME: &'static str = "WarmRevisionPayload";
}

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RevisionLifecycle;
use super::validate::check_schema;
use crate::document::{DocumentType, Elements, Identified, Shape};
use crate::{BundleId, DeploymentId, EnvId, PackId, RevisionId, SchemaVersion, SemVer, SpecError};

/// A pack of a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PackListEntry {
    /// The pack.
    pub pack_id: PackId,
    /// Its version.
    pub version: SemVer,
    /// Its digest, `sha256:<hex>`.
    pub digest: String,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_uri: Option<String>,
}

impl PackListEntry {
    /// An entry made of what a pack list lock knows; its version is `0.0.0`.
    #[must_use]
    pub fn from_lock_primitives(pack_id: PackId, digest: String) -> Self {
        Self { pack_id, version: SemVer::new(0, 0, 0), digest, source_uri: None }
    }
}

/// An immutable version of a deployment. Only its lifecycle changes.
///
/// Later versions add `runtime_image_digest`; a [`crate::Document`] of the environment keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Revision {
    /// [`SchemaVersion::REVISION_V1`].
    pub schema: SchemaVersion,
    /// The revision.
    pub revision_id: RevisionId,
    /// The environment.
    pub env_id: EnvId,
    /// The deployment's bundle.
    pub bundle_id: BundleId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Its number within the deployment, counted from 1.
    pub sequence: u64,
    /// When it was staged.
    pub created_at: DateTime<Utc>,
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
    #[serde(default)]
    pub pack_config_refs: Vec<PathBuf>,
    /// Digest of the configuration, `sha256:<hex>`.
    pub config_digest: String,
    /// The detached signature, relative to the environment.
    pub signature_sidecar_ref: PathBuf,
    /// Where it is in its life.
    pub lifecycle: RevisionLifecycle,
    /// When it became `staged`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged_at: Option<DateTime<Utc>>,
    /// When it became `ready`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmed_at: Option<DateTime<Utc>>,
    /// How long a drain may take, in seconds.
    #[serde(default)]
    pub drain_seconds: u32,
    /// Metrics that would stop a rollout.
    #[serde(default)]
    pub abort_metrics: Vec<String>,
}

impl Revision {
    pub(crate) const SHAPE: Shape =
        Shape::object(&[("pack_list", Shape::list(&Elements::by_key("pack_id", Shape::PLAIN)))]);

    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::REVISION_V1
    }

    /// Checks the schema string.
    ///
    /// # Errors
    /// [`SpecError::SchemaMismatch`].
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)
    }
}

impl Identified for Revision {
    type Id = RevisionId;

    fn identity(&self) -> RevisionId {
        self.revision_id
    }
}

impl DocumentType for Revision {
    const NAME: &'static str = "Revision";
    const SHAPE: Shape = Self::SHAPE;
}

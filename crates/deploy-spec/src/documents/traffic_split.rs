use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::validate::{check_basis_points, check_schema};
use crate::document::{DocumentType, Elements, Identified, Shape};
use crate::{BundleId, DeploymentId, EnvId, RevisionId, SchemaVersion, SpecError};

/// What weights and shares sum to.
pub const TOTAL_BASIS_POINTS: u32 = 10_000;

/// How many revisions a split may name when a verb sets it.
pub const MAX_SPLIT_ENTRIES: usize = 100;

/// A revision's share of the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrafficSplitEntry {
    /// The revision.
    pub revision_id: RevisionId,
    /// Its share in basis points; those of one split sum to 10,000.
    pub weight_bps: u32,
}

/// How the traffic of a deployment is shared among its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TrafficSplit {
    /// [`SchemaVersion::TRAFFIC_SPLIT_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub env_id: EnvId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The deployment's bundle.
    pub bundle_id: BundleId,
    /// Counts the changes of this split, from 0.
    pub generation: u64,
    /// The shares.
    pub entries: Vec<TrafficSplitEntry>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who changed it.
    pub updated_by: String,
    /// The idempotency key of the last change.
    pub idempotency_key: String,
    /// What authorised it; `auth.json` by default.
    pub authorization_ref: PathBuf,
    /// The split before the last change, as an `inline://` stash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_split_ref: Option<PathBuf>,
}

impl TrafficSplit {
    pub(crate) const SHAPE: Shape =
        Shape::object(&[("entries", Shape::list(&Elements::by_key("revision_id", Shape::PLAIN)))]);

    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::TRAFFIC_SPLIT_V1
    }

    /// Checks the schema string and the weights: at most 10,000 each, 10,000 in all.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        check_basis_points(self.entries.iter().map(|entry| entry.weight_bps))
    }

    /// The weight of a revision in basis points; `None` when the split does not name it.
    #[must_use]
    pub fn weight_of(&self, revision_id: RevisionId) -> Option<u64> {
        let mut weights = self
            .entries
            .iter()
            .filter(|entry| entry.revision_id == revision_id)
            .map(|entry| u64::from(entry.weight_bps))
            .peekable();
        weights.peek().is_some().then(|| weights.sum())
    }
}

impl Identified for TrafficSplit {
    type Id = DeploymentId;

    fn identity(&self) -> DeploymentId {
        self.deployment_id
    }
}

impl DocumentType for TrafficSplit {
    const NAME: &'static str = "TrafficSplit";
    const SHAPE: Shape = Self::SHAPE;
}

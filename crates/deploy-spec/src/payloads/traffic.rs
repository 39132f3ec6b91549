use serde::{Deserialize, Serialize};

use crate::DeploymentId;
use crate::document::{DocumentType, Elements, Shape};
use crate::documents::{Environment, TrafficSplit, TrafficSplitEntry};

/// Shares the traffic of a deployment among its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SetTrafficSplitPayload {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The shares; they sum to 10,000 basis points.
    pub entries: Vec<TrafficSplitEntry>,
    /// Who asks for it.
    pub updated_by: String,
    /// What authorises it; `auth.json` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_ref: Option<String>,
}

/// Goes back to the split before the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RollbackTrafficSplitPayload {
    /// The deployment.
    pub deployment_id: DeploymentId,
}

/// A split that was set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ApplyTrafficSplitOutcome {
    /// The split.
    pub split: TrafficSplit,
    /// The generation before; none for a first split.
    pub previous_generation: Option<u64>,
    /// The generation now. Older tools answer a replay with none.
    pub new_generation: Option<u64>,
    /// The environment that it is in.
    pub environment: Environment,
}

/// A split that was rolled back to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RollbackTrafficSplitOutcome {
    /// The split.
    pub restored: TrafficSplit,
    /// The generation before.
    pub previous_generation: u64,
    /// The generation now.
    pub new_generation: u64,
    /// The environment that it is in.
    pub environment: Environment,
}

impl DocumentType for SetTrafficSplitPayload {
    const NAME: &'static str = "SetTrafficSplitPayload";
    const SHAPE: Shape =
        Shape::object(&[("entries", Shape::list(&Elements::by_key("revision_id", Shape::PLAIN)))]);
}

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whether artifacts are checked against a revocation list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RevocationConfig {
    /// Whether an unreachable list stops a deployment.
    #[serde(default)]
    pub required: bool,
    /// Where the list is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list_ref: Option<String>,
}

/// How much of the past an environment keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RetentionPolicy {
    /// Archived revisions kept for each deployment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_revisions: Option<u32>,
    /// Days that audit events are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_retention_days: Option<u32>,
}

/// What was last seen of an environment's health.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HealthStatus {
    /// The verdict.
    #[serde(default)]
    pub state: HealthState,
    /// What people should know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_checked_at: Option<DateTime<Utc>>,
}

/// A verdict on health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    /// Not looked at yet.
    #[default]
    Unknown,
    /// Works.
    Green,
    /// Works with defects.
    Yellow,
    /// Does not work.
    Red,
}

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::document::DocumentType;
use crate::documents::{BundleDeployment, BundleDeploymentStatus, RevenueShareEntry, RouteBinding};
use crate::{BundleId, CustomerId, DeploymentId, RevisionId};

/// Deploys a bundle for a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AddBundlePayload {
    /// The bundle.
    pub bundle_id: BundleId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// Who gets the revenue; sums to 10,000 basis points.
    pub revenue_share: Vec<RevenueShareEntry>,
    /// Which requests reach it; all of them for tenant and team `default` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_binding: Option<RouteBinding>,
    /// What authorises it; `auth.json` when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_ref: Option<String>,
    /// Configuration that wins over the packs' own: pack id, key, value.
    #[serde(default)]
    pub config_overrides: BTreeMap<String, BTreeMap<String, Value>>,
}

/// Changes a deployment. What is named is replaced as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct UpdateBundlePayload {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Whether it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<BundleDeploymentStatus>,
    /// Which requests reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_binding: Option<RouteBinding>,
    /// Who gets the revenue. Even an unchanged one makes the next policy version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revenue_share: Option<Vec<RevenueShareEntry>>,
    /// Configuration that wins over the packs' own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_overrides: Option<BTreeMap<String, BTreeMap<String, Value>>>,
}

/// A deployment that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RemoveBundleOutcome {
    /// The deployment as it was.
    pub deployment: BundleDeployment,
    /// Its archived revisions, which went with it.
    pub pruned_revision_ids: Vec<RevisionId>,
}

impl DocumentType for AddBundlePayload {
    const NAME: &'static str = "AddBundlePayload";
}

impl DocumentType for UpdateBundlePayload {
    const NAME: &'static str = "UpdateBundlePayload";
}

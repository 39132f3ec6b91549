use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::validate::{check_basis_points, check_schema};
use crate::document::{DocumentType, Elements, Identified, Shape};
use crate::{
    BundleId, CustomerId, DeploymentId, EnvId, PartyId, RevisionId, SchemaVersion, SpecError,
};

/// How many packs `config_overrides` may name.
pub const MAX_CONFIG_OVERRIDE_PACKS: usize = 32;
/// How many keys `config_overrides` may have for one pack.
pub const MAX_CONFIG_OVERRIDE_KEYS_PER_PACK: usize = 64;
/// How large `config_overrides` may be as compact JSON, in bytes.
pub const MAX_CONFIG_OVERRIDE_BYTES: usize = 16_384;

/// Whether a deployment is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum BundleDeploymentStatus {
    /// In use.
    Active,
    /// Kept, not served.
    Paused,
    /// At its end.
    Archived,
}

/// The tenant and team that requests of a route belong to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TenantSelector {
    /// The tenant.
    pub tenant: String,
    /// The team.
    pub team: String,
}

/// Which requests reach a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RouteBinding {
    /// Host names; none means every host.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Path prefixes; none means every path.
    #[serde(default)]
    pub path_prefixes: Vec<String>,
    /// Whom the requests belong to.
    pub tenant_selector: TenantSelector,
}

impl RouteBinding {
    /// Every host and every path, for tenant `default` and team `default`.
    #[must_use]
    pub fn unrestricted() -> Self {
        let default = || "default".to_owned();
        Self {
            hosts: Vec::new(),
            path_prefixes: Vec::new(),
            tenant_selector: TenantSelector { tenant: default(), team: default() },
        }
    }
}

/// A party's share of the revenue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RevenueShareEntry {
    /// The party.
    pub party_id: PartyId,
    /// Its share in basis points; those of one deployment sum to 10,000.
    pub basis_points: u32,
}

/// Where usage is metered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct UsageMeter {
    /// The meter's URL.
    pub meter_endpoint: String,
    /// When it last answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<DateTime<Utc>>,
}

/// A bundle deployed for a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BundleDeployment {
    /// [`SchemaVersion::BUNDLE_DEPLOYMENT_V1`].
    pub schema: SchemaVersion,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The environment.
    pub env_id: EnvId,
    /// The bundle.
    pub bundle_id: BundleId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// Whether it is in use.
    pub status: BundleDeploymentStatus,
    /// The revisions of the deployment's traffic split, each once, in its order.
    #[serde(default)]
    pub current_revisions: Vec<RevisionId>,
    /// Which requests reach it.
    pub route_binding: RouteBinding,
    /// Who gets the revenue; the shares sum to 10,000 basis points.
    pub revenue_share: Vec<RevenueShareEntry>,
    /// The signed revenue policy: `billing-policies/<bundle>/<customer>/vN.json.sig`; empty before
    /// the first one is signed.
    pub revenue_policy_ref: PathBuf,
    /// Where usage is metered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageMeter>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// What authorised it; `auth.json` by default.
    pub authorization_ref: PathBuf,
    /// Configuration that wins over the packs' own: pack id, key, value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config_overrides: BTreeMap<String, BTreeMap<String, Value>>,
}

impl BundleDeployment {
    pub(crate) const SHAPE: Shape = Shape::object(&[(
        "revenue_share",
        Shape::list(&Elements::by_key("party_id", Shape::PLAIN)),
    )]);

    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::BUNDLE_DEPLOYMENT_V1
    }

    /// Checks the schema, the revenue share and the overrides, in that order.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        check_revenue_share(&self.revenue_share)?;
        check_config_overrides(&self.config_overrides)
    }
}

/// Shares of at most 10,000 basis points each that sum to 10,000.
pub(super) fn check_revenue_share(shares: &[RevenueShareEntry]) -> Result<(), SpecError> {
    check_basis_points(shares.iter().map(|share| share.basis_points))
}

fn check_config_overrides(
    overrides: &BTreeMap<String, BTreeMap<String, Value>>,
) -> Result<(), SpecError> {
    let max = MAX_CONFIG_OVERRIDE_PACKS;
    if overrides.len() > max {
        return Err(SpecError::ConfigOverridesTooManyPacks { count: overrides.len(), max });
    }
    for (pack_id, keys) in overrides {
        check_pack_overrides(pack_id, keys)?;
    }
    let bytes = compact_len(overrides);
    if bytes > MAX_CONFIG_OVERRIDE_BYTES {
        return Err(SpecError::ConfigOverridesTooLarge { bytes, max: MAX_CONFIG_OVERRIDE_BYTES });
    }
    Ok(())
}

/// A map of JSON values always has a JSON form; should it not, it is too large by definition.
fn compact_len(overrides: &BTreeMap<String, BTreeMap<String, Value>>) -> usize {
    serde_json::to_vec(overrides).map_or(usize::MAX, |bytes| bytes.len())
}

fn check_pack_overrides(pack_id: &str, keys: &BTreeMap<String, Value>) -> Result<(), SpecError> {
    if pack_id.is_empty() {
        return Err(SpecError::ConfigOverrideEmptyPackId);
    }
    let max = MAX_CONFIG_OVERRIDE_KEYS_PER_PACK;
    if keys.len() > max {
        return Err(SpecError::ConfigOverridesTooManyKeysForPack {
            pack_id: pack_id.to_owned(),
            count: keys.len(),
            max,
        });
    }
    if keys.contains_key("") {
        return Err(SpecError::ConfigOverrideEmptyKey { pack_id: pack_id.to_owned() });
    }
    Ok(())
}

impl Identified for BundleDeployment {
    type Id = DeploymentId;

    fn identity(&self) -> DeploymentId {
        self.deployment_id
    }
}

impl DocumentType for BundleDeployment {
    const NAME: &'static str = "BundleDeployment";
    const SHAPE: Shape = Self::SHAPE;
}

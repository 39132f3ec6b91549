use std::collections::BTreeMap;

use greentic_deploy_spec::{
    BundleDeployment, BundleId, CustomerId, EnvId, PartyId, RevenueShareEntry, RouteBinding,
    canonical_value, sha256_hex,
};
use greentic_env_store::defaults::LOCAL_ENV_ID;
use greentic_pack_format::BundleImage;
use serde_json::{Value, json};

use super::DeployRequest;
use crate::OpError;

/// Configuration that wins over the packs' own: pack id, key, value.
pub type ConfigOverrides = BTreeMap<String, BTreeMap<String, Value>>;

/// Who pays on the environment of this machine.
const LOCAL_CUSTOMER: &str = "local-dev";
/// Who gets the revenue when nothing else is said.
const DEFAULT_PARTY: &str = "greentic";

/// Everything that a deploy is about, made definite.
pub(super) struct Inputs<'a> {
    pub(super) image: &'a BundleImage,
    pub(super) bundle_id: BundleId,
    pub(super) customer_id: CustomerId,
    pub(super) route: Option<RouteBinding>,
    pub(super) overrides: Option<ConfigOverrides>,
    /// A digest of all of it.
    pub(super) digest: String,
}

impl<'a> Inputs<'a> {
    pub(super) fn of(request: &DeployRequest, image: &'a BundleImage) -> Result<Self, OpError> {
        let bundle_id = match &request.bundle_id {
            Some(bundle_id) => bundle_id.clone(),
            None => BundleId::from(image.bundle_id()),
        };
        let customer_id = customer(&request.env_id, request.customer_id.as_ref())?;
        let route = request.route.binding()?;
        let overrides = request.config_overrides.clone();
        let all = json!({
            "bundle": image.digest().to_string(),
            "bundle_id": bundle_id,
            "customer_id": customer_id,
            "route": route,
            "config_overrides": overrides,
            "drain_seconds": request.options.drain_seconds,
            "bundle_source_uri": request.options.bundle_source_uri,
        });
        let digest = format!("sha256:{}", sha256_hex(canonical_value(&all).as_bytes()));
        Ok(Self { image, bundle_id, customer_id, route, overrides, digest })
    }

    /// Whether a deployment is the one that is meant.
    pub(super) fn are_for(&self, deployment: &BundleDeployment) -> bool {
        deployment.bundle_id == self.bundle_id && deployment.customer_id == self.customer_id
    }

    /// The overrides that have to be changed; none when they are as they should be.
    pub(super) fn new_overrides(&self, deployment: &BundleDeployment) -> Option<&ConfigOverrides> {
        self.overrides.as_ref().filter(|overrides| **overrides != deployment.config_overrides)
    }
}

fn customer(env_id: &EnvId, given: Option<&CustomerId>) -> Result<CustomerId, OpError> {
    let customer_id = match given {
        None if env_id.as_str() == LOCAL_ENV_ID => CustomerId::from(LOCAL_CUSTOMER),
        None => return Err(OpError::CustomerMissing { env_id: env_id.clone() }),
        Some(customer_id) => customer_id.clone(),
    };
    customer_id.check_segment().map_err(|error| OpError::Customer {
        customer_id: customer_id.clone(),
        reason: error.reason.to_string(),
    })?;
    Ok(customer_id)
}

/// All of the revenue goes to one party.
pub(super) fn default_share() -> Vec<RevenueShareEntry> {
    let party_id = PartyId::from(DEFAULT_PARTY);
    vec![RevenueShareEntry { party_id, basis_points: greentic_deploy_spec::TOTAL_BASIS_POINTS }]
}

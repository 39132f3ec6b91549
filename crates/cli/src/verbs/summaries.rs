//! What the parts of an environment look like in answers.

use std::net::SocketAddr;

use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, BundleId, CustomerId, DeploymentId, EnvId,
    Environment, Revision,
};
use greentic_operations::RevisionSummary;
use serde::Serialize;

/// An environment in a list.
#[derive(Debug, Serialize)]
pub(crate) struct EnvSummary {
    pub(crate) environment_id: EnvId,
    pub(crate) name: String,
    pub(crate) region: Option<String>,
    pub(crate) tenant_org_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen_addr: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) public_base_url: Option<String>,
    pub(crate) pack_count: usize,
    pub(crate) bundle_count: usize,
    pub(crate) revision_count: usize,
}

impl EnvSummary {
    pub(crate) fn of(environment: &Environment) -> Self {
        let host = &environment.host_config;
        Self {
            environment_id: environment.environment_id.clone(),
            name: environment.name.clone(),
            region: host.region.clone(),
            tenant_org_id: host.tenant_org_id.clone(),
            listen_addr: host.listen_addr,
            public_base_url: host.public_base_url.clone(),
            pack_count: environment.packs.len(),
            bundle_count: environment.bundles.len(),
            revision_count: environment.revisions.len(),
        }
    }
}

/// A deployed bundle.
#[derive(Debug, Serialize)]
pub(crate) struct BundleSummary {
    pub(crate) environment_id: EnvId,
    pub(crate) bundle_id: BundleId,
    pub(crate) deployment_id: DeploymentId,
    pub(crate) customer_id: CustomerId,
    pub(crate) status: BundleDeploymentStatus,
    pub(crate) current_revision_count: usize,
    pub(crate) hosts: Vec<String>,
    pub(crate) path_prefixes: Vec<String>,
}

impl BundleSummary {
    pub(crate) fn of(environment: &Environment, bundle: &BundleDeployment) -> Self {
        Self {
            environment_id: environment.environment_id.clone(),
            bundle_id: bundle.bundle_id.clone(),
            deployment_id: bundle.deployment_id,
            customer_id: bundle.customer_id.clone(),
            status: bundle.status,
            current_revision_count: bundle.current_revisions.len(),
            hosts: bundle.route_binding.hosts.clone(),
            path_prefixes: bundle.route_binding.path_prefixes.clone(),
        }
    }

    /// Where its requests come from.
    pub(crate) fn reached_by(&self) -> String {
        let all: Vec<&str> =
            self.hosts.iter().chain(&self.path_prefixes).map(String::as_str).collect();
        if all.is_empty() { "everything".to_owned() } else { all.join(" ") }
    }
}

/// A revision in a list.
#[derive(Debug, Serialize)]
pub(crate) struct RevisionRow {
    #[serde(flatten)]
    pub(crate) summary: RevisionSummary,
    /// Its share of the traffic in basis points; none when no split names it.
    pub(crate) weight_bps: Option<u64>,
    bundle_digest: String,
    pub(crate) created_at: String,
}

impl RevisionRow {
    pub(crate) fn of(environment: &Environment, revision: &Revision) -> Self {
        let split = environment.split_of(revision.deployment_id);
        Self {
            summary: RevisionSummary::of(revision),
            weight_bps: split.and_then(|split| split.weight_of(revision.revision_id)),
            bundle_digest: revision.bundle_digest.clone(),
            created_at: time(revision.created_at),
        }
    }
}

/// A time as people and programs read it.
pub(crate) fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A share of the traffic as people read it: `90%`, `0.05%`.
pub(crate) fn percent(weight_bps: u64) -> String {
    let (whole, rest) = (weight_bps / 100, weight_bps % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{whole}%"),
        (_, 0) => format!("{whole}.{}%", rest / 10),
        _ => format!("{whole}.{rest:02}%"),
    }
}

/// A word of a document as it is written there.
pub(crate) fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn basis_points_are_percent_with_as_many_digits_as_they_need() {
        let all = [0, 5, 50, 105, 1_250, 9_000, 10_000].map(percent);
        assert_eq!(all, ["0%", "0.05%", "0.5%", "1.05%", "12.5%", "90%", "100%"]);
    }
}

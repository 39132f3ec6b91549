use std::collections::BTreeMap;

use greentic_deploy_spec::routing::{Routing, is_reserved_path, salt, slot_of};
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, BundleId, DeploymentId, Document, Environment,
    RevisionId,
};
use serde::Serialize;

use super::find::{Directory, Named};
use super::table::{Route, RouteTable, shown_prefix};
use crate::activation::slot_table;

/// Why a request goes where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteExplanation {
    /// The host that was asked for; none when the request names none.
    pub host: Option<String>,
    /// The path.
    pub path: String,
    /// The bindings that match, the most specific one first.
    pub candidates: Vec<RouteCandidate>,
    /// The deployment that serves; none when there is no route.
    pub deployment_id: Option<DeploymentId>,
    /// Its bundle.
    pub bundle_id: Option<BundleId>,
    /// The tenant that the request belongs to.
    pub tenant: Option<String>,
    /// Its team.
    pub team: Option<String>,
    /// What decided, in words.
    pub why: String,
    /// The caller's key.
    pub key: String,
    /// The slot of the key; none when no deployment serves.
    pub slot: Option<u16>,
    /// The revision that owns the slot. A conversation that is parked elsewhere is served there
    /// instead. None when the deployment has no traffic split.
    pub revision_id: Option<RevisionId>,
}

/// A binding that matches a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RouteCandidate {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Its bundle.
    pub bundle_id: BundleId,
    /// The host pattern, `*` for every host.
    pub host: String,
    /// The path prefix.
    pub path_prefix: String,
}

/// Explains which deployment and revision serve a host, a path and a caller's key.
///
/// It is what a gateway that serves this environment does, as a function: nothing is asked or changed.
#[must_use]
pub fn explain(
    environment: &Document<Environment>,
    routing: Option<&Routing>,
    host: Option<&str>,
    path: &str,
    key: &str,
) -> RouteExplanation {
    let served = served(environment);
    let path = &if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let routes = RouteTable::new(served.iter().map(|(id, one)| (*id, &one.route_binding)));
    let named = |id: DeploymentId| {
        let deployment = served.get(&id)?;
        let tenant = deployment.route_binding.tenant_selector.tenant.as_str();
        Some(Named { tenant, bundle_id: &deployment.bundle_id })
    };
    let default_bundle = environment.default_bundle();
    let directory = Directory { routes: &routes, default_bundle: default_bundle.as_ref(), named };
    let is_own = is_reserved_path(path);
    let found = directory.find(host, path).filter(|_| !is_own);
    let matching: Vec<_> = routes.matching(host, path).filter(|_| !is_own).collect();
    let winner = match &found {
        Some(found) => Some(found.deployment_id),
        None => matching.first().map(|route| route.deployment_id),
    };
    let deployment = winner.and_then(|id| served.get(&id).copied());
    let selector = deployment.map(|one| one.route_binding.tenant_selector.clone());
    RouteExplanation {
        host: host.map(str::to_owned),
        path: path.to_owned(),
        candidates: matching.iter().filter_map(|route| candidate(route, &served)).collect(),
        deployment_id: winner,
        bundle_id: deployment.map(|one| one.bundle_id.clone()),
        tenant: selector.as_ref().map(|selector| selector.tenant.clone()),
        team: selector.map(|selector| selector.team),
        why: if is_own { reserved(path) } else { why(&matching, winner) },
        key: key.to_owned(),
        slot: winner.map(|id| slot_of(salt(id), key.as_bytes()).get()),
        revision_id: winner
            .and_then(|id| slot_table(environment, routing, id))
            .map(|table| table.choose(key.as_bytes())),
    }
}

fn served(environment: &Environment) -> BTreeMap<DeploymentId, &BundleDeployment> {
    let active = environment
        .bundles
        .iter()
        .filter(|deployment| deployment.status == BundleDeploymentStatus::Active);
    active.map(|deployment| (deployment.deployment_id, deployment)).collect()
}

fn candidate(
    route: &Route,
    served: &BTreeMap<DeploymentId, &BundleDeployment>,
) -> Option<RouteCandidate> {
    Some(RouteCandidate {
        deployment_id: route.deployment_id,
        bundle_id: served.get(&route.deployment_id)?.bundle_id.clone(),
        host: route.host.to_string(),
        path_prefix: shown_prefix(&route.prefix).to_owned(),
    })
}

fn reserved(path: &str) -> String {
    format!("`{path}` is reserved: the gateway answers it itself, whatever is deployed")
}

fn why(matching: &[&Route], winner: Option<DeploymentId>) -> String {
    let Some(winner) = winner else {
        return "no active deployment is bound to this host and path".to_owned();
    };
    let Some(at) = matching.iter().position(|route| route.deployment_id == winner) else {
        return "the path names a tenant and a worker of its own; path prefixes do not count for it"
            .to_owned();
    };
    if at > 0 {
        return "the path names the tenant or worker of this deployment".to_owned();
    }
    match (matching.first(), matching.get(1)) {
        (Some(_), None) => "it is the only binding that matches".to_owned(),
        (Some(first), Some(second)) if first.host != second.host => {
            format!("host `{}` is more specific than `{}`", first.host, second.host)
        }
        (Some(first), Some(second)) if first.prefix != second.prefix => format!(
            "path prefix `{}` is longer than `{}`",
            shown_prefix(&first.prefix),
            shown_prefix(&second.prefix)
        ),
        _ => "the bindings are equally specific; the lowest deployment id wins".to_owned(),
    }
}

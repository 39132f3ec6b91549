use std::collections::{BTreeMap, BTreeSet};

use greentic_deploy_spec::{DeploymentId, RouteBinding};
use serde::Serialize;

use super::host::{self, HostPattern};

/// Which deployment serves which hosts and paths.
///
/// The most specific route wins: the exact host before a wildcard before any host, then the longest
/// path prefix, then the lowest deployment id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteTable {
    /// The routes of each pattern, the longest prefix first.
    routes: BTreeMap<HostPattern, Vec<Route>>,
    ambiguities: Vec<Ambiguity>,
}

/// One host pattern and path prefix of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) deployment_id: DeploymentId,
    pub(crate) host: HostPattern,
    /// Without a slash at its end; empty for every path.
    pub(crate) prefix: String,
}

/// Deployments that are bound to the same host and path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ambiguity {
    /// The host, `*` for every host.
    pub host: String,
    /// The path prefix.
    pub path_prefix: String,
    /// The deployments, the one that wins first.
    pub deployments: Vec<DeploymentId>,
}

impl RouteTable {
    /// The table of these bindings.
    pub fn new<'b>(bindings: impl IntoIterator<Item = (DeploymentId, &'b RouteBinding)>) -> Self {
        let mut sorted: BTreeMap<HostPattern, BTreeMap<String, BTreeSet<DeploymentId>>> =
            BTreeMap::new();
        for (deployment_id, binding) in bindings {
            for host in or_everything(&binding.hosts, "*") {
                let prefixes = sorted.entry(HostPattern::parse(host)).or_default();
                for prefix in or_everything(&binding.path_prefixes, "/") {
                    prefixes.entry(normal_prefix(prefix)).or_default().insert(deployment_id);
                }
            }
        }
        let ambiguities = ambiguities(&sorted);
        let routes = sorted.into_iter().map(|(host, prefixes)| {
            let mut routes: Vec<Route> = Vec::new();
            for (prefix, deployments) in prefixes {
                routes.extend(deployments.into_iter().map(|deployment_id| Route {
                    deployment_id,
                    host: host.clone(),
                    prefix: prefix.clone(),
                }));
            }
            // Stable: what is equally long stays in the order of prefixes and deployments.
            routes.sort_by_key(|route| std::cmp::Reverse(route.prefix.len()));
            (host, routes)
        });
        Self { routes: routes.collect(), ambiguities }
    }

    /// Bindings between which only the order of deployment ids decides.
    #[must_use]
    pub fn ambiguities(&self) -> &[Ambiguity] {
        &self.ambiguities
    }

    /// Whether a binding names this host, or one that it is below.
    pub(crate) fn names(&self, host: &str) -> bool {
        host::requested(host).is_some_and(|name| {
            let has = |pattern| self.routes.contains_key(&pattern);
            host::above(&name).any(|above| has(HostPattern::Below(above.to_owned())))
                || has(HostPattern::Exactly(name.clone()))
        })
    }

    /// The routes that a host and path match, the one that wins first.
    pub(crate) fn matching<'t>(
        &'t self,
        host: Option<&str>,
        path: &'t str,
    ) -> impl Iterator<Item = &'t Route> {
        self.of_host(host).into_iter().filter(move |route| below(path, &route.prefix).is_some())
    }

    /// The routes of a host whatever their path, the most specific one first.
    pub(crate) fn of_host(&self, host: Option<&str>) -> Vec<&Route> {
        let mut found = Vec::new();
        let mut add = |pattern: &HostPattern| {
            found.extend(self.routes.get(pattern).into_iter().flatten());
        };
        if let Some(name) = host.and_then(host::requested) {
            for above in host::above(&name) {
                add(&HostPattern::Below(above.to_owned()));
            }
            add(&HostPattern::Exactly(name));
        }
        add(&HostPattern::Any);
        // Stable: within a pattern the longest prefix stays first.
        found.sort_by_key(|route: &&Route| std::cmp::Reverse(route.host.specificity()));
        found
    }
}

/// An empty list means everything.
fn or_everything<'a>(list: &'a [String], everything: &'a str) -> impl Iterator<Item = &'a str> {
    let all = list.is_empty().then_some(everything);
    list.iter().map(String::as_str).chain(all)
}

/// With a slash in front and none behind; empty for every path.
fn normal_prefix(prefix: &str) -> String {
    let inner = prefix.trim().trim_matches('/');
    if inner.is_empty() { String::new() } else { format!("/{inner}") }
}

/// What a path is below a prefix, segment by segment; none when it is elsewhere.
pub(crate) fn below<'p>(path: &'p str, prefix: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

fn ambiguities(
    sorted: &BTreeMap<HostPattern, BTreeMap<String, BTreeSet<DeploymentId>>>,
) -> Vec<Ambiguity> {
    let mut found = Vec::new();
    for (host, prefixes) in sorted {
        for (prefix, deployments) in prefixes.iter().filter(|(_, all)| all.len() > 1) {
            found.push(Ambiguity {
                host: host.to_string(),
                path_prefix: shown_prefix(prefix).to_owned(),
                deployments: deployments.iter().copied().collect(),
            });
        }
    }
    found
}

/// A prefix as people write it.
pub(crate) fn shown_prefix(prefix: &str) -> &str {
    if prefix.is_empty() { "/" } else { prefix }
}

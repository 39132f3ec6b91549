//! Which requests reach which deployment, as far as it has to be clear before something is deployed.

use greentic_deploy_spec::routing::is_reserved_prefix;
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, BundleId, Document, Environment, RouteBinding,
    TenantSelector,
};

use crate::OpError;

/// The route that a deploy asks for. Nothing asked for is every host and path, for tenant and team `default`; for a
/// deployment that is there, it is the route that it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouteRequest {
    /// Host names; none means every host.
    pub hosts: Vec<String>,
    /// Path prefixes; none means every path.
    pub path_prefixes: Vec<String>,
    /// Whom the requests belong to; `default` when not given.
    pub tenant: Option<String>,
    /// The team; `default` when not given.
    pub team: Option<String>,
}

const MOST: usize = 64;
const LONGEST: usize = 253;

impl RouteRequest {
    /// The binding that it comes to; none when nothing is asked for.
    ///
    /// # Errors
    /// [`OpError::Route`] with what cannot be part of a route.
    pub fn binding(&self) -> Result<Option<RouteBinding>, OpError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let selects = self.tenant.iter().chain(&self.team).next();
        if let Some(name) =
            selects.filter(|_| self.hosts.is_empty() && self.path_prefixes.is_empty())
        {
            let expected =
                "give a host or a path prefix, too, by which its requests are told apart";
            return Err(wrong("a tenant or team of its own", name, expected));
        }
        let named = |name: &Option<String>| name.clone().unwrap_or_else(|| "default".to_owned());
        let path_prefixes = listed(&self.path_prefixes, "a path prefix", path_prefix)?;
        if let Some(reserved) = path_prefixes.iter().find(|prefix| is_reserved_prefix(prefix)) {
            let expected = "the gateway answers it itself; take another one, such as `/chat`";
            return Err(wrong("a path prefix", reserved, expected));
        }
        Ok(Some(RouteBinding {
            hosts: listed(&self.hosts, "a host", host_name)?,
            path_prefixes,
            tenant_selector: TenantSelector {
                tenant: name("a tenant", named(&self.tenant))?,
                team: name("a team", named(&self.team))?,
            },
        }))
    }
}

fn wrong(what: &'static str, value: &str, expected: &'static str) -> OpError {
    OpError::Route { what, value: crate::error::shortened(value), expected }
}

fn listed(
    values: &[String],
    what: &'static str,
    one: fn(&str) -> Option<String>,
) -> Result<Vec<String>, OpError> {
    let mut all = Vec::new();
    if let Some(surplus) = values.get(MOST) {
        return Err(wrong(what, surplus, "name at most 64"));
    }
    for value in values {
        let expected =
            "write a name without a port, such as `chat.example.com`, or a path such as `/chat`";
        let value = one(value).ok_or_else(|| wrong(what, value, expected))?;
        if !all.contains(&value) {
            all.push(value);
        }
    }
    Ok(all)
}

/// The same as [`host`], for what is asked for: a route is one of every port, so that nobody should name one.
fn host_name(text: &str) -> Option<String> {
    if text.contains(':') { None } else { host(text) }
}

/// A host name in lower case, without port and the dot at its end; `*` for every host, `*.` before a name for those below it.
fn host(text: &str) -> Option<String> {
    let text = text.trim();
    let name = text.rsplit_once(':').map_or(text, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { text }
    });
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let is_part = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !part.is_empty() && part.bytes().all(is_plain)
    };
    let is_name = name == "*" || name.strip_prefix("*.").unwrap_or(&name).split('.').all(is_part);
    (is_name && name.len() <= LONGEST).then_some(name)
}

/// A path that starts with a slash and does not end with one, but for the root.
fn path_prefix(text: &str) -> Option<String> {
    let below = text.trim().trim_matches('/');
    let is_part = |part: &str| {
        let is_plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:@".contains(&byte);
        !matches!(part, "" | "." | "..") && part.bytes().all(is_plain)
    };
    let is_path = below.is_empty() || below.split('/').all(is_part);
    (is_path && below.len() <= LONGEST).then(|| format!("/{below}"))
}

fn name(what: &'static str, text: String) -> Result<String, OpError> {
    let is_name = !text.trim().is_empty()
        && text.len() <= LONGEST
        && !text.contains(|one: char| one.is_control() || one == '/' || one == '\\');
    if is_name { Ok(text) } else { Err(wrong(what, &text, "write a plain name")) }
}

/// Tells whether two bindings are the same route.
pub(crate) fn same(left: &RouteBinding, right: &RouteBinding) -> bool {
    left.tenant_selector == right.tenant_selector && {
        let (mut left, mut right) = (pairs(left), pairs(right));
        left.sort();
        right.sort();
        left == right
    }
}

/// Fails when another deployment in use has one of the routes of a bundle: then nothing tells which one is meant, unless one of
/// them is the environment's default bundle.
pub(crate) fn check_unambiguous(
    environment: &Document<Environment>,
    bundle_id: &BundleId,
    binding: &RouteBinding,
    is_itself: impl Fn(&BundleDeployment) -> bool,
) -> Result<(), OpError> {
    let default = environment.default_bundle();
    if default.as_ref() == Some(bundle_id) {
        return Ok(());
    }
    let ours = pairs(binding);
    let in_use = environment.bundles.iter().filter(|other| {
        let is_used = matches!(other.status, BundleDeploymentStatus::Active);
        is_used && !is_itself(other) && default.as_ref() != Some(&other.bundle_id)
    });
    for other in in_use {
        if let Some(route) = pairs(&other.route_binding).into_iter().find(|one| ours.contains(one))
        {
            return Err(OpError::RouteTaken {
                bundle_id: bundle_id.clone(),
                other: other.bundle_id.clone(),
                route: shown(&route),
            });
        }
    }
    Ok(())
}

/// Each host with each path prefix, as they are compared.
fn pairs(binding: &RouteBinding) -> Vec<(String, String)> {
    let or_all = |values: Vec<String>| if values.is_empty() { vec![String::new()] } else { values };
    let usual =
        |text: &String, one: fn(&str) -> Option<String>| one(text).unwrap_or_else(|| text.clone());
    let any = |name: String| if name == "*" { String::new() } else { name };
    let hosts = or_all(binding.hosts.iter().map(|text| any(usual(text, host))).collect());
    let prefixes = binding.path_prefixes.iter().map(|text| usual(text, path_prefix)).collect();
    let prefixes = if binding.path_prefixes.is_empty() { vec!["/".to_owned()] } else { prefixes };
    hosts
        .iter()
        .flat_map(|host| prefixes.iter().map(|prefix| (host.clone(), prefix.clone())))
        .collect()
}

fn shown((host, prefix): &(String, String)) -> String {
    match host.as_str() {
        "" => format!("path `{prefix}` of every host"),
        host => format!("`{host}{prefix}`"),
    }
}

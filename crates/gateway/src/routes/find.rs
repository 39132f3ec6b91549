use greentic_deploy_spec::{BundleId, DeploymentId};

use super::Address;
use super::table::{Route, RouteTable, below};

/// What is found for a host and path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) deployment_id: DeploymentId,
    pub(crate) address: Address,
}

/// What finding needs to know of a deployment.
pub(crate) struct Named<'d> {
    pub(crate) tenant: &'d str,
    pub(crate) bundle_id: &'d BundleId,
}

/// The deployments that can be found, and which one is meant when a path names none.
pub(crate) struct Directory<'d, F> {
    pub(crate) routes: &'d RouteTable,
    pub(crate) default_bundle: Option<&'d BundleId>,
    /// Tells about a deployment; none when it is not one of those that are looked for.
    pub(crate) named: F,
}

impl<'d, F: Fn(DeploymentId) -> Option<Named<'d>>> Directory<'d, F> {
    /// The deployment that a host and path lead to.
    ///
    /// An address may stand below a deployment's path prefix, or without it: then every deployment of
    /// the host is looked at, and those that a route covers come first.
    pub(crate) fn find(&self, host: Option<&str>, path: &str) -> Option<Found> {
        match Address::parse(path) {
            Some(address) => {
                let deployment_id = self.without_prefix(host, path, &address)?;
                Some(Found { deployment_id, address })
            }
            None => self.below_prefix(host, path),
        }
    }

    /// The deployment that a host leads to where the path says nothing.
    pub(crate) fn home(&self, host: Option<&str>) -> Option<DeploymentId> {
        // An address that names neither tenant nor bundle.
        self.without_prefix(host, "/", &Address::Invoke)
    }

    fn without_prefix(
        &self,
        host: Option<&str>,
        path: &str,
        address: &Address,
    ) -> Option<DeploymentId> {
        let fits = |route: &&Route| self.fits(route.deployment_id, address);
        let covering: Vec<_> = self.routes.matching(host, path).filter(fits).collect();
        self.preferred(&covering, address).or_else(|| {
            let mut others = self.routes.of_host(host);
            others.retain(|route| fits(route));
            let lone = others.first().map(|route| route.deployment_id);
            let lone = lone.filter(|id| others.iter().all(|other| other.deployment_id == *id));
            self.default_of(others, address).or(lone)
        })
    }

    /// The default bundle's where nothing was named, else the one that wins.
    fn preferred(&self, routes: &[&Route], address: &Address) -> Option<DeploymentId> {
        let first = routes.first()?;
        let as_good = |route: &&Route| route.host == first.host && route.prefix == first.prefix;
        let ties = routes.iter().copied().filter(as_good);
        self.default_of(ties, address).or(Some(first.deployment_id))
    }

    fn default_of<'r>(
        &self,
        routes: impl IntoIterator<Item = &'r Route>,
        address: &Address,
    ) -> Option<DeploymentId> {
        let default = self.default_bundle.filter(|_| address.bundle().is_none())?;
        let is_default = |route: &&Route| {
            (self.named)(route.deployment_id).is_some_and(|named| named.bundle_id == default)
        };
        routes.into_iter().find(is_default).map(|route| route.deployment_id)
    }

    fn below_prefix(&self, host: Option<&str>, path: &str) -> Option<Found> {
        self.routes.matching(host, path).find_map(|route| {
            let address = Address::parse(below(path, &route.prefix)?)?;
            let deployment_id = route.deployment_id;
            self.fits(deployment_id, &address).then_some(Found { deployment_id, address })
        })
    }

    fn fits(&self, deployment_id: DeploymentId, address: &Address) -> bool {
        (self.named)(deployment_id).is_some_and(|named| {
            address.tenant().is_none_or(|tenant| tenant == named.tenant)
                && address.bundle().is_none_or(|bundle| bundle == named.bundle_id.as_str())
        })
    }
}

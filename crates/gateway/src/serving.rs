//! What serves: one value that is swapped as a whole and never changed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use greentic_deploy_spec::routing::SlotTable;
use greentic_deploy_spec::{BundleId, DeploymentId, RevisionId};
use greentic_runner_host::TenantRuntime;

use crate::activation::{LoadKey, Obstacle, Quarantined, SplitPlan, Wanted};
use crate::routes::{Directory, Found, Named, RouteTable};

/// Everything that a request needs to know. A request keeps the one that it began with.
#[derive(Debug, Default)]
pub(crate) struct Serving {
    /// The generation that this shows; none before the first one.
    pub(crate) wanted: Option<Arc<Wanted>>,
    /// Nothing is left to wait for.
    pub(crate) is_complete: bool,
    pub(crate) routes: Arc<RouteTable>,
    pub(crate) deployments: BTreeMap<DeploymentId, Arc<Deployment>>,
    pub(crate) quarantined: BTreeMap<LoadKey, Quarantined>,
    pub(crate) has_page: bool,
}

/// A deployment, as it serves.
#[derive(Debug)]
pub(crate) struct Deployment {
    pub(crate) deployment_id: DeploymentId,
    pub(crate) bundle_id: BundleId,
    pub(crate) tenant: String,
    pub(crate) team: String,
    /// None when nothing says who serves whom, or nobody can.
    pub(crate) choice: Option<Choice>,
    /// All revisions that requests may reach, those without a share too.
    pub(crate) loaded: Vec<Arc<Loaded>>,
    /// Why it is not served as the environment wants.
    pub(crate) obstacle: Option<Obstacle>,
}

/// Who serves whom.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    table: Arc<SlotTable>,
    /// The revisions of the table that are loaded.
    owners: BTreeMap<RevisionId, Arc<Loaded>>,
    /// Serves the slots of revisions that are not loaded: the one with the greatest share.
    substitute: Arc<Loaded>,
}

/// A revision that is ready to serve.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) key: LoadKey,
    pub(crate) runtime: Arc<TenantRuntime>,
    running: AtomicUsize,
}

/// A turn that runs on a revision, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running(Arc<Loaded>);

impl Loaded {
    pub(crate) fn new(key: LoadKey, runtime: Arc<TenantRuntime>) -> Self {
        Self { key, runtime, running: AtomicUsize::new(0) }
    }

    pub(crate) fn revision_id(&self) -> RevisionId {
        self.key.revision_id
    }

    /// Turns that run on it.
    pub(crate) fn running(&self) -> usize {
        self.running.load(Ordering::SeqCst)
    }

    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(Arc::clone(self))
    }
}

impl Running {
    pub(crate) fn revision(&self) -> &Arc<Loaded> {
        &self.0
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Choice {
    /// None when no revision of the table is loaded.
    pub(crate) fn new(table: Arc<SlotTable>, loaded: &[Arc<Loaded>]) -> Option<Self> {
        let find = |id: RevisionId| loaded.iter().find(|one| one.revision_id() == id);
        let shares: Vec<_> = table
            .shares()
            .filter_map(|(id, share)| find(id).map(|loaded| (share, Arc::clone(loaded))))
            .collect();
        // Of equal shares the lowest revision, so that all gateways choose the same one.
        let by_share = |one: &&(u32, Arc<Loaded>)| (one.0, std::cmp::Reverse(one.1.revision_id()));
        let (_, substitute) = shares.iter().max_by_key(by_share)?;
        let substitute = Arc::clone(substitute);
        let owners = shares.into_iter().map(|(_, one)| (one.revision_id(), one)).collect();
        Some(Self { table, owners, substitute })
    }

    /// The revision for a key.
    pub(crate) fn choose(&self, key: &str) -> &Arc<Loaded> {
        self.owners.get(&self.table.choose(key.as_bytes())).unwrap_or(&self.substitute)
    }

    fn revisions(&self) -> impl Iterator<Item = &Arc<Loaded>> {
        self.owners.values()
    }
}

impl Serving {
    /// What serves at a generation, made of what is loaded. Deployments that cannot be served as
    /// wanted go on as they are in `before`.
    pub(crate) fn new(
        wanted: Arc<Wanted>,
        splits: &BTreeMap<DeploymentId, SplitPlan>,
        loaded: &BTreeMap<LoadKey, Arc<Loaded>>,
        quarantined: BTreeMap<LoadKey, Quarantined>,
        before: &Self,
    ) -> Self {
        let deployments = wanted.deployments.keys().filter_map(|id| {
            let split = splits.get(id).copied().unwrap_or(SplitPlan::Wanted);
            let previous = before.deployments.get(id);
            Some((*id, Arc::new(deployment(&wanted, *id, split, loaded, previous)?)))
        });
        Self {
            is_complete: false,
            routes: Arc::clone(&wanted.routes),
            deployments: deployments.collect(),
            quarantined,
            has_page: wanted.has_page,
            wanted: Some(wanted),
        }
    }

    /// The generation that is served; none before the first one.
    pub(crate) fn generation(&self) -> Option<u64> {
        self.wanted.as_ref().map(|wanted| wanted.generation)
    }

    /// Where a host and path lead to.
    pub(crate) fn find(&self, host: Option<&str>, path: &str) -> Option<(Arc<Deployment>, Found)> {
        self.find_among(host, path, |_| true)
    }

    /// The same among the deployments that a caller means.
    pub(crate) fn find_among(
        &self,
        host: Option<&str>,
        path: &str,
        meant: impl Fn(&Deployment) -> bool,
    ) -> Option<(Arc<Deployment>, Found)> {
        let found = self.directory(meant).find(host, path)?;
        let deployment = self.deployments.get(&found.deployment_id)?;
        Some((Arc::clone(deployment), found))
    }

    /// The deployment that a host leads to where the path says nothing.
    pub(crate) fn home(&self, host: Option<&str>) -> Option<&Arc<Deployment>> {
        self.deployments.get(&self.directory(|_| true).home(host)?)
    }

    /// What can be found, of the deployments that a caller means.
    fn directory<'s>(
        &'s self,
        meant: impl Fn(&Deployment) -> bool + 's,
    ) -> Directory<'s, impl Fn(DeploymentId) -> Option<Named<'s>>> {
        let named = move |id: DeploymentId| {
            let deployment = self.deployments.get(&id).filter(|one| meant(one))?;
            Some(Named { tenant: &deployment.tenant, bundle_id: &deployment.bundle_id })
        };
        let default_bundle = self.wanted.as_ref().and_then(|wanted| wanted.default_bundle.as_ref());
        Directory { routes: &self.routes, default_bundle, named }
    }
}

fn deployment(
    wanted: &Wanted,
    id: DeploymentId,
    split: SplitPlan,
    loaded: &BTreeMap<LoadKey, Arc<Loaded>>,
    previous: Option<&Arc<Deployment>>,
) -> Option<Deployment> {
    let wanted = wanted.deployments.get(&id)?;
    let selector = &wanted.deployment.route_binding.tenant_selector;
    let ready = wanted.revisions.values().filter_map(|revision| loaded.get(&revision.key));
    let mut ready: Vec<_> = ready.cloned().collect();
    let chosen = || wanted.table.clone().and_then(|table| Choice::new(table, &ready));
    // What was loaded for another tenant must not serve this one.
    let kept = previous
        .filter(|previous| previous.tenant == selector.tenant)
        .and_then(|previous| previous.choice.clone());
    let (choice, obstacle) = match split {
        SplitPlan::Wanted => (chosen(), None),
        SplitPlan::Before(obstacle) => (kept.or_else(chosen), Some(obstacle)),
    };
    let extra: Vec<_> = choice.iter().flat_map(Choice::revisions).cloned().collect();
    for one in extra {
        if !ready.iter().any(|ready| ready.key == one.key) {
            ready.push(one);
        }
    }
    Some(Deployment {
        deployment_id: id,
        bundle_id: wanted.deployment.bundle_id.clone(),
        tenant: selector.tenant.clone(),
        team: selector.team.clone(),
        choice,
        loaded: ready,
        obstacle,
    })
}

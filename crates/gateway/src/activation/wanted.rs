use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::routing::{Routing, SlotTable};
use greentic_deploy_spec::{
    BundleDeployment, BundleDeploymentStatus, BundleId, DeploymentId, Document, Environment,
    Revision, RevisionId, TrafficSplit, TrustedKey, sha256_hex,
};
use greentic_env_store::EnvSnapshot;
use serde_json::Value;

use crate::routes::RouteTable;

/// What an environment asks a gateway to serve at one generation.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) generation: u64,
    pub(crate) deployments: BTreeMap<DeploymentId, WantedDeployment>,
    /// The revisions that drain, those of deployments that are not active too.
    pub(crate) draining: Vec<WantedRevision>,
    pub(crate) routes: Arc<RouteTable>,
    /// What serves addresses that name no bundle.
    pub(crate) default_bundle: Option<BundleId>,
    /// Whether the page is served.
    pub(crate) has_page: bool,
    /// The keys that signatures of packs are checked against.
    pub(crate) trust: Vec<TrustedKey>,
    /// What runtime references stand for.
    pub(crate) discovered: Arc<BTreeMap<String, Value>>,
}

/// An active deployment.
#[derive(Clone, Debug)]
pub(crate) struct WantedDeployment {
    pub(crate) deployment: BundleDeployment,
    /// None without a traffic split.
    pub(crate) split: Option<TrafficSplit>,
    /// Who serves whom; none without a traffic split.
    pub(crate) table: Option<Arc<SlotTable>>,
    /// Its revisions that requests may reach.
    pub(crate) revisions: BTreeMap<RevisionId, WantedRevision>,
}

/// A revision that requests may reach.
#[derive(Clone, Debug)]
pub(crate) struct WantedRevision {
    pub(crate) revision: Revision,
    pub(crate) key: LoadKey,
    /// It takes no new conversations.
    pub(crate) drain: Option<Drain>,
}

/// How long a revision drains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drain {
    /// None when another tool began it without saying when.
    pub(crate) since: Option<DateTime<Utc>>,
    pub(crate) seconds: u32,
}

impl Drain {
    /// When what is left is cut off.
    pub(crate) fn deadline(&self) -> Option<DateTime<Utc>> {
        let allowed = TimeDelta::seconds(i64::from(self.seconds));
        self.since
            .map(|since| since.checked_add_signed(allowed).unwrap_or(DateTime::<Utc>::MAX_UTC))
    }
}

/// Names what is loaded for a revision: what is loaded for one name never differs from what is loaded
/// for it later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct LoadKey {
    pub(crate) revision_id: RevisionId,
    pub(crate) deployment_id: DeploymentId,
    pub(crate) tenant: String,
    /// Digest of the deployment's configuration overrides: other ones are other runtimes.
    overrides: String,
}

impl LoadKey {
    pub(super) fn new(revision_id: RevisionId, deployment: &BundleDeployment) -> Self {
        let overrides = serde_json::to_vec(&deployment.config_overrides).unwrap_or_default();
        Self {
            revision_id,
            deployment_id: deployment.deployment_id,
            tenant: deployment.route_binding.tenant_selector.tenant.clone(),
            overrides: sha256_hex(&overrides),
        }
    }
}

impl Wanted {
    /// What a snapshot asks for; nothing when there is no environment.
    pub(crate) fn of(snapshot: &EnvSnapshot, before: Option<&Self>) -> Self {
        let trust = snapshot.trust_root().map(|root| root.keys.clone()).unwrap_or_default();
        let discovered = snapshot.runtime().map(|runtime| runtime.discovered.clone());
        let discovered = Arc::new(discovered.unwrap_or_default());
        let generation = snapshot.generation();
        let Some(environment) = snapshot.environment() else {
            return Self {
                generation,
                deployments: BTreeMap::new(),
                draining: Vec::new(),
                routes: Arc::default(),
                default_bundle: None,
                has_page: false,
                trust,
                discovered,
            };
        };
        let deployments = deployments(environment, snapshot.routing(), before);
        let bindings =
            deployments.iter().map(|(id, wanted)| (*id, &wanted.deployment.route_binding));
        Self {
            generation,
            routes: Arc::new(RouteTable::new(bindings)),
            draining: draining(environment),
            deployments,
            default_bundle: environment.default_bundle(),
            has_page: environment.host_config.resolved_gui_enabled(),
            trust,
            discovered,
        }
    }

    pub(crate) fn revisions(&self) -> impl Iterator<Item = &WantedRevision> {
        self.deployments.values().flat_map(|deployment| deployment.revisions.values())
    }

    /// A revision by the name of what is loaded for it.
    pub(crate) fn revision(&self, key: &LoadKey) -> Option<&WantedRevision> {
        let deployment = self.deployments.get(&key.deployment_id)?;
        deployment.revisions.get(&key.revision_id).filter(|wanted| wanted.key == *key)
    }
}

fn deployments(
    environment: &Document<Environment>,
    routing: Option<&Routing>,
    before: Option<&Wanted>,
) -> BTreeMap<DeploymentId, WantedDeployment> {
    let mut wanted = BTreeMap::new();
    for deployment in &environment.bundles {
        if deployment.status != BundleDeploymentStatus::Active {
            continue;
        }
        let id = deployment.deployment_id;
        let split = environment.split_of(id).cloned();
        let kept = before.and_then(|before| before.deployments.get(&id));
        let kept = kept.filter(|kept| kept.split == split).and_then(|kept| kept.table.clone());
        let table = kept.or_else(|| slot_table(environment, routing, id).map(Arc::new));
        let revisions = revisions(environment, deployment);
        let deployment = deployment.clone();
        wanted.insert(id, WantedDeployment { deployment, split, table, revisions });
    }
    wanted
}

fn revisions(
    environment: &Document<Environment>,
    deployment: &BundleDeployment,
) -> BTreeMap<RevisionId, WantedRevision> {
    let of_deployment = |revision: &&Revision| {
        revision.deployment_id == deployment.deployment_id && revision.lifecycle.is_routable()
    };
    let wanted = environment.revisions.iter().filter(of_deployment).map(|revision| {
        let id = revision.revision_id;
        let drain = (!revision.lifecycle.admits_traffic()).then(|| Drain {
            since: environment.draining_since(id),
            seconds: revision.drain_seconds,
        });
        let key = LoadKey::new(id, deployment);
        (id, WantedRevision { revision: revision.clone(), key, drain })
    });
    wanted.collect()
}

fn draining(environment: &Document<Environment>) -> Vec<WantedRevision> {
    let all = environment.bundles.iter().flat_map(|one| revisions(environment, one).into_values());
    all.filter(|revision| revision.drain.is_some()).collect()
}

/// The table that a deployment is served with: the one that is recorded for its split, else the
/// canonical one. None without a split.
pub(crate) fn slot_table(
    environment: &Environment,
    routing: Option<&Routing>,
    deployment_id: DeploymentId,
) -> Option<SlotTable> {
    let split = environment.split_of(deployment_id)?;
    let recorded = routing.and_then(|routing| routing.table(deployment_id));
    recorded
        .and_then(|table| table.table_of(split))
        .or_else(|| SlotTable::canonical(deployment_id, &split.entries).ok())
}

impl WantedDeployment {
    /// The revisions that have a share of the traffic, with it.
    pub(crate) fn shares(&self) -> BTreeMap<RevisionId, u32> {
        self.table.iter().flat_map(|table| table.shares()).collect()
    }

    pub(crate) fn tenant(&self) -> &str {
        &self.deployment.route_binding.tenant_selector.tenant
    }
}

use std::collections::{BTreeMap, BTreeSet};

use greentic_deploy_spec::{DeploymentId, RevisionId};

use super::wanted::{LoadKey, Wanted, WantedDeployment};

/// What a gateway holds when a plan is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Held {
    /// What is ready to serve.
    pub(crate) loaded: BTreeSet<LoadKey>,
    /// What is being loaded.
    pub(crate) loading: BTreeSet<LoadKey>,
    /// What could not be loaded and is not to be tried now.
    pub(crate) broken: BTreeSet<LoadKey>,
}

/// The way from what a gateway holds to what an environment wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// To be loaded now.
    pub(crate) load: Vec<LoadKey>,
    /// Not wanted any more.
    pub(crate) drop: Vec<LoadKey>,
    /// Which table each deployment is served with.
    pub(crate) splits: BTreeMap<DeploymentId, SplitPlan>,
    /// Nothing is left to wait for.
    pub(crate) is_complete: bool,
}

/// Which table a deployment is served with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SplitPlan {
    /// The one of this generation.
    Wanted,
    /// The one before, because what would serve is not loaded yet or cannot be.
    Before(Obstacle),
}

/// Why a deployment is still served with the table before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// A revision with a share is being loaded.
    Loading,
    /// No revision with a share can be loaded.
    Broken,
}

/// Makes the plan. A function of its arguments: a change of weights alone loads and drops nothing.
pub(crate) fn plan(wanted: &Wanted, held: &Held) -> Plan {
    let keys: BTreeSet<&LoadKey> = wanted.revisions().map(|revision| &revision.key).collect();
    let missing = |key: &&LoadKey| {
        ![&held.loaded, &held.loading, &held.broken].iter().any(|set| set.contains(key))
    };
    let load: Vec<LoadKey> = keys.iter().copied().filter(missing).cloned().collect();
    let unwanted = |key: &&LoadKey| !keys.contains(key);
    let drop = held.loaded.iter().chain(&held.broken).filter(unwanted).cloned().collect();
    let is_loading = |key: &LoadKey| held.loading.contains(key) || load.contains(key);
    let is_complete = !keys.iter().any(|key| is_loading(key));
    let splits = wanted
        .deployments
        .iter()
        .map(|(id, deployment)| (*id, split(deployment, &held.broken, is_loading)));
    Plan { splits: splits.collect(), drop, is_complete, load }
}

fn split(
    deployment: &WantedDeployment,
    broken: &BTreeSet<LoadKey>,
    is_loading: impl Fn(&LoadKey) -> bool,
) -> SplitPlan {
    let key = |id: &RevisionId| deployment.revisions.get(id).map(|revision| &revision.key);
    let shares = deployment.shares();
    let keys: Vec<Option<&LoadKey>> = shares.keys().map(key).collect();
    if keys.iter().flatten().any(|key| is_loading(key)) {
        return SplitPlan::Before(Obstacle::Loading);
    }
    let cannot = |key: &Option<&LoadKey>| key.is_none_or(|key| broken.contains(key));
    if !keys.is_empty() && keys.iter().all(cannot) {
        return SplitPlan::Before(Obstacle::Broken);
    }
    SplitPlan::Wanted
}

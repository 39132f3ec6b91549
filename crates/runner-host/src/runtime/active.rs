//! Which runtimes serve: one map that is swapped as a whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use greentic_deploy_spec::{BundleId, DeploymentId, RevisionId};

use super::{RuntimeError, TenantRuntime};

/// Names a runtime: that of a tenant alone, or that of a revision. One is never taken for the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuntimeKey {
    /// The tenant.
    pub tenant: String,
    /// The deployment; none for a tenant's own runtime.
    pub deployment_id: Option<DeploymentId>,
    /// The bundle; none for a tenant's own runtime.
    pub bundle_id: Option<BundleId>,
    /// The revision; none for a tenant's own runtime.
    pub revision_id: Option<RevisionId>,
}

impl RuntimeKey {
    /// The runtime of a tenant, without a deployment.
    #[must_use]
    pub fn legacy(tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), deployment_id: None, bundle_id: None, revision_id: None }
    }

    /// The runtime of a revision for a tenant.
    #[must_use]
    pub fn revision(
        tenant: impl Into<String>,
        deployment_id: DeploymentId,
        bundle_id: BundleId,
        revision_id: RevisionId,
    ) -> Self {
        Self {
            tenant: tenant.into(),
            deployment_id: Some(deployment_id),
            bundle_id: Some(bundle_id),
            revision_id: Some(revision_id),
        }
    }

    fn is_legacy(&self) -> bool {
        self.revision_id.is_none()
    }
}

type Runtimes = HashMap<RuntimeKey, Arc<TenantRuntime>>;

/// The runtimes that serve.
///
/// Reading takes no lock. A request keeps the runtime that it started with, whatever is swapped
/// meanwhile; a runtime ends with its last request.
#[derive(Debug, Default)]
pub struct ActivePacks {
    runtimes: ArcSwap<Runtimes>,
    changes: Mutex<()>,
}

impl ActivePacks {
    /// Nothing serves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The runtime of a tenant, without a deployment.
    #[must_use]
    pub fn load_pack(&self, tenant: &str) -> Option<Arc<TenantRuntime>> {
        self.load(&RuntimeKey::legacy(tenant))
    }

    /// The runtime of a revision for a tenant.
    #[must_use]
    pub fn load_revision(
        &self,
        tenant: &str,
        deployment_id: DeploymentId,
        bundle_id: &BundleId,
        revision_id: RevisionId,
    ) -> Option<Arc<TenantRuntime>> {
        let bundle_id = bundle_id.clone();
        self.load(&RuntimeKey::revision(tenant, deployment_id, bundle_id, revision_id))
    }

    fn load(&self, key: &RuntimeKey) -> Option<Arc<TenantRuntime>> {
        self.runtimes.load().get(key).cloned()
    }

    /// All of them, as they are now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<HashMap<RuntimeKey, Arc<TenantRuntime>>> {
        self.runtimes.load_full()
    }

    /// How many serve.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runtimes.load().len()
    }

    /// Whether none serves.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runtimes.load().is_empty()
    }

    /// Puts the runtime of a tenant, without a deployment, in place of the one before.
    pub fn insert_pack(&self, runtime: Arc<TenantRuntime>) {
        let key = RuntimeKey::legacy(runtime.tenant());
        self.change(|all| drop(all.insert(key, runtime)));
    }

    /// Puts the runtime of a revision in its place.
    ///
    /// # Errors
    /// [`RuntimeError::OtherTenant`], [`RuntimeError::OtherRevision`] when it is not the one that the
    /// key names.
    pub fn insert_revision(
        &self,
        key: RuntimeKey,
        runtime: Arc<TenantRuntime>,
    ) -> Result<(), RuntimeError> {
        if runtime.tenant() != key.tenant {
            let (expected, found) = (key.tenant, runtime.tenant().to_owned());
            return Err(RuntimeError::OtherTenant { expected, found });
        }
        if runtime.key() != key {
            return Err(RuntimeError::OtherRevision { key: Box::new(key) });
        }
        self.change(|all| drop(all.insert(key, runtime)));
        Ok(())
    }

    /// Puts these in place of all runtimes without a deployment. Those of revisions stay.
    pub fn replace_legacy(&self, runtimes: HashMap<RuntimeKey, Arc<TenantRuntime>>) {
        self.change(|all| {
            all.retain(|key, _| !key.is_legacy());
            all.extend(runtimes.into_iter().filter(|(key, _)| key.is_legacy()));
        });
    }

    /// Takes one out. What it is doing goes on to its end.
    pub fn remove_revision(&self, key: &RuntimeKey) -> Option<Arc<TenantRuntime>> {
        let mut removed = None;
        self.change(|all| removed = all.remove(key));
        removed
    }

    /// Puts these in place of all.
    pub fn replace(&self, runtimes: HashMap<RuntimeKey, Arc<TenantRuntime>>) {
        self.change(|all| *all = runtimes);
    }

    fn change(&self, change: impl FnOnce(&mut Runtimes)) {
        let _one_at_a_time = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Runtimes::clone(&self.runtimes.load());
        change(&mut all);
        self.runtimes.store(Arc::new(all));
    }
}

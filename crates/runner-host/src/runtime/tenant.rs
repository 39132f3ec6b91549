use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use greentic_deploy_spec::{BundleId, CustomerId, DeploymentId, RevisionId};
use greentic_env_pack::{MemorySessions, Sessions};
use serde_json::Value;

use super::names::Names;
use super::{RuntimeError, RuntimeKey};
use crate::config::HostConfig;
use crate::flow::Templates;
use crate::pack::{PackComponent, PackRuntime, PackSource};
use crate::provider::HintCache;
use crate::turn::TurnQueue;
use crate::wasm::{
    Grants, Guest, Identity, Ports, RunnerWasiPolicy, RuntimeConfig, RuntimeRefResolver, WasmEngine,
};

/// Which revision of which deployment a runtime is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// Its bundle.
    pub bundle_id: BundleId,
    /// The revision.
    pub revision_id: RevisionId,
    /// Who pays for it.
    pub customer_id: Option<CustomerId>,
}

/// Where what is kept outside of a runtime is kept.
#[derive(Clone, Debug)]
pub struct RuntimePorts {
    /// Conversations between two turns.
    pub sessions: Arc<dyn Sessions>,
    /// What components use.
    pub guest: Ports,
    /// What components get of WASI.
    pub wasi: Arc<RunnerWasiPolicy>,
}

impl Default for RuntimePorts {
    /// Sessions and state in memory, no secrets, no network.
    fn default() -> Self {
        Self {
            sessions: Arc::new(MemorySessions::default()),
            guest: Ports::default(),
            wasi: Arc::default(),
        }
    }
}

/// What a revision is made of.
#[derive(Clone, Debug)]
pub struct RevisionSource {
    /// Which revision it is; none for the runtime of a tenant alone.
    pub rollout: Option<Rollout>,
    /// Its packs; the first one is the main one.
    pub packs: Vec<PackSource>,
    /// Values that components read as their configuration, by pack.
    pub runtime_configs: BTreeMap<String, Arc<BTreeMap<String, Value>>>,
    /// References that components read as their configuration, by pack.
    pub runtime_refs: BTreeMap<String, Arc<BTreeMap<String, String>>>,
    /// Resolves them.
    pub resolver: Option<Arc<dyn RuntimeRefResolver>>,
}

impl RevisionSource {
    /// These packs, without configuration.
    #[must_use]
    pub fn new(rollout: Option<Rollout>, packs: Vec<PackSource>) -> Self {
        Self {
            rollout,
            packs,
            runtime_configs: BTreeMap::new(),
            runtime_refs: BTreeMap::new(),
            resolver: None,
        }
    }
}

/// What serves a tenant: the packs of one revision, or those that were loaded for it alone.
///
/// It is never changed. Another revision is another runtime.
#[derive(Debug)]
pub struct TenantRuntime {
    pub(super) config: Arc<HostConfig>,
    pub(super) rollout: Option<Rollout>,
    pub(super) packs: Vec<Arc<PackRuntime>>,
    pub(super) configs: BTreeMap<String, RuntimeConfig>,
    pub(super) ports: RuntimePorts,
    pub(super) hints: HintCache,
    pub(super) queue: TurnQueue<Arc<str>>,
    pub(super) names: Names,
    pub(super) templates: Templates,
    pub(super) engine: Arc<WasmEngine>,
}

impl TenantRuntime {
    /// Makes a runtime ready. Compiling is done on a thread of its own.
    ///
    /// # Errors
    /// [`RuntimeError`].
    pub async fn load_revision(
        source: RevisionSource,
        config: Arc<HostConfig>,
        engine: Arc<WasmEngine>,
        ports: RuntimePorts,
    ) -> Result<Self, RuntimeError> {
        let work = move || Self::load_blocking(source, config, &engine, ports);
        tokio::task::spawn_blocking(work).await.unwrap_or(Err(RuntimeError::Interrupted))
    }

    fn load_blocking(
        source: RevisionSource,
        config: Arc<HostConfig>,
        engine: &Arc<WasmEngine>,
        ports: RuntimePorts,
    ) -> Result<Self, RuntimeError> {
        let mut packs = Vec::new();
        for pack in &source.packs {
            packs.push(Arc::new(PackRuntime::load(pack, engine, &config)?));
        }
        Self::from_packs(packs, source, config, Arc::clone(engine), ports)
    }

    fn from_packs(
        packs: Vec<Arc<PackRuntime>>,
        source: RevisionSource,
        config: Arc<HostConfig>,
        engine: Arc<WasmEngine>,
        ports: RuntimePorts,
    ) -> Result<Self, RuntimeError> {
        check_packs(&packs, &config)?;
        let mut configs = BTreeMap::new();
        for pack in &packs {
            let id = pack.pack_id();
            let runtime_refs = source.runtime_refs.get(id).cloned().unwrap_or_default();
            if !runtime_refs.is_empty() && source.resolver.is_none() {
                return Err(RuntimeError::NoResolver { pack_id: id.to_owned() });
            }
            let config = RuntimeConfig {
                non_secret: source.runtime_configs.get(id).cloned().unwrap_or_default(),
                runtime_refs,
                resolver: source.resolver.clone(),
            };
            configs.insert(id.to_owned(), config);
        }
        let rollout = source.rollout;
        let names = Names::new(&config, rollout.as_ref(), &packs);
        let flows = packs.iter().flat_map(|pack| pack.flows());
        Ok(Self {
            templates: Templates::of(flows),
            hints: HintCache::default(),
            queue: TurnQueue::default(),
            config,
            rollout,
            packs,
            configs,
            ports,
            names,
            engine,
        })
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.config.tenant
    }

    /// How it runs.
    #[must_use]
    pub fn config(&self) -> &Arc<HostConfig> {
        &self.config
    }

    /// The engine that its components run in.
    #[must_use]
    pub fn engine(&self) -> &Arc<WasmEngine> {
        &self.engine
    }

    /// Which revision it is; none for the runtime of a tenant alone.
    #[must_use]
    pub fn rollout(&self) -> Option<&Rollout> {
        self.rollout.as_ref()
    }

    /// Its name among all runtimes.
    #[must_use]
    pub fn key(&self) -> RuntimeKey {
        match &self.rollout {
            None => RuntimeKey::legacy(self.tenant()),
            Some(rollout) => RuntimeKey::revision(
                self.tenant(),
                rollout.deployment_id,
                rollout.bundle_id.clone(),
                rollout.revision_id,
            ),
        }
    }

    /// The main pack; none only when there are no packs, which is refused when it is loaded.
    #[must_use]
    pub fn main_pack(&self) -> Option<&Arc<PackRuntime>> {
        self.packs.first()
    }

    /// The packs beside the main one.
    #[must_use]
    pub fn overlays(&self) -> &[Arc<PackRuntime>] {
        self.packs.get(1..).unwrap_or_default()
    }

    /// All packs, the main one first.
    #[must_use]
    pub fn all_packs(&self) -> &[Arc<PackRuntime>] {
        &self.packs
    }

    /// The digest of the main pack's file.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.main_pack()?.digest()
    }

    /// The digests of the files of the other packs.
    #[must_use]
    pub fn overlay_digests(&self) -> Vec<Option<String>> {
        self.overlays().iter().map(|pack| pack.digest().map(str::to_owned)).collect()
    }

    /// What a component of a pack may do in one call.
    pub(super) fn guest(&self, identity: Identity, component: &PackComponent) -> Guest {
        Guest {
            config: self.configs.get(&identity.pack).cloned().unwrap_or_default(),
            identity: Arc::new(identity),
            grants: Grants { wasi: Arc::clone(&self.ports.wasi), ..component.grants.clone() },
            ports: self.ports.guest.clone(),
            limits: self.config.limits.call.clone(),
        }
    }

    pub(super) fn pack(&self, pack_id: &str) -> Option<&Arc<PackRuntime>> {
        self.packs.iter().find(|pack| pack.pack_id() == pack_id)
    }
}

fn check_packs(packs: &[Arc<PackRuntime>], config: &HostConfig) -> Result<(), RuntimeError> {
    if packs.is_empty() {
        return Err(RuntimeError::NoPacks);
    }
    let mut ids = BTreeSet::new();
    for pack in packs {
        let pack_id = || pack.pack_id().to_owned();
        if !ids.insert(pack.pack_id()) {
            return Err(RuntimeError::DuplicatePack { pack_id: pack_id() });
        }
        if config.pack_bindings.is_empty() {
            continue;
        }
        let tenant = || config.tenant.clone();
        let bound = config.pack_bindings.iter().find(|bound| bound.pack_id == pack.pack_id());
        let bound = bound
            .ok_or_else(|| RuntimeError::PackNotBound { pack_id: pack_id(), tenant: tenant() })?;
        let missing = bound.flows.iter().find(|flow| pack.load_flow(flow).is_none());
        if let Some(flow_id) = missing {
            let (pack_id, flow_id) = (pack_id(), flow_id.clone());
            return Err(RuntimeError::BoundFlowMissing { pack_id, flow_id, tenant: tenant() });
        }
    }
    Ok(())
}

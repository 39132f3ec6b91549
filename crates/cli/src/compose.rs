//! The only place that names every backend: where environments are kept, which env-packs there are, and
//! what runs workers.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use greentic_deploy_spec::{Actor, CapabilitySlot, EnvId, TrustedKey};
use greentic_deployer::Deployer;
use greentic_deployer::conformance::Subject;
use greentic_env_pack::{
    EnvPackHandler, EnvPackRegistry, PortContext, ProbeError, ProbeReport, RevisionProbe,
    RevisionToProbe,
};
use greentic_env_pack_local::{LocalOptions, LocalSubject, register_local};
use greentic_env_store::{EnvSnapshot, EnvironmentReads, LocalFsStore};
use greentic_gateway::RunnerProbe;
use greentic_operations::{OpError, Operator};
use greentic_runner_host::wasm::EngineConfig;
use greentic_runner_host::{HostBuilder, HostError, RunnerHost};
use tokio::runtime::Runtime;

use crate::args::Global;
use crate::config::Config;
use crate::error::CliError;
use crate::session::Session;

/// The folder of environments: the one that was named, else the one in the user's home. Always
/// absolute, because caches and sockets are kept beside what it holds.
pub(crate) fn store_root(config: &Config, global: &Global) -> Result<PathBuf, CliError> {
    let root = match (&global.store_root, &config.home) {
        (Some(root), _) => root.clone(),
        (None, Some(home)) => home.join(".greentic").join("environments"),
        (None, None) => return Err(CliError::NoHome),
    };
    std::path::absolute(&root).map_err(CliError::file("find", root))
}

/// The store that was asked for. Nothing is touched until it is used.
pub(crate) fn store(config: &Config, global: &Global) -> Result<LocalFsStore, CliError> {
    // A folder that is named wins over a URL of the surroundings, as a flag wins over a variable.
    let url = match (&global.store_url, &global.store_root) {
        (Some(url), _) => Some(url),
        (None, None) => config.store_url.as_ref(),
        (None, Some(_)) => None,
    };
    if let Some(url) = url {
        return Err(CliError::RemoteStore { url: url.clone() });
    }
    let uid = Some(rustix::process::getuid().as_raw());
    let actor = Actor { kind: "local-user".to_owned(), user: config.user.clone(), uid };
    let mut builder = LocalFsStore::builder(store_root(config, global)?).actor(actor);
    if let Some(key) = &config.operator_key {
        builder = builder.operator_key(key.clone());
    }
    Ok(builder.build())
}

/// What deploys and serves: env-packs, workers and the runtime under them. Made only for verbs that
/// need it, because it takes its time.
#[derive(Debug)]
pub(crate) struct Machine {
    runtime: Runtime,
    registry: Arc<EnvPackRegistry>,
    workers: Arc<Workers>,
    root: PathBuf,
}

impl Machine {
    /// For verbs that deploy to an environment.
    pub(crate) fn new(
        session: &Session,
        store: &LocalFsStore,
        env_id: &EnvId,
    ) -> Result<Self, CliError> {
        let trusted = match store.snapshot(env_id) {
            Ok(snapshot) => snapshot.trust_root().map(|root| root.keys.clone()).unwrap_or_default(),
            // Whatever is done next says so with all that helps.
            Err(_) => Vec::new(),
        };
        Self::with(session, store, trusted)
    }

    /// For verbs that serve an environment: what keeps its conversations, state and secrets is what
    /// its env-packs give.
    pub(crate) fn for_serving(
        session: &Session,
        store: &LocalFsStore,
        env_id: &EnvId,
    ) -> Result<Self, CliError> {
        let machine = Self::new(session, store, env_id)?;
        let ports = Ports {
            registry: &machine.registry,
            snapshot: store.snapshot(env_id)?,
            env_root: store.env_path(env_id)?,
        };
        let host = ports.give(machine.workers.builder())?.build_open()?;
        machine.workers.use_host(host);
        Ok(machine)
    }

    /// For judging deployers. No environment is touched.
    pub(crate) fn for_bench(session: &Session) -> Result<Self, CliError> {
        Self::with(session, &session.store()?, Vec::new())
    }

    fn with(
        session: &Session,
        store: &LocalFsStore,
        trusted: Vec<TrustedKey>,
    ) -> Result<Self, CliError> {
        let root = store.root().to_owned();
        let workers = Arc::new(Workers { cache: cache_of(&root), trusted, host: OnceLock::new() });
        let mut registry = EnvPackRegistry::new();
        let probe = Arc::clone(&workers) as Arc<dyn RevisionProbe>;
        register_local(
            &mut registry,
            LocalOptions { root: root.clone(), probe: Arc::clone(&probe) },
        )
        .map_err(OpError::from)?;
        session.extension().register(&mut registry, &root, &probe).map_err(OpError::from)?;
        Ok(Self { runtime: runtime()?, registry: Arc::new(registry), workers, root })
    }

    /// The operator over a store.
    pub(crate) fn operator(&self, session: &Session, store: LocalFsStore) -> Operator {
        let ports = store.ports().clone();
        let (registry, handle) = (Arc::clone(&self.registry), self.runtime.handle().clone());
        let mut operator =
            Operator::new(Arc::new(store), ports, registry, self.root.clone(), handle);
        operator.progress = Arc::new(session.progress());
        operator
    }

    /// The deployer under a path, for the bench.
    pub(crate) fn bench(&self, path: &str) -> Result<Bench<'_>, CliError> {
        if path == LOCAL_DEPLOYER {
            let probe = Arc::clone(&self.workers) as Arc<dyn RevisionProbe>;
            return Ok(Bench::Subject(Box::new(LocalSubject::new(probe))));
        }
        let handlers = self.registry.iter().filter(|handler| handler.as_deployer().is_some());
        let handlers: Vec<&dyn EnvPackHandler> = handlers.collect();
        let deployer = handlers.iter().copied().find(|handler| handler.descriptor_path() == path);
        let deployer = deployer.and_then(EnvPackHandler::as_deployer);
        deployer.map(Bench::Alone).ok_or_else(|| CliError::Argument {
            value: path.to_owned(),
            expected: "deployer of this program",
            how: format!(
                "it has {}",
                handlers.iter().map(|one| one.descriptor_path()).collect::<Vec<_>>().join(", ")
            ),
        })
    }

    /// What runs workers.
    pub(crate) fn runner(&self) -> Result<Arc<RunnerHost>, CliError> {
        Ok(self.workers.host()?)
    }

    /// Runs something to its end.
    pub(crate) fn block_on<F: Future>(&self, work: F) -> F::Output {
        self.runtime.block_on(work)
    }
}

#[expect(clippy::disallowed_methods, reason = "the program builds the runtime")]
fn runtime() -> Result<Runtime, CliError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::Runtime { source })
}

/// Where compiled components are kept between runs, beside the operator key: nobody else may write
/// there.
fn cache_of(root: &Path) -> PathBuf {
    match root.parent() {
        Some(parent) if root.ends_with("environments") => parent.join("cache/components"),
        _ => root.join(".cache/components"),
    }
}

/// The deployer of this machine.
pub(crate) const LOCAL_DEPLOYER: &str = "greentic.deployer.local-process";

/// A deployer that is judged.
pub(crate) enum Bench<'a> {
    /// With providers that this program knows how to make.
    Subject(Box<dyn Subject>),
    /// As it is.
    Alone(&'a dyn Deployer),
}

/// What runs workers, made when it is first needed. Whoever loads a revision to show that it can be
/// served, and whoever serves it, have the same one, so that components are compiled once.
#[derive(Debug)]
struct Workers {
    cache: PathBuf,
    trusted: Vec<TrustedKey>,
    host: OnceLock<Arc<RunnerHost>>,
}

impl Workers {
    fn builder(&self) -> HostBuilder {
        let cache = Some(self.cache.clone());
        HostBuilder::new().with_engine(EngineConfig { cache, ..EngineConfig::default() })
    }

    fn use_host(&self, host: RunnerHost) {
        // One that is there already serves as well.
        self.host.get_or_init(|| Arc::new(host));
    }

    fn host(&self) -> Result<Arc<RunnerHost>, HostError> {
        if let Some(host) = self.host.get() {
            return Ok(Arc::clone(host));
        }
        let made = Arc::new(self.builder().build_open()?);
        Ok(Arc::clone(self.host.get_or_init(|| made)))
    }
}

#[async_trait]
impl RevisionProbe for Workers {
    async fn probe(&self, asked: &RevisionToProbe) -> Result<ProbeReport, ProbeError> {
        let host = self.host().map_err(|error| ProbeError::Revision {
            revision_id: asked.revision.revision_id,
            source: error.into(),
        })?;
        RunnerProbe::new(host).trust(self.trusted.clone()).probe(asked).await
    }
}

/// What the env-packs of an environment give a worker while it runs.
struct Ports<'a> {
    registry: &'a EnvPackRegistry,
    snapshot: EnvSnapshot,
    env_root: PathBuf,
}

impl Ports<'_> {
    /// Gives them to what runs workers. A slot without a binding has what a host has without it.
    fn give(&self, mut builder: HostBuilder) -> Result<HostBuilder, CliError> {
        if let Some((handler, context)) = self.of(CapabilitySlot::Sessions)?
            && let Some(sessions) = handler.sessions(&context)
        {
            builder = builder.with_session_store(sessions);
        }
        if let Some((handler, context)) = self.of(CapabilitySlot::State)?
            && let Some(state) = handler.state(&context)
        {
            builder = builder.with_state_store(state);
        }
        if let Some((handler, context)) = self.of(CapabilitySlot::Secrets)?
            && let Some(secrets) = handler.secrets(&context)
        {
            builder = builder.with_secrets_manager(secrets);
        }
        Ok(builder)
    }

    fn of(
        &self,
        slot: CapabilitySlot,
    ) -> Result<Option<(&dyn EnvPackHandler, PortContext)>, CliError> {
        let environment = self.snapshot.require()?;
        let Some(binding) = environment.pack_for_slot(slot) else { return Ok(None) };
        let handler = self.registry.resolve_for_slot(slot, &binding.kind).map_err(OpError::from)?;
        let context = PortContext {
            env_id: environment.environment_id.clone(),
            env_root: self.env_root.clone(),
            answers: self.snapshot.state().pack_answers.get(&slot).cloned(),
        };
        Ok(Some((handler, context)))
    }
}

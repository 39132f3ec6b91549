use std::sync::Arc;

use greentic_env_pack::{SecretsReader, Sessions, StateStore, TelemetrySink};

use super::configs::Configs;
use super::{HostError, RunnerHost};
use crate::HostConfig;
use crate::runtime::{ActivePacks, RuntimePorts};
use crate::wasm::{EngineConfig, HttpClient, RunnerWasiPolicy, WasmEngine};

/// Makes a [`RunnerHost`].
///
/// Without further ado: sessions and state in memory, no secrets, no network. Nothing is read from
/// the process's environment.
#[derive(Debug, Default)]
pub struct HostBuilder {
    configs: Configs,
    ports: RuntimePorts,
    engine: EngineConfig,
}

impl HostBuilder {
    /// A host without tenants.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tenant, or puts another configuration in place of the one before.
    #[must_use]
    pub fn with_config(self, config: HostConfig) -> Self {
        self.configs.insert(config);
        self
    }

    /// Runs components like this.
    #[must_use]
    pub fn with_engine(mut self, engine: EngineConfig) -> Self {
        self.engine = engine;
        self
    }

    /// Reads secrets here.
    #[must_use]
    pub fn with_secrets_manager(mut self, secrets: Arc<dyn SecretsReader>) -> Self {
        self.ports.guest.secrets = secrets;
        self
    }

    /// Keeps guest state here.
    #[must_use]
    pub fn with_state_store(mut self, state: Arc<dyn StateStore>) -> Self {
        self.ports.guest.state = state;
        self
    }

    /// Keeps conversations between two turns here.
    #[must_use]
    pub fn with_session_store(mut self, sessions: Arc<dyn Sessions>) -> Self {
        self.ports.sessions = sessions;
        self
    }

    /// Reports turns, and what components write, here.
    #[must_use]
    pub fn with_telemetry(mut self, sink: Arc<dyn TelemetrySink>) -> Self {
        self.ports.guest.telemetry = sink;
        self
    }

    /// Gives components this of WASI. Without it they get neither variables nor folders.
    #[must_use]
    pub fn with_wasi_policy(mut self, policy: RunnerWasiPolicy) -> Self {
        self.ports.wasi = Arc::new(policy);
        self
    }

    /// Sends the HTTP requests of components with this.
    #[must_use]
    pub fn with_http_client(mut self, http: Arc<dyn HttpClient>) -> Self {
        self.ports.guest.http = http;
        self
    }

    /// The host.
    ///
    /// # Errors
    /// [`HostError::NoTenants`], [`HostError::Wasm`], [`HostError::WasiPolicy`].
    pub fn build(self) -> Result<RunnerHost, HostError> {
        if self.configs.is_empty() {
            return Err(HostError::NoTenants);
        }
        self.build_open()
    }

    /// The host, for those who learn tenants while it serves: it may be without any, and
    /// [`RunnerHost::configure`] adds them.
    ///
    /// # Errors
    /// [`HostError::Wasm`], [`HostError::WasiPolicy`].
    pub fn build_open(self) -> Result<RunnerHost, HostError> {
        if let Some(problem) = self.ports.wasi.problem() {
            return Err(problem.into());
        }
        let engine = WasmEngine::new(&self.engine)?;
        let (configs, ports) = (self.configs, self.ports);
        Ok(RunnerHost { engine, configs, ports, active: ActivePacks::new() })
    }
}

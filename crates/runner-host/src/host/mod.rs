//! The host: what embedders hold.

mod builder;
mod configs;
mod error;
mod revision;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use greentic_env_pack::{SecretsReader, Sessions, StateStore};
use serde_json::Value;

pub use builder::HostBuilder;
pub use error::HostError;

use configs::Configs;

use crate::pack::PackSource;
use crate::runtime::{ActivePacks, RevisionSource, RuntimeError, RuntimePorts, TenantRuntime};
use crate::wasm::{RunnerWasiPolicy, WasmEngine};
use crate::{Activity, HostConfig, PackRuntime};

/// Runs the workers of any number of tenants and revisions.
///
/// Cheap to share behind an [`Arc`]. All methods may be called at once; what is swapped while a
/// message is answered does not concern that message.
#[derive(Debug)]
pub struct RunnerHost {
    engine: Arc<WasmEngine>,
    configs: Configs,
    ports: RuntimePorts,
    active: ActivePacks,
}

/// A revision that is to be loaded for a tenant.
#[derive(Clone, Debug)]
pub struct LoadRevision {
    /// The tenant.
    pub tenant: String,
    /// What it is made of.
    pub source: RevisionSource,
}

/// What serves a tenant without a deployment.
#[derive(Clone, Debug)]
pub struct TenantHandle {
    runtime: Arc<TenantRuntime>,
}

impl TenantHandle {
    /// How the tenant's workers run.
    #[must_use]
    pub fn config(&self) -> &Arc<HostConfig> {
        self.runtime.config()
    }

    /// The main pack.
    #[must_use]
    pub fn pack(&self) -> Option<&Arc<PackRuntime>> {
        self.runtime.main_pack()
    }

    /// The engine that its components run in. Flows are run by [`RunnerHost::handle_activity`] only.
    #[must_use]
    pub fn engine(&self) -> &Arc<WasmEngine> {
        self.runtime.engine()
    }

    /// The packs beside it.
    #[must_use]
    pub fn overlays(&self) -> &[Arc<PackRuntime>] {
        self.runtime.overlays()
    }

    /// The digests of their files.
    #[must_use]
    pub fn overlay_digests(&self) -> Vec<Option<String>> {
        self.runtime.overlay_digests()
    }
}

impl RunnerHost {
    /// Nothing has to be started: a host serves as soon as something is loaded. Kept for those who
    /// call it.
    ///
    /// # Errors
    /// None today.
    pub async fn start(&self) -> Result<(), HostError> {
        Ok(())
    }

    /// Takes everything out. Messages that are being answered are answered.
    ///
    /// # Errors
    /// None today.
    pub async fn stop(&self) -> Result<(), HostError> {
        self.active.replace(HashMap::new());
        Ok(())
    }

    /// Adds a tenant, or puts another configuration in place of the one before, while the host serves.
    ///
    /// What is loaded afterwards runs with it. What is loaded already keeps the configuration that it
    /// was loaded with; load it again to change that.
    pub fn configure(&self, config: HostConfig) {
        self.configs.insert(config);
    }

    /// Loads one pack for a tenant, without a deployment, in place of the one before.
    ///
    /// # Errors
    /// [`HostError::UnknownTenant`], [`HostError::Runtime`].
    pub async fn load_pack(&self, tenant: &str, path: &Path) -> Result<(), HostError> {
        let source = RevisionSource::new(None, vec![PackSource::new(path)]);
        let runtime = self.prepare(tenant, source).await?;
        self.active.insert_pack(runtime);
        Ok(())
    }

    /// Loads a revision and lets it serve beside what serves already.
    ///
    /// # Errors
    /// [`HostError::UnknownTenant`], [`HostError::Runtime`].
    pub async fn load_revision(&self, revision: LoadRevision) -> Result<(), HostError> {
        let runtime = self.prepare(&revision.tenant, revision.source).await?;
        self.active.insert_revision(runtime.key(), runtime)?;
        Ok(())
    }

    /// Makes a runtime ready without letting it serve.
    ///
    /// # Errors
    /// [`HostError::UnknownTenant`], [`HostError::Runtime`].
    pub async fn prepare(
        &self,
        tenant: &str,
        source: RevisionSource,
    ) -> Result<Arc<TenantRuntime>, HostError> {
        let unknown = || HostError::UnknownTenant { tenant: tenant.to_owned() };
        let config = self.configs.get(tenant).ok_or_else(unknown)?;
        let (engine, ports) = (Arc::clone(&self.engine), self.ports.clone());
        let runtime = TenantRuntime::load_revision(source, config, engine, ports).await?;
        Ok(Arc::new(runtime))
    }

    /// Answers a message with a runtime of [`RunnerHost::prepare`], for those who keep for themselves
    /// what serves.
    ///
    /// # Errors
    /// [`HostError`].
    pub fn answer_with<'r>(
        &self,
        runtime: &'r TenantRuntime,
        activity: Activity,
    ) -> impl Future<Output = Result<Vec<Activity>, HostError>> + Send + use<'r> {
        answer(runtime, activity)
    }

    /// Answers a message with what is loaded for a tenant, without a deployment.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn handle_activity(
        &self,
        tenant: &str,
        activity: Activity,
    ) -> Result<Vec<Activity>, HostError> {
        let runtime = self.active.load_pack(tenant);
        let runtime =
            runtime.ok_or_else(|| RuntimeError::TenantNotLoaded { tenant: tenant.to_owned() })?;
        answer(&runtime, activity).await
    }

    /// What serves a tenant without a deployment. Does not wait; kept like this for those who call it.
    pub async fn tenant(&self, tenant: &str) -> Option<TenantHandle> {
        self.active.load_pack(tenant).map(|runtime| TenantHandle { runtime })
    }

    /// What serves.
    #[must_use]
    pub fn active_packs(&self) -> &ActivePacks {
        &self.active
    }

    /// Where conversations wait between two turns.
    #[must_use]
    pub fn session_store(&self) -> &Arc<dyn Sessions> {
        &self.ports.sessions
    }

    /// What components get of WASI.
    #[must_use]
    pub fn wasi_policy(&self) -> &RunnerWasiPolicy {
        &self.ports.wasi
    }

    /// Where guest state is kept.
    #[must_use]
    pub fn state_store(&self) -> &Arc<dyn StateStore> {
        &self.ports.guest.state
    }

    /// Where secrets are read.
    #[must_use]
    pub fn secrets_manager(&self) -> &Arc<dyn SecretsReader> {
        &self.ports.guest.secrets
    }

    /// How the tenants' workers run, as it is now.
    #[must_use]
    pub fn tenant_configs(&self) -> Arc<HashMap<String, Arc<HostConfig>>> {
        self.configs.snapshot()
    }
}

/// Runs the flow that a message is for, and makes activities of what it says.
async fn answer(runtime: &TenantRuntime, activity: Activity) -> Result<Vec<Activity>, HostError> {
    if activity.is_response() {
        return Ok(vec![activity]);
    }
    let flow = runtime.flow_for(&activity)?;
    let answer = runtime.turn(flow, activity).await?;
    let said = match answer {
        Value::Array(items) => items,
        one => vec![one],
    };
    let tenant = runtime.tenant();
    Ok(said.into_iter().map(|payload| Activity::response(tenant, payload)).collect())
}

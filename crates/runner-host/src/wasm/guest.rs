use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{RuntimeRef, SecretRef};
use greentic_env_pack::{
    MemoryState, NoSecrets, NoTelemetry, PortError, SecretsReader, StateStore, TelemetrySink,
    WorkerName,
};
use serde_json::Value;

use super::RunnerWasiPolicy;
use super::http::{HttpClient, NoHttp};

/// One call's rights: for whom a component runs, what it may do, and how far.
#[derive(Clone, Debug)]
pub struct Guest {
    /// For whom it runs.
    pub identity: Arc<Identity>,
    /// What it may use.
    pub grants: Grants,
    /// Where what it may use leads.
    pub ports: Ports,
    /// What it reads as its configuration.
    pub config: RuntimeConfig,
    /// How far it may go.
    pub limits: Limits,
}

impl Guest {
    /// A guest that is granted nothing.
    #[must_use]
    pub fn denied(identity: Arc<Identity>, limits: Limits) -> Self {
        Self {
            identity,
            grants: Grants::default(),
            ports: Ports::default(),
            config: RuntimeConfig::default(),
            limits,
        }
    }

    /// The same guest without any rights: for a component that is only asked about itself.
    #[must_use]
    pub fn without_rights(&self) -> Self {
        Self::denied(Arc::clone(&self.identity), self.limits.clone())
    }
}

/// For whom a component runs. The host knows it; nothing that a guest says changes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The environment.
    pub env: String,
    /// The tenant.
    pub tenant: String,
    /// The team of the tenant.
    pub team: Option<String>,
    /// The user whose message it is about.
    pub user: Option<String>,
    /// The deployment; none for a pack that was loaded for a tenant alone.
    pub deployment: Option<String>,
    /// The bundle of the deployment.
    pub bundle: Option<String>,
    /// The revision of the deployment.
    pub revision: Option<String>,
    /// The pack that the component belongs to.
    pub pack: String,
    /// The session.
    pub session: Option<String>,
    /// The provider, when one is called.
    pub provider: Option<String>,
    /// The trace that the call belongs to.
    pub trace_id: Option<String>,
    /// The exchange that the call belongs to.
    pub correlation_id: Option<String>,
    /// The language.
    pub i18n_id: Option<String>,
    /// Counts the tries of this call from 1.
    pub attempt: u32,
    /// The same for every try of one call.
    pub idempotency_key: Option<String>,
}

impl Identity {
    /// The worker, as telemetry names it.
    pub(crate) fn worker(&self) -> WorkerName<'_> {
        WorkerName {
            env: &self.env,
            tenant: &self.tenant,
            deployment: self.deployment.as_deref(),
            revision: self.revision.as_deref(),
            pack: &self.pack,
        }
    }

    /// What isolates this worker's state from every other's: environment, tenant, team, deployment,
    /// revision and pack.
    #[must_use]
    pub fn state_scope(&self) -> String {
        scope([
            Some(&self.env),
            Some(&self.tenant),
            self.team.as_deref(),
            self.deployment.as_deref(),
            self.revision.as_deref(),
            Some(&self.pack),
        ])
    }

    /// Names a secret of this worker: `secret://<env>/<tenant>/<team or _>/<pack>/<key>`. None when
    /// one of them cannot be part of a name.
    #[must_use]
    pub fn secret(&self, key: &str) -> Option<SecretRef> {
        let team = match self.team.as_deref() {
            None | Some("" | "default") => "_",
            Some(team) => id_segment(team)?,
        };
        let (env, tenant) = (id_segment(&self.env)?, id_segment(&self.tenant)?);
        let (pack, key) = (pack_segment(&self.pack)?, secret_key(key)?);
        SecretRef::try_new(format!("secret://{env}/{tenant}/{team}/{pack}/{key}")).ok()
    }
}

/// Names what is isolated by these parts, the environment and the tenant first. No part can run into
/// the next one, or be mistaken for an absent one.
pub(crate) fn scope<const N: usize>(parts: [Option<&str>; N]) -> String {
    let segment = |part: Option<&str>| match part {
        None => "_".to_owned(),
        Some("_") => "%_".to_owned(),
        Some(part) => part.replace('%', "%%").replace('/', "%s"),
    };
    parts.map(segment).join("/")
}

/// An id as a part of a secret's name. It is never changed: two tenants would become one.
fn id_segment(id: &str) -> Option<&str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let is_dots = || id.chars().all(|c| c == '.');
    (!id.is_empty() && id.chars().all(allowed) && !is_dots()).then_some(id)
}

/// A pack's id as a part of a secret's name: lower case, `_` for what is neither letter, digit, `_`
/// nor `-`.
fn pack_segment(pack: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let pack = pack.trim();
    let spelled = pack.chars().map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '_' });
    (!pack.is_empty()).then(|| spelled.collect())
}

/// The one spelling of a secret's key: trimmed, lower case, `_` for what is neither letter, digit
/// nor `_`. None when nothing is left, or too much.
pub(super) fn secret_key(key: &str) -> Option<String> {
    const MAX: usize = 256;
    let key = key.trim();
    if key.is_empty() || key.len() > MAX {
        return None;
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    Some(key.chars().map(|c| if allowed(c) { c.to_ascii_lowercase() } else { '_' }).collect())
}

/// What a guest may use. Nothing, unless it is granted.
#[derive(Clone, Debug, Default)]
pub struct Grants {
    /// May it send HTTP requests?
    pub http: bool,
    /// Which secrets may it read?
    pub secrets: SecretGrant,
    /// What may it do with its state?
    pub state: StateGrant,
    /// May it write log entries, and are its standard output and error kept?
    pub telemetry: bool,
    /// What does it get of WASI?
    pub wasi: Arc<RunnerWasiPolicy>,
}

/// Which secrets a guest may read.
#[derive(Clone, Debug, Default)]
pub enum SecretGrant {
    /// None.
    #[default]
    Nothing,
    /// Those of its pack that are listed.
    Listed(Arc<BTreeSet<String>>),
    /// All of its pack.
    Everything,
}

impl SecretGrant {
    /// Grants keys, however they are spelled.
    pub fn listed<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Listed(Arc::new(keys.into_iter().filter_map(secret_key).collect()))
    }

    /// Whether a key in its one spelling is granted.
    pub(super) fn allows(&self, key: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Listed(keys) => keys.contains(key),
            Self::Everything => true,
        }
    }
}

/// What a guest may do with its state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StateGrant {
    /// Nothing.
    #[default]
    Nothing,
    /// Read it.
    Read,
    /// Read and change it.
    ReadWrite,
}

/// Where the calls of a guest lead that are granted.
#[derive(Clone, Debug)]
pub struct Ports {
    /// Sends HTTP requests.
    pub http: Arc<dyn HttpClient>,
    /// Reads secrets.
    pub secrets: Arc<dyn SecretsReader>,
    /// Keeps state.
    pub state: Arc<dyn StateStore>,
    /// Takes what guests write.
    pub telemetry: Arc<dyn TelemetrySink>,
}

impl Default for Ports {
    /// Ports that lead nowhere: no network, no secrets, and state that nobody else sees.
    fn default() -> Self {
        Self {
            http: Arc::new(NoHttp),
            secrets: Arc::new(NoSecrets),
            state: Arc::new(MemoryState::default()),
            telemetry: Arc::new(NoTelemetry),
        }
    }
}

/// Finds what a runtime reference stands for.
pub trait RuntimeRefResolver: Debug + Send + Sync {
    /// The value; none when nothing of that name was discovered.
    ///
    /// # Errors
    /// [`PortError`].
    fn resolve(&self, reference: &RuntimeRef) -> Result<Option<Value>, PortError>;
}

/// The configuration that a guest reads by key: values, then references, then its secrets.
#[derive(Clone, Debug, Default)]
pub struct RuntimeConfig {
    /// Values that are no secrets.
    pub non_secret: Arc<BTreeMap<String, Value>>,
    /// Runtime references by key.
    pub runtime_refs: Arc<BTreeMap<String, String>>,
    /// Resolves them.
    pub resolver: Option<Arc<dyn RuntimeRefResolver>>,
}

/// How far one call may go.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The time from the call to its answer, waiting for its turn included.
    pub deadline: Duration,
    /// Bytes of memory of the guest.
    pub memory: usize,
    /// Table elements of the guest.
    pub table_elements: usize,
    /// Bytes that the guest hands over at once: its answer, or the arguments of one of its calls.
    pub transfer: usize,
    /// Bytes of a call's input.
    pub input: usize,
    /// Bytes of the response to an HTTP request of the guest.
    pub http_response: usize,
    /// Bytes that the guest writes into the log.
    pub log: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            memory: 128 * 1024 * 1024,
            table_elements: 100_000,
            transfer: 8 * 1024 * 1024,
            input: 8 * 1024 * 1024,
            http_response: 8 * 1024 * 1024,
            log: 64 * 1024,
        }
    }
}

//! How a tenant's workers run.

mod load;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

pub use load::ConfigError;
use serde::Deserialize;
use serde_json::Value;

use crate::wasm::{Limits, SecretGrant};

/// How a tenant's workers run.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// The tenant.
    pub tenant: String,
    /// The environment. It is part of what isolates conversations, state and secrets.
    pub env: String,
    /// Where this was read from.
    pub bindings_path: PathBuf,
    /// What connects kinds of flow to the outside.
    pub flow_type_bindings: BTreeMap<String, FlowBinding>,
    /// How often a call is made again that says it can be.
    pub retry: FlowRetryConfig,
    /// Whether components may send HTTP requests.
    pub http_enabled: bool,
    /// Which secrets components may read.
    pub secrets_policy: SecretsPolicy,
    /// Whether components may keep state.
    pub state_store_policy: StateStorePolicy,
    /// The packs and flows that may run; empty for all.
    pub pack_bindings: Vec<PackBinding>,
    /// The provider operations that may be called.
    pub operator_policy: OperatorPolicy,
    /// How far turns and calls may go.
    pub limits: HostLimits,
}

/// What connects a kind of flow to the outside.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowBinding {
    /// The adapter.
    pub adapter: String,
    /// The adapter's configuration.
    #[serde(default)]
    pub config: Value,
    /// Secrets that flows of this kind may read.
    #[serde(default)]
    pub secrets: Vec<String>,
}

/// How often a call is made again that says it can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowRetryConfig {
    /// Tries, the first one included.
    pub max_attempts: u32,
    /// The pause after the first try in milliseconds; it doubles with each one.
    pub base_delay_ms: u64,
}

impl Default for FlowRetryConfig {
    fn default() -> Self {
        Self { max_attempts: 3, base_delay_ms: 250 }
    }
}

/// Which secrets components may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretsPolicy {
    /// Those that are listed.
    Listed(BTreeSet<String>),
    /// All of their pack.
    Everything,
}

impl SecretsPolicy {
    pub(crate) fn grant(&self) -> SecretGrant {
        match self {
            Self::Listed(keys) => SecretGrant::listed(keys.iter().map(String::as_str)),
            Self::Everything => SecretGrant::Everything,
        }
    }
}

/// Whether components may keep state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StateStorePolicy {
    /// They may.
    pub allow: bool,
}

impl Default for StateStorePolicy {
    fn default() -> Self {
        Self { allow: true }
    }
}

/// A pack that may run, and its flows that may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackBinding {
    /// The pack.
    pub pack_id: String,
    /// Its name and version, or digest.
    pub pack_ref: String,
    /// Where it is.
    pub pack_locator: Option<String>,
    /// Its flows that may run.
    pub flows: Vec<String>,
}

/// The provider operations that may be called. Without any entry, all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorPolicy {
    /// Providers by id or type.
    pub allowed_providers: BTreeSet<String>,
    /// Operations by provider id or type.
    pub allowed_ops: BTreeMap<String, BTreeSet<String>>,
}

impl OperatorPolicy {
    /// Whether an operation may be called: the list for the id decides, else that for the type, else
    /// whether the provider is listed.
    #[must_use]
    pub fn allows(&self, provider_id: Option<&str>, provider_type: &str, operation: &str) -> bool {
        if self.allowed_providers.is_empty() && self.allowed_ops.is_empty() {
            return true;
        }
        let names = || provider_id.into_iter().chain([provider_type]);
        match names().find_map(|name| self.allowed_ops.get(name)) {
            Some(operations) => operations.contains(operation),
            None => names().any(|name| self.allowed_providers.contains(name)),
        }
    }
}

/// How far turns and calls may go.
#[derive(Clone, Debug)]
pub struct HostLimits {
    /// The time of one turn, from its start to its answer.
    pub turn: Duration,
    /// How long a message waits for earlier ones of its conversation.
    pub patience: Duration,
    /// How long a conversation waits for its next message.
    pub parked: Duration,
    /// Nodes of one turn.
    pub steps: u32,
    /// One call of a component.
    pub call: Limits,
}

impl Default for HostLimits {
    /// Turns of 60 seconds and 1,000 nodes; conversations wait an hour.
    fn default() -> Self {
        Self {
            turn: Duration::from_secs(60),
            patience: Duration::from_secs(30),
            parked: Duration::from_secs(3_600),
            steps: 1_000,
            call: Limits::default(),
        }
    }
}

impl HostConfig {
    /// In this environment.
    #[must_use]
    pub fn with_env(mut self, env: impl Into<String>) -> Self {
        self.env = env.into();
        self
    }

    /// A tenant whose workers may do what their packs ask for.
    #[must_use]
    pub fn new(env: impl Into<String>, tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            env: env.into(),
            bindings_path: PathBuf::new(),
            flow_type_bindings: BTreeMap::new(),
            retry: FlowRetryConfig::default(),
            http_enabled: true,
            secrets_policy: SecretsPolicy::Everything,
            state_store_policy: StateStorePolicy::default(),
            pack_bindings: Vec::new(),
            operator_policy: OperatorPolicy::default(),
            limits: HostLimits::default(),
        }
    }
}

//! Reads the bindings file of a tenant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{
    FlowBinding, FlowRetryConfig, HostConfig, OperatorPolicy, SecretsPolicy, StateStorePolicy,
};

/// The environment when nobody names one.
const LOCAL: &str = "local";
/// Bytes of a bindings file.
const MAX_FILE: u64 = 1024 * 1024;

/// A bindings file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the bindings `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is larger than any bindings are.
    #[error("the bindings `{}` have more than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        limit: u64,
    },
    /// It is not what it should be.
    #[error("the bindings `{}` cannot be read: {detail}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and why.
        detail: String,
    },
    /// It asks for something that is not here.
    #[error("the bindings `{}` ask for `{key}`, which this host does not have; remove it", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it asks for.
        key: String,
    },
}

impl ConfigError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "bindings-io",
            Self::TooLarge { .. } => "bindings-too-large",
            Self::Malformed { .. } => "bindings-malformed",
            Self::Unsupported { .. } => "bindings-unsupported",
        }
    }
}

#[derive(Deserialize)]
struct Bindings {
    tenant: String,
    #[serde(default)]
    flow_type_bindings: BTreeMap<String, FlowBinding>,
    #[serde(default)]
    retry: FlowRetryConfig,
    #[serde(default)]
    state_store: StateStorePolicy,
    #[serde(default)]
    operator: OperatorPolicy,
    /// What else there is.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

impl HostConfig {
    /// Reads the bindings file of a tenant (YAML), for the environment `local`;
    /// [`HostConfig::with_env`] names another one.
    ///
    /// HTTP is allowed when there is a binding for `messaging`; of the secrets, those that bindings
    /// list. What this host does not have is refused.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load_from_path(path: impl AsRef<Path>) -> Result<Self, ConfigError> {
        let path = path.as_ref();
        let io = |source| ConfigError::Io { path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.len() > MAX_FILE {
            return Err(ConfigError::TooLarge { path: path.to_owned(), limit: MAX_FILE });
        }
        let text = std::fs::read_to_string(path).map_err(io)?;
        let malformed = |error: serde_saphyr::Error| ConfigError::Malformed {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        let bindings: Bindings = serde_saphyr::from_str(&text).map_err(malformed)?;
        if let Some(key) = bindings.rest.iter().find(|(_, value)| asks(value)).map(|(key, _)| key) {
            let (path, key) = (path.to_owned(), key.clone());
            return Err(ConfigError::Unsupported { path, key });
        }
        let listed = bindings.flow_type_bindings.values().flat_map(|binding| &binding.secrets);
        let listed: BTreeSet<String> = listed.cloned().collect();
        Ok(Self {
            bindings_path: path.to_owned(),
            http_enabled: bindings.flow_type_bindings.contains_key("messaging"),
            flow_type_bindings: bindings.flow_type_bindings,
            retry: bindings.retry,
            secrets_policy: SecretsPolicy::Listed(listed),
            state_store_policy: bindings.state_store,
            operator_policy: bindings.operator,
            ..Self::new(LOCAL, bindings.tenant)
        })
    }
}

/// Whether a value asks for anything: one that is empty or switched off does not.
fn asks(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => map.get("enabled") != Some(&Value::Bool(false)) && !map.is_empty(),
        _ => true,
    }
}

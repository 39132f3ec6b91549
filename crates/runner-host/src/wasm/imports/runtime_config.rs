use greentic_deploy_spec::RuntimeRef;
use serde_json::Value;

use super::secrets::NoSecret;
use crate::wasm::bindings::greentic::runtime_config::runtime_config::{self, ConfigError};
use crate::wasm::guest::Guest;
use crate::wasm::store::CallState;

impl runtime_config::Host for CallState {
    /// Values that are no secrets come first, then references, then the guest's secrets. Whatever
    /// comes, comes as JSON.
    async fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, ConfigError>> {
        if key.trim().is_empty() {
            return Ok(Err(ConfigError::InvalidKey));
        }
        if let Some(value) = self.guest.config.non_secret.get(&key) {
            return Ok(Ok(Some(value.to_string())));
        }
        if let Some(reference) = self.guest.config.runtime_refs.get(&key) {
            return Ok(self.guest.referenced(reference));
        }
        Ok(self.secret_as_json(&key).await)
    }
}

impl Guest {
    fn referenced(&self, reference: &str) -> Result<Option<String>, ConfigError> {
        let reference = RuntimeRef::try_new(reference).map_err(|_| ConfigError::InvalidKey)?;
        let resolver = self.config.resolver.as_ref().ok_or(ConfigError::Internal)?;
        match resolver.resolve(&reference) {
            Ok(value) => Ok(value.map(|value| value.to_string())),
            Err(error) => {
                tracing::warn!(%error, "a guest's runtime reference could not be resolved");
                Err(ConfigError::Internal)
            }
        }
    }
}

impl CallState {
    async fn secret_as_json(&mut self, key: &str) -> Result<Option<String>, ConfigError> {
        let secret = match self.secret(key).await {
            Ok(secret) => secret,
            // What is not granted is not there.
            Err(NoSecret::Denied) => None,
            Err(NoSecret::InvalidKey) => return Err(ConfigError::InvalidKey),
            Err(NoSecret::Unavailable(_)) => return Err(ConfigError::Internal),
        };
        secret.map(as_json).transpose()
    }
}

fn as_json(secret: Vec<u8>) -> Result<String, ConfigError> {
    let text = String::from_utf8(secret).map_err(|_| ConfigError::Internal)?;
    Ok(Value::String(text).to_string())
}

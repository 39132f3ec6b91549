use greentic_env_pack::PortError;

use crate::wasm::bindings::greentic::{secrets_store1_0_0, secrets_store1_1_0};
use crate::wasm::guest::{Guest, secret_key};
use crate::wasm::store::{CallState, Stop};

/// Why a guest does not get a secret.
pub(super) enum NoSecret {
    Denied,
    InvalidKey,
    Unavailable(PortError),
}

impl Guest {
    /// A secret of the guest's own pack, when it is granted.
    async fn secret(&self, key: &str) -> Result<Option<Vec<u8>>, NoSecret> {
        let key = secret_key(key).ok_or(NoSecret::InvalidKey)?;
        if !self.grants.secrets.allows(&key) {
            return Err(NoSecret::Denied);
        }
        let secret = self.identity.secret(&key).ok_or(NoSecret::InvalidKey)?;
        self.ports.secrets.read(&secret).await.map_err(NoSecret::Unavailable)
    }
}

impl CallState {
    /// A secret of the guest, which stays out of what it writes.
    pub(super) async fn secret(&mut self, key: &str) -> Result<Option<Vec<u8>>, NoSecret> {
        let secret = self.guest.secret(key).await?;
        if let Some(secret) = &secret {
            self.log.hide(secret);
        }
        Ok(secret)
    }
}

/// The log says why; the guest only learns that it did not work.
fn log_unavailable(error: &PortError) {
    tracing::warn!(%error, "a guest's secret could not be read");
}

impl secrets_store1_0_0::secrets_store::Host for CallState {
    async fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, secrets_store1_0_0::secrets_store::SecretsError>>
    {
        use secrets_store1_0_0::secrets_store::SecretsError;
        Ok(self.secret(&key).await.map_err(|error| match error {
            NoSecret::Denied => SecretsError::Denied,
            NoSecret::InvalidKey => SecretsError::InvalidKey,
            NoSecret::Unavailable(error) => {
                log_unavailable(&error);
                SecretsError::Internal
            }
        }))
    }
}

impl secrets_store1_1_0::secrets_store::Host for CallState {
    async fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, secrets_store1_1_0::secrets_store::SecretsError>>
    {
        use secrets_store1_1_0::secrets_store::SecretsError;
        Ok(self.secret(&key).await.map_err(|error| match error {
            NoSecret::Denied => SecretsError::Denied,
            NoSecret::InvalidKey => SecretsError::InvalidKey,
            NoSecret::Unavailable(error) => {
                log_unavailable(&error);
                SecretsError::Internal
            }
        }))
    }

    async fn put(&mut self, _key: String, _value: Vec<u8>) -> wasmtime::Result<()> {
        // The function has no answer that could say no: the call ends.
        Err(Stop::Denied("secrets-store.put".to_owned()).into())
    }
}

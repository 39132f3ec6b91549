use greentic_env_pack::{PortError, StateKey};

use super::code;
use crate::wasm::bindings::greentic::interfaces_types::types::TenantCtx;
use crate::wasm::bindings::greentic::{state1_0_0, state1_1_0};
use crate::wasm::guest::{Guest, StateGrant};
use crate::wasm::store::CallState;

/// Bytes of a key.
const MAX_KEY: usize = 1024;

/// Why a guest's state was not read or changed: a word and a sentence for the guest.
struct Refused {
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(code: &'static str, message: &str) -> Self {
        Self { code, message: message.to_owned() }
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        match error {
            // What a backend says about itself is for the log.
            PortError::Unavailable { .. } => {
                tracing::warn!(%error, "a guest's state is not available");
                Self::new(code::UNAVAILABLE, "the state is not available; try again later")
            }
            error => Self { code: code::INVALID, message: error.to_string() },
        }
    }
}

/// The steps on state. The scope is the host's; what a guest says about its tenant is not heard.
impl Guest {
    fn state_key(&self, name: String, needed: StateGrant) -> Result<StateKey, Refused> {
        let granted = self.grants.state;
        if granted == StateGrant::Nothing || (needed == StateGrant::ReadWrite && granted != needed)
        {
            return Err(Refused::new(code::DENIED, "this is not granted on the state"));
        }
        if name.is_empty() || name.len() > MAX_KEY {
            return Err(Refused::new(code::INVALID, "a key has 1 to 1024 bytes"));
        }
        Ok(StateKey::new(self.identity.state_scope(), name))
    }

    async fn read_state(&self, key: String) -> Result<Vec<u8>, Refused> {
        let key = self.state_key(key, StateGrant::Read)?;
        let value = self.ports.state.get(&key).await?;
        value.ok_or_else(|| Refused::new(code::NOT_FOUND, "there is no value of that key"))
    }

    async fn write_state(&self, key: String, value: Vec<u8>) -> Result<(), Refused> {
        let key = self.state_key(key, StateGrant::ReadWrite)?;
        Ok(self.ports.state.set(&key, value, None).await?)
    }

    async fn write_state_if_absent(&self, key: String, value: Vec<u8>) -> Result<bool, Refused> {
        let key = self.state_key(key, StateGrant::ReadWrite)?;
        Ok(self.ports.state.set_if_absent(&key, value, None).await?)
    }

    async fn delete_state(&self, key: String) -> Result<(), Refused> {
        let key = self.state_key(key, StateGrant::ReadWrite)?;
        self.ports.state.delete(&key).await?;
        Ok(())
    }
}

/// Both versions of the interface have the same three functions.
macro_rules! state_host {
    ($version:ident { $($more:tt)* }) => {
        impl From<Refused> for $version::state_store::HostError {
            fn from(refused: Refused) -> Self {
                Self { code: refused.code.to_owned(), message: refused.message }
            }
        }

        impl $version::state_store::Host for CallState {
            async fn read(
                &mut self,
                key: String,
                _ctx: Option<TenantCtx>,
            ) -> wasmtime::Result<Result<Vec<u8>, $version::state_store::HostError>> {
                Ok(self.guest.read_state(key).await.map_err(Into::into))
            }

            async fn write(
                &mut self,
                key: String,
                bytes: Vec<u8>,
                _ctx: Option<TenantCtx>,
            ) -> wasmtime::Result<
                Result<$version::state_store::OpAck, $version::state_store::HostError>,
            > {
                let written = self.guest.write_state(key, bytes).await;
                Ok(written.map(|()| $version::state_store::OpAck::Ok).map_err(Into::into))
            }

            async fn delete(
                &mut self,
                key: String,
                _ctx: Option<TenantCtx>,
            ) -> wasmtime::Result<
                Result<$version::state_store::OpAck, $version::state_store::HostError>,
            > {
                let deleted = self.guest.delete_state(key).await;
                Ok(deleted.map(|()| $version::state_store::OpAck::Ok).map_err(Into::into))
            }

            $($more)*
        }
    };
}

state_host!(state1_0_0 {});
state_host!(state1_1_0 {
    async fn write_if_absent(
        &mut self,
        key: String,
        bytes: Vec<u8>,
        _ctx: Option<TenantCtx>,
    ) -> wasmtime::Result<Result<bool, state1_1_0::state_store::HostError>> {
        Ok(self.guest.write_state_if_absent(key, bytes).await.map_err(Into::into))
    }
});

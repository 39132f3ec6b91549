//! Everything that the flows of one turn can reach.

use std::sync::Arc;

use async_trait::async_trait;
use greentic_env_pack::{PortError, StateKey};
use greentic_pack_format::Flow;
use serde_json::Value;

use super::TenantRuntime;
use crate::flow::{Place, ProviderCall, Templates, World};
use crate::pack::PackComponent;
use crate::provider::ProviderError;
use crate::turn::{Envelope, Resumed};
use crate::wasm::{CallError, Guest, Identity, Invocation};

/// One turn of a conversation with a runtime.
pub(super) struct TurnWorld<'t> {
    pub(super) runtime: &'t TenantRuntime,
    pub(super) envelope: &'t Envelope<'t>,
    /// What the turn goes on with, when it does.
    pub(super) resumed: Option<&'t Resumed<'t>>,
}

impl TurnWorld<'_> {
    fn guest(&self, pack_id: &str, component: &PackComponent) -> Guest {
        let identity = Identity {
            user: Some(self.envelope.user.clone()),
            session: Some(self.envelope.session.clone()),
            provider: Some(self.envelope.provider.clone()),
            ..self.runtime.names.identity(pack_id)
        };
        self.runtime.guest(identity, component)
    }

    fn state_key(&self, key: &str) -> StateKey {
        // What flows keep is not what components keep.
        let scope = self.runtime.names.identity(self.envelope.pack_id).state_scope();
        StateKey::new(format!("{scope}/flow"), key)
    }
}

#[async_trait]
impl World for TurnWorld<'_> {
    fn flow(&self, pack_id: &str, flow_id: &str) -> Option<&Flow> {
        self.runtime.find_flow(pack_id, flow_id)
    }

    fn templates(&self) -> &Templates {
        &self.runtime.templates
    }

    fn has_component(&self, pack_id: &str, component_id: &str) -> bool {
        self.runtime.pack(pack_id).is_some_and(|pack| pack.contains_component(component_id))
    }

    fn asset(&self, pack_id: &str, path: &str) -> Option<Arc<[u8]>> {
        self.runtime.pack(pack_id)?.read_asset(path).cloned()
    }

    async fn before_effect(&self) -> Result<(), PortError> {
        match self.resumed {
            Some(resumed) => resumed.spend().await,
            None => Ok(()),
        }
    }

    async fn invoke(&self, pack_id: &str, invocation: &Invocation) -> Result<Value, CallError> {
        let missing = CallError::MissingExport { export: "the component" };
        let pack = self.runtime.pack(pack_id);
        let found = pack.and_then(|pack| pack.component(&invocation.component_id));
        let found = found.ok_or(missing)?;
        found.component.invoke(self.guest(pack_id, found), invocation).await
    }

    async fn invoke_provider(
        &self,
        _place: Place<'_>,
        call: &ProviderCall,
    ) -> Result<Result<Value, CallError>, ProviderError> {
        let (id, provider_type) = (call.provider_id.as_deref(), call.provider_type.as_deref());
        let bound = self.runtime.provider(id, provider_type)?;
        self.runtime.check_operation(bound.declaration, &call.operation)?;
        let guest = self.guest(bound.pack.pack_id(), bound.component);
        let input = call.input.to_string();
        let answer =
            bound.component.component.provider_invoke(guest, &call.operation, input.as_bytes());
        Ok(answer.await.map(super::providers::answer))
    }

    async fn state_get(&self, key: &str) -> Result<Option<Value>, PortError> {
        let found = self.runtime.ports.guest.state.get(&self.state_key(key)).await?;
        Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    async fn state_set(&self, key: &str, value: &Value) -> Result<(), PortError> {
        let bytes = value.to_string().into_bytes();
        self.runtime.ports.guest.state.set(&self.state_key(key), bytes, None).await
    }
}

use std::sync::Arc;

use async_trait::async_trait;
use greentic_env_pack::PortError;
use greentic_pack_format::Flow;
use serde_json::Value;

use super::Templates;
use crate::provider::ProviderError;
use crate::wasm::{CallError, Invocation};

/// Where in a flow something happens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    pub(crate) pack_id: &'a str,
    pub(crate) flow_id: &'a str,
    pub(crate) node_id: &'a str,
}

/// A provider that is to do something.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProviderCall {
    pub(crate) provider_id: Option<String>,
    pub(crate) provider_type: Option<String>,
    pub(crate) operation: String,
    pub(crate) input: Value,
}

/// Everything outside of flows that flows can reach, for one turn.
#[async_trait]
pub(crate) trait World: Send + Sync {
    /// A flow of a pack.
    fn flow(&self, pack_id: &str, flow_id: &str) -> Option<&Flow>;

    /// The templates of all flows.
    fn templates(&self) -> &Templates;

    /// Whether a pack has a component.
    fn has_component(&self, pack_id: &str, component_id: &str) -> bool;

    /// An asset of a pack.
    fn asset(&self, pack_id: &str, path: &str) -> Option<Arc<[u8]>>;

    /// Called before anything that others can notice. What was taken to be resumed is spent from
    /// then on: it is not resumed again, whatever happens.
    async fn before_effect(&self) -> Result<(), PortError>;

    /// Runs a component of a pack.
    async fn invoke(&self, pack_id: &str, invocation: &Invocation) -> Result<Value, CallError>;

    /// Lets a provider do something.
    async fn invoke_provider(
        &self,
        place: Place<'_>,
        call: &ProviderCall,
    ) -> Result<Result<Value, CallError>, ProviderError>;

    /// A value of the worker's state.
    async fn state_get(&self, key: &str) -> Result<Option<Value>, PortError>;

    /// Writes a value of the worker's state.
    async fn state_set(&self, key: &str, value: &Value) -> Result<(), PortError>;
}

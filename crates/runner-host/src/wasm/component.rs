use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use wasmtime::Engine;
use wasmtime::component::{self, InstancePre, Linker};

use super::engine::WasmEngine;
use super::envelope::{self, NodeEnvelope, NodeError, NodeResult};
use super::error::{bounded, reason};
use super::exports::{
    BytesAnswer, NodeAnswer, NodeExport, NodeParams, OpParams, ProviderExports, RunAnswer,
    RunParams, Table,
};
use super::store::CallState;
use super::{CallError, Exports, Guest, Invocation, WasmError, call, cbor, imports};

/// The code of an answer that says of itself that the work was not done.
const NOT_OK: &str = "COMPONENT_INVOCATION_FAILED";
/// Bytes of a component's error.
const MAX_CODE: usize = 128;
const MAX_MESSAGE: usize = 2048;
/// An empty CBOR map: the state that `component-runtime@0.6.0` starts from.
const EMPTY_MAP: &[u8] = &[0xa0];

/// A component that is compiled, linked and ready to be called. Clones share it.
#[derive(Clone)]
pub struct Component {
    pub(super) engine: Arc<WasmEngine>,
    pub(super) linked: Arc<Linked>,
}

/// What clones of a component share.
pub(super) struct Linked {
    pub(super) pre: InstancePre<CallState>,
    table: Table,
}

impl Linked {
    pub(super) fn new(
        engine: &Engine,
        linker: &Linker<CallState>,
        bytes: &[u8],
    ) -> Result<Self, WasmError> {
        let component = component::Component::new(engine, bytes)
            .map_err(|error| WasmError::NotAComponent { reason: reason(&error) })?;
        let import = |error: wasmtime::Error| WasmError::Import { reason: reason(&error) };
        let linker = imports::with_denied_wasi(linker, &component).map_err(import)?;
        let pre = linker.instantiate_pre(&component).map_err(import)?;
        Ok(Self { table: Table::new(&pre)?, pre })
    }
}

impl Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("exports", &self.exports()).finish_non_exhaustive()
    }
}

impl Component {
    pub(super) fn new(engine: Arc<WasmEngine>, linked: Arc<Linked>) -> Self {
        Self { engine, linked }
    }

    /// What it can be asked.
    #[must_use]
    pub fn exports(&self) -> Exports {
        self.linked.table.exports()
    }

    /// Whether another one is the same compiled component.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.linked, &other.linked)
    }

    /// Asks it to do the work of a node, through the newest interface that it has.
    ///
    /// # Errors
    /// [`CallError`]. The work may have been done in part, unless the error is one of
    /// [`CallError::Busy`], [`CallError::MissingExport`] and [`CallError::InputTooLarge`].
    pub async fn invoke(&self, guest: Guest, invocation: &Invocation) -> Result<Value, CallError> {
        check_input(&guest, envelope::size(invocation))?;
        match self.linked.table.node.as_ref() {
            Some(NodeExport::Node060(export)) => {
                let payload = envelope::payload(invocation);
                let identity = Arc::clone(&guest.identity);
                let time = guest.limits.deadline;
                let envelope = NodeEnvelope::new(&identity, time, invocation, &payload);
                let params: NodeParams<'_> = (&invocation.operation, envelope);
                let (answer,): NodeAnswer = call::call(self, guest, export, params).await?;
                node_answer(answer)
            }
            Some(NodeExport::Runtime060(export)) => {
                let input = envelope::whole(&guest.identity, invocation);
                let params: RunParams<'_> = (&input, EMPTY_MAP);
                let (answer,): RunAnswer = call::call(self, guest, export, params).await?;
                value(&answer.output)
            }
            None => Err(CallError::MissingExport {
                export: "greentic:component/node or component-runtime",
            }),
        }
    }

    /// Asks a provider to run an operation, with JSON in and out.
    ///
    /// # Errors
    /// [`CallError`], as for [`Component::invoke`].
    pub async fn provider_invoke(
        &self,
        guest: Guest,
        operation: &str,
        input: &[u8],
    ) -> Result<Vec<u8>, CallError> {
        check_input(&guest, input.len())?;
        let params: OpParams<'_> = (operation, input);
        let (answer,): BytesAnswer =
            call::call(self, guest, &self.provider()?.invoke, params).await?;
        Ok(answer)
    }

    /// What a provider says about itself, as JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn provider_describe(&self, guest: Guest) -> Result<Vec<u8>, CallError> {
        let (answer,): BytesAnswer =
            call::call(self, guest, &self.provider()?.describe, ()).await?;
        Ok(answer)
    }

    /// What a provider says about a configuration, both as JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn provider_validate_config(
        &self,
        guest: Guest,
        config: &[u8],
    ) -> Result<Vec<u8>, CallError> {
        check_input(&guest, config.len())?;
        let (answer,): BytesAnswer =
            call::call(self, guest, &self.provider()?.validate_config, (config,)).await?;
        Ok(answer)
    }

    /// Whether a provider works, as it says itself in JSON.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn provider_healthcheck(&self, guest: Guest) -> Result<Vec<u8>, CallError> {
        let (answer,): BytesAnswer =
            call::call(self, guest, &self.provider()?.healthcheck, ()).await?;
        Ok(answer)
    }

    /// Asks a provider which endpoint a message came to. It runs without any rights, whatever the
    /// guest is granted.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn identify_instance(
        &self,
        guest: &Guest,
        payload: &[u8],
    ) -> Result<Option<String>, CallError> {
        let export = self.linked.table.identify.as_ref();
        let export = export.ok_or(CallError::MissingExport { export: "identify-instance" })?;
        check_input(guest, payload.len())?;
        let (answer,): (Option<String>,) =
            call::call(self, guest.without_rights(), export, (payload,)).await?;
        Ok(answer)
    }

    /// Asks a provider where in a message it looks for the endpoint, as JSON. It runs without any
    /// rights, whatever the guest is granted.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn describe_identify_instance(
        &self,
        guest: &Guest,
    ) -> Result<Option<Vec<u8>>, CallError> {
        let export = self.linked.table.describe_identify.as_ref();
        let export =
            export.ok_or(CallError::MissingExport { export: "describe-identify-instance" })?;
        let (answer,): (Option<Vec<u8>>,) =
            call::call(self, guest.without_rights(), export, ()).await?;
        Ok(answer)
    }

    fn provider(&self) -> Result<&ProviderExports, CallError> {
        let exports = self.linked.table.provider.as_ref();
        exports.ok_or(CallError::MissingExport {
            export: "greentic:provider-schema-core/schema-core-api",
        })
    }
}

fn check_input(guest: &Guest, size: usize) -> Result<(), CallError> {
    let limit = guest.limits.input;
    if size > limit { Err(CallError::InputTooLarge { limit }) } else { Ok(()) }
}

fn value(output: &[u8]) -> Result<Value, CallError> {
    cbor::decode(output).map_err(|error| CallError::BadAnswer { reason: error.to_string() })
}

fn node_answer(answer: Result<NodeResult, NodeError>) -> Result<Value, CallError> {
    match answer {
        Ok(result) if result.ok => value(&result.output_cbor),
        Ok(result) => Err(CallError::Guest {
            code: NOT_OK.to_owned(),
            message: bounded(value(&result.output_cbor)?.to_string(), MAX_MESSAGE),
            retryable: false,
            backoff: None,
        }),
        Err(error) => Err(CallError::Guest {
            code: bounded(error.code, MAX_CODE),
            message: bounded(error.message, MAX_MESSAGE),
            retryable: error.retryable,
            backoff: error.backoff_ms.map(Duration::from_millis),
        }),
    }
}

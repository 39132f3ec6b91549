//! An invocation as components read it.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use wasmtime::component::{ComponentType, Lift, Lower};

use super::guest::Identity;
use super::{Input, Invocation, cbor};

/// What stands for the node where there is none.
const NO_NODE: &str = "component.exec";

/// The whole invocation, as `component-runtime@0.6.0` reads it: one CBOR map, in which payload and
/// metadata are arrays of the bytes of their JSON.
pub(super) fn whole(identity: &Identity, invocation: &Invocation) -> Vec<u8> {
    match &invocation.input {
        Input::Raw(value) => cbor::encode(value),
        Input::Wrapped { payload, metadata } => cbor::encode(&WholeEnvelope {
            ctx: Context::new(identity, invocation),
            flow_id: &invocation.flow_id,
            node_id: invocation.node_id.as_deref(),
            op: &invocation.operation,
            payload: payload.to_string().into_bytes(),
            metadata: metadata.to_string().into_bytes(),
        }),
    }
}

/// The payload alone, as `node@0.6.0` reads it.
pub(super) fn payload(invocation: &Invocation) -> Vec<u8> {
    let (Input::Raw(payload) | Input::Wrapped { payload, .. }) = &invocation.input;
    cbor::encode(payload)
}

/// About as many bytes as an input takes: counted before it is encoded.
pub(super) fn size(invocation: &Invocation) -> usize {
    match &invocation.input {
        Input::Raw(value) => value_size(value),
        Input::Wrapped { payload, metadata } => value_size(payload) + value_size(metadata),
    }
}

fn value_size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 1,
        Value::Number(_) => 9,
        Value::String(text) => text.len() + 1,
        Value::Array(items) => items.iter().map(value_size).sum::<usize>() + 1,
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| name.len() + 1 + value_size(value)).sum::<usize>() + 1
        }
    }
}

#[derive(Serialize)]
struct WholeEnvelope<'a> {
    ctx: Context<'a>,
    flow_id: &'a str,
    node_id: Option<&'a str>,
    op: &'a str,
    payload: Vec<u8>,
    metadata: Vec<u8>,
}

#[derive(Serialize)]
struct Context<'a> {
    env: &'a str,
    tenant: &'a str,
    tenant_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a str>,
    flow_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    i18n_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    correlation_id: Option<&'a str>,
    attempt: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    idempotency_key: Option<&'a str>,
}

impl<'a> Context<'a> {
    fn new(identity: &'a Identity, invocation: &'a Invocation) -> Self {
        Self {
            env: &identity.env,
            tenant: &identity.tenant,
            tenant_id: &identity.tenant,
            team: identity.team.as_deref(),
            team_id: identity.team.as_deref(),
            user: identity.user.as_deref(),
            user_id: identity.user.as_deref(),
            session_id: identity.session.as_deref(),
            flow_id: &invocation.flow_id,
            node_id: invocation.node_id.as_deref(),
            provider_id: identity.provider.as_deref(),
            trace_id: identity.trace_id.as_deref(),
            i18n_id: identity.i18n_id.as_deref(),
            correlation_id: identity.correlation_id.as_deref(),
            attempt: identity.attempt,
            idempotency_key: identity.idempotency_key.as_deref(),
        }
    }
}

/// What `node@0.6.0` reads.
#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct NodeEnvelope<'a> {
    ctx: NodeContext<'a>,
    #[component(name = "flow-id")]
    flow_id: &'a str,
    #[component(name = "step-id")]
    step_id: &'a str,
    #[component(name = "component-id")]
    component_id: &'a str,
    attempt: u32,
    #[component(name = "payload-cbor")]
    payload_cbor: &'a [u8],
    #[component(name = "metadata-cbor")]
    metadata_cbor: Option<&'a [u8]>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(super) struct NodeContext<'a> {
    #[component(name = "tenant-id")]
    tenant_id: &'a str,
    #[component(name = "team-id")]
    team_id: Option<&'a str>,
    #[component(name = "user-id")]
    user_id: Option<&'a str>,
    #[component(name = "env-id")]
    env_id: &'a str,
    #[component(name = "trace-id")]
    trace_id: &'a str,
    #[component(name = "correlation-id")]
    correlation_id: &'a str,
    #[component(name = "deadline-ms")]
    deadline_ms: u64,
    attempt: u32,
    #[component(name = "idempotency-key")]
    idempotency_key: Option<&'a str>,
    #[component(name = "i18n-id")]
    i18n_id: &'a str,
}

impl<'a> NodeEnvelope<'a> {
    pub(super) fn new(
        identity: &'a Identity,
        time: Duration,
        invocation: &'a Invocation,
        payload: &'a [u8],
    ) -> Self {
        Self {
            ctx: NodeContext {
                tenant_id: &identity.tenant,
                team_id: identity.team.as_deref(),
                user_id: identity.user.as_deref(),
                env_id: &identity.env,
                trace_id: identity.trace_id.as_deref().unwrap_or_default(),
                correlation_id: identity.correlation_id.as_deref().unwrap_or_default(),
                deadline_ms: time.as_millis().try_into().unwrap_or(u64::MAX),
                attempt: identity.attempt,
                idempotency_key: identity.idempotency_key.as_deref(),
                i18n_id: identity.i18n_id.as_deref().unwrap_or_default(),
            },
            flow_id: &invocation.flow_id,
            step_id: invocation.node_id.as_deref().unwrap_or(NO_NODE),
            component_id: &invocation.component_id,
            attempt: identity.attempt,
            payload_cbor: payload,
            metadata_cbor: None,
        }
    }
}

/// What `node@0.6.0` answers.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct NodeResult {
    pub(super) ok: bool,
    #[component(name = "output-cbor")]
    pub(super) output_cbor: Vec<u8>,
    #[component(name = "output-metadata-cbor")]
    _output_metadata_cbor: Option<Vec<u8>>,
}

/// How `node@0.6.0` fails.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct NodeError {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) retryable: bool,
    #[component(name = "backoff-ms")]
    pub(super) backoff_ms: Option<u64>,
    #[component(name = "details")]
    _details: Option<Vec<u8>>,
}

/// What `component-runtime@0.6.0` answers. The host keeps no state for a component in its answers.
#[derive(ComponentType, Lift)]
#[component(record)]
pub(super) struct RunResult {
    pub(super) output: Vec<u8>,
    #[component(name = "new-state")]
    _new_state: Vec<u8>,
}

use greentic_env_pack::GuestSource;

use super::code;
use crate::wasm::bindings::greentic::interfaces_types::types::TenantCtx;
use crate::wasm::bindings::greentic::telemetry::logger_api::{self, HostError, OpAck, SpanContext};
use crate::wasm::error::bounded;
use crate::wasm::store::CallState;

/// Bytes of a name that a guest gives.
const MAX_NAME: usize = 128;

impl logger_api::Host for CallState {
    async fn log(
        &mut self,
        span: SpanContext,
        fields: Vec<(String, String)>,
        // Whose entry it is, the host knows.
        _ctx: Option<TenantCtx>,
    ) -> wasmtime::Result<Result<OpAck, HostError>> {
        if !self.guest.grants.telemetry {
            return Ok(Err(HostError {
                code: code::DENIED.to_owned(),
                message: "writing log entries is not granted".to_owned(),
            }));
        }
        let text = one_line(&fields);
        let kept = self.log.take(text.len());
        if kept > 0 {
            // Hidden before it is cut: half of a secret is not found.
            let text = self.log.line(GuestSource::Logger, &bounded(text, kept));
            let identity = &self.guest.identity;
            tracing::info!(
                target: "greentic::guest",
                tenant = identity.tenant,
                pack = identity.pack,
                session = identity.session,
                flow = bounded(span.flow_id, MAX_NAME),
                node = span.node_id.map(|node| bounded(node, MAX_NAME)),
                provider = bounded(span.provider, MAX_NAME),
                fields = text,
            );
        }
        Ok(Ok(OpAck::Ok))
    }
}

fn one_line(fields: &[(String, String)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text
}

use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER};

use super::reply::{Reply, json_reply, reply};
use super::status::View;
use crate::gate::Gate;
use crate::readiness::readiness;

pub(super) fn livez() -> Reply {
    reply(StatusCode::OK, "text/plain; charset=utf-8", "ok\n")
}

pub(super) fn readyz(gate: &Gate, view: View) -> Reply {
    let readiness = readiness(gate).seen_by(view);
    if readiness.ready {
        return json_reply(StatusCode::OK, &readiness);
    }
    let mut reply = json_reply(StatusCode::SERVICE_UNAVAILABLE, &readiness);
    reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    reply
}

pub(crate) async fn metrics(gate: &Gate, view: View) -> Reply {
    let text = gate.metrics.text(gate, view).await;
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    reply(StatusCode::OK, content_type, text)
}

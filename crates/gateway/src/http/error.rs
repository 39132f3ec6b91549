use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER};
use serde_json::json;

use super::reply::{Reply, json_reply};

/// A request is refused: what callers are told. Nothing of the inside is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    message: String,
    hint: Option<&'static str>,
    /// Seconds after which it is worth another try.
    retry_after: Option<u32>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None, retry_after: None }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
            .with_hint("get a token from tokens/generate and send it as `Authorization: Bearer …`")
    }

    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    pub(crate) fn method() -> Self {
        let message = "this address does not take that method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let message = format!("the body has more than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", message)
            .with_hint("send less at a time")
    }

    pub(crate) fn too_many_values(limit: usize) -> Self {
        let message = format!("the body has more than {limit} JSON values");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-many-values", message)
            .with_hint("send less at a time")
    }

    pub(crate) fn busy(message: &str) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
        Self { retry_after: Some(1), ..error.with_hint("send it again in a moment") }
    }

    /// There is no room for what the worker would keep. Conversations that end make some.
    pub(crate) fn full(code: &'static str) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "the worker can keep no more");
        Self { retry_after: Some(60), ..error }
            .with_hint("send it again later; the gateway's log says what is full")
    }

    pub(crate) fn unavailable(code: &'static str, message: &str) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        Self { retry_after: Some(5), ..error.with_hint("/readyz says why") }
    }

    /// A deployment that has no traffic: that is how its environment wants it.
    pub(crate) fn no_split() -> Self {
        Self::unavailable("no-traffic-split", "this worker serves no revision yet").with_hint(
            "whoever runs it gives a revision traffic: `gtc op deploy` or `gtc op traffic set`",
        )
    }

    pub(crate) fn timeout(message: &str) -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timeout", message)
    }

    pub(crate) fn worker_failed(code: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, code, "the worker could not answer this message")
            .with_hint("the gateway's log says why")
    }

    pub(crate) fn internal(message: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    pub(crate) fn reply(&self) -> Reply {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(hint) = self.hint {
            error["hint"] = hint.into();
        }
        let mut reply = json_reply(self.status, &json!({ "error": error }));
        if let Some(seconds) = self.retry_after {
            reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }
}

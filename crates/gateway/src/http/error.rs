use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde_json::json;

use super::reply::{Reply, json_reply};

/// A request is refused: what callers are told. Nothing of the inside is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    message: String,
    hint: Option<&'static str>,
    header: Option<Header>,
}

/// The header that a status asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Header {
    /// Seconds after which it is worth another try.
    RetryAfter(u32),
    /// The methods that an address takes.
    Allow(&'static str),
    /// How to show who one is.
    Authenticate,
}

impl Header {
    fn line(self) -> (HeaderName, HeaderValue) {
        match self {
            Self::RetryAfter(seconds) => (RETRY_AFTER, HeaderValue::from(seconds)),
            Self::Allow(methods) => (ALLOW, HeaderValue::from_static(methods)),
            Self::Authenticate => (WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        }
    }
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), hint: None, header: None }
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code, ..self }
    }

    pub(crate) fn with_hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn with_header(self, header: Header) -> Self {
        Self { header: Some(header), ..self }
    }

    pub(crate) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
            .with_hint("get a token from tokens/generate and send it as `Authorization: Bearer …`")
            .with_header(Header::Authenticate)
    }

    pub(crate) fn forbidden(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// Another method than the address takes: a list of them as it stands in a header.
    pub(crate) fn method(allowed: &'static str) -> Self {
        let message = format!("this address takes {allowed}");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message)
            .with_header(Header::Allow(allowed))
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

    pub(crate) fn too_deep(limit: usize) -> Self {
        let message = format!("the body has JSON values that are nested more than {limit} deep");
        Self::bad_request("body-too-deep", message)
    }

    pub(crate) fn busy(message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
            .with_hint("send it again in a moment")
            .with_header(Header::RetryAfter(1))
    }

    /// There is no room for what the worker would keep. Conversations that end make some.
    pub(crate) fn full(code: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "the worker can keep no more")
            .with_hint("send it again later; the gateway's log says what is full")
            .with_header(Header::RetryAfter(60))
    }

    pub(crate) fn unavailable(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
            .with_hint("/readyz says why")
            .with_header(Header::RetryAfter(5))
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
        if let Some((name, value)) = self.header.map(Header::line) {
            reply.headers_mut().insert(name, value);
        }
        reply
    }
}

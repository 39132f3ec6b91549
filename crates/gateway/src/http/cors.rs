//! Lets pages of any origin talk to workers. No credentials of the browser are ever used: a token is
//! all that counts.

use hyper::StatusCode;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_MAX_AGE, HeaderValue,
};

use super::reply::{Reply, reply};
use crate::metrics::Endpoint;

pub(super) fn preflight() -> Reply {
    let mut reply = reply(StatusCode::NO_CONTENT, "text/plain; charset=utf-8", "");
    let headers = reply.headers_mut();
    let allowed = "authorization, content-type, accept, x-ms-bot-agent, x-requested-with";
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(allowed));
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    reply
}

pub(super) fn allow(endpoint: Endpoint, mut reply: Reply) -> Reply {
    if matches!(endpoint, Endpoint::Webchat | Endpoint::Invoke) {
        let any = HeaderValue::from_static("*");
        reply.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, any);
    }
    reply
}

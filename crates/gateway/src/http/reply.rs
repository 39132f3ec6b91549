use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use serde::Serialize;

/// An answer whose body is there as a whole.
pub(crate) type Reply = Response<Full<Bytes>>;

/// Bytes that most answers fit in.
const MOST_ANSWERS: usize = 512;

/// An answer that nobody keeps and nobody takes for something else.
pub(crate) fn reply(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    reply
}

pub(crate) fn json_reply(status: StatusCode, body: &impl Serialize) -> Reply {
    let mut json = Vec::with_capacity(MOST_ANSWERS);
    match serde_json::to_writer(&mut json, body) {
        Ok(()) => reply(status, "application/json; charset=utf-8", json),
        Err(_) => reply(StatusCode::INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", ""),
    }
}

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Body as _;
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, Request, StatusCode, Version};
use serde::de::DeserializeOwned;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body;
use super::error::ApiError;
use crate::Limits;

/// A request, read as a whole.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    /// The host, from the target or the header.
    pub(crate) host: Option<String>,
    pub(crate) path: String,
    query: Option<String>,
    token: Option<String>,
    pub(crate) body: Bytes,
    _room: Option<OwnedSemaphorePermit>,
    most_values: usize,
    most_depth: usize,
}

/// Fails when a request has more header lines, or a larger head, than the limits allow.
pub(super) fn check_head<B>(request: &Request<B>, limits: &Limits) -> Result<(), ApiError> {
    let refused = |message| {
        let status = hyper::StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        Err(ApiError::new(status, "head-too-large", message))
    };
    let headers = request.headers();
    if headers.len() > limits.headers {
        return refused(format!("the request has more than {} header lines", limits.headers));
    }
    // With what stands between a name and its value, and at the end of the line.
    let bytes = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
    let limit = limits.head.max(8 * 1024);
    if bytes.sum::<usize>() > limit {
        return refused(format!("the head of the request has more than {limit} bytes"));
    }
    Ok(())
}

impl Asked {
    /// Reads a request within the limits. As long as it is there, its body takes room of that for all.
    pub(crate) async fn read(
        request: Request<Incoming>,
        limits: &Limits,
        room: &Arc<Semaphore>,
    ) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = host(&parts)?.map(str::to_owned);
        if !body.is_end_stream() {
            check_kind(header(CONTENT_TYPE), header(CONTENT_ENCODING))?;
        }
        // Said by `Content-Length`: nothing of it is waited for.
        if body.size_hint().lower() > limits.body as u64 {
            return Err(ApiError::too_large(limits.body));
        }
        let token = header(AUTHORIZATION).and_then(bearer).map(str::to_owned);
        let body = tokio::time::timeout(limits.body_time, body::read(body, limits.body, room));
        let (body, room) = body.await.map_err(|_| {
            ApiError::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "the body took too long")
        })??;
        Ok(Self {
            method: parts.method,
            host,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            token,
            body,
            _room: room,
            most_values: limits.values,
            most_depth: limits.depth,
        })
    }

    /// The bearer token.
    pub(crate) fn token(&self) -> Result<&str, ApiError> {
        self.token.as_deref().ok_or_else(|| ApiError::unauthorized("a token is needed"))
    }

    /// A value of the query; the first one, should there be several.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.query.as_deref()?.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        // What a value takes in memory is a multiple of its bytes, so values are counted first.
        let Extent { values, depth } = extent(&self.body);
        if values > self.most_values {
            return Err(ApiError::too_many_values(self.most_values));
        }
        if depth > self.most_depth {
            return Err(ApiError::too_deep(self.most_depth));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let (text, at) =
                (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
            // It may have a text of the body in it, however long that is.
            let problem = cut(text.strip_suffix(&at).unwrap_or(&text));
            let message = format!("the body is not what is expected: {problem}{at}");
            ApiError::bad_request("body-invalid", message)
        })
    }

    /// The body as JSON, of which the fields are named.
    pub(crate) fn object<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        // A list would be taken for the fields in their order.
        match self.body.trim_ascii_start().first() {
            Some(b'[') => Err(ApiError::bad_request("body-invalid", "the body is a JSON object")),
            _ => self.json(),
        }
    }

    /// The same; none when there is no body.
    pub(crate) fn optional_object<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        if self.body.is_empty() { Ok(None) } else { self.object().map(Some) }
    }
}

/// How much a JSON document is at most.
#[derive(Debug, PartialEq, Eq)]
struct Extent {
    values: usize,
    /// Lists and objects inside of each other.
    depth: usize,
}

fn extent(json: &[u8]) -> Extent {
    let (mut values, mut deepest, mut depth) = (1, 0, 0_usize);
    let (mut in_text, mut escaped) = (false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' if !in_text => values += 1,
            b'[' | b'{' if !in_text => {
                values += 1;
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    Extent { values, depth: deepest }
}

/// The beginning of a text, for a message.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The host that is asked; none in a request of HTTP/1.0 that names none.
pub(super) fn host(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let wrong = || ApiError::bad_request("host-invalid", "a request names one host in `Host`");
    let mut named = parts.headers.get_all(HOST).iter();
    let first = named.next().map(|host| host.to_str().map_err(|_| wrong())).transpose()?;
    if named.next().is_some() || (first.is_none() && parts.version == Version::HTTP_11) {
        return Err(wrong());
    }
    if first.is_some_and(|host| !is_host(host)) {
        return Err(wrong());
    }
    Ok(parts.uri.host().or(first))
}

/// Whether it is a name or an address, with a port or without; what names none is empty.
fn is_host(text: &str) -> bool {
    let is_port = |rest: &str| {
        let port = rest.strip_prefix(':').unwrap_or(rest);
        (rest.is_empty() || port != rest) && port.bytes().all(|digit| digit.is_ascii_digit())
    };
    text.is_empty()
        || text
            .parse::<Authority>()
            .is_ok_and(|authority| text.strip_prefix(authority.host()).is_some_and(is_port))
}

/// Pages of other origins can only send this when the browser was told that they may.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// Fails for a body that is not JSON as it stands.
fn check_kind(content_type: Option<&str>, encoding: Option<&str>) -> Result<(), ApiError> {
    let unsupported =
        |code, message| ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message);
    if !content_type.is_some_and(is_json) {
        let message = "a body is JSON, and `Content-Type` says so";
        return Err(unsupported("content-type-not-json", message)
            .with_hint("send `Content-Type: application/json`"));
    }
    if encoding.is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity")) {
        return Err(unsupported("content-encoded", "a body is sent as it is, not compressed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_signs_in_texts_are_not() {
        for (json, values, depth) in [
            ("7", 1, 0),
            (r#"{"a":1,"b":2}"#, 3, 1),
            (r#"[[],{},"a,b\",[{"]"#, 6, 2),
            (r#"{"a,\"{[":"\\"}"#, 2, 1),
            ("]]][[", 3, 2),
        ] {
            assert_eq!(extent(json.as_bytes()), Extent { values, depth }, "{json}");
        }
    }

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        for host in [
            "",
            "localhost",
            "a_b.example.org.",
            "localhost:80",
            "localhost:",
            "[::1]:80",
            "127.0.0.1",
        ] {
            assert!(is_host(host), "{host}");
        }
        for host in
            ["localhost:80@evil", "localhost:evil", "[::1]evil", "a b", "a/b", "a:1:2", "::1"]
        {
            assert!(!is_host(host), "{host}");
        }
    }
}

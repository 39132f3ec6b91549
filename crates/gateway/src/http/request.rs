use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HOST};
use hyper::{Method, Request};
use serde::de::DeserializeOwned;

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
    /// Reads a request within the limits.
    pub(crate) async fn read(
        request: Request<Incoming>,
        limits: &Limits,
    ) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let host = parts.uri.host().or_else(|| header(HOST)).map(str::to_owned);
        let token = header(AUTHORIZATION).and_then(bearer).map(str::to_owned);
        let body =
            tokio::time::timeout(limits.body_time, Limited::new(body, limits.body).collect());
        let body = body.await.map_err(|_| {
            ApiError::new(
                hyper::StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                "the body took too long",
            )
        })?;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ApiError::too_large(limits.body)
            } else {
                ApiError::bad_request("body-incomplete", "the body ended before its end")
            }
        })?;
        Ok(Self {
            method: parts.method,
            host,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            token,
            body: body.to_bytes(),
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
        serde_json::from_slice(&self.body).map_err(|error| {
            ApiError::bad_request(
                "body-invalid",
                format!("the body is not what is expected: {error}"),
            )
        })
    }

    /// The body as JSON; none when there is no body.
    pub(crate) fn optional_json<T: DeserializeOwned>(&self) -> Result<Option<T>, ApiError> {
        if self.body.is_empty() { Ok(None) } else { self.json().map(Some) }
    }
}

fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

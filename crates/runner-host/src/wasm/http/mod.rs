mod reach;
mod web;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use reach::Reach;
pub use web::{WebClient, WebClientError};

/// A name and a value.
pub type HttpHeader = (String, String);

/// A request of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: String,
    /// Where to.
    pub url: String,
    /// Its headers.
    pub headers: Vec<HttpHeader>,
    /// Its body.
    pub body: Option<Vec<u8>>,
    /// The time until the whole response is there.
    pub timeout: Duration,
    /// What to do when the response points elsewhere.
    pub redirects: Redirects,
    /// Bytes of the response's body.
    pub max_response: usize,
}

/// What to do when a response points elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redirects {
    /// Give the response to the guest.
    Return,
    /// Go there, a few times.
    Follow,
}

/// A response to a guest's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<HttpHeader>,
    /// Its body.
    pub body: Vec<u8>,
}

/// Why a request has no response.
///
/// The text reaches the guest: it tells nothing about the network beyond what the guest asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Guests may not go there.
    #[error("requests to this address are not allowed")]
    Refused,
    /// The request cannot be sent as it is.
    #[error("the request has no valid {what}")]
    Invalid {
        /// What of it is not valid.
        what: &'static str,
    },
    /// The response did not come in time.
    #[error("no response within {} ms", limit.as_millis())]
    Timeout {
        /// The time it had.
        limit: Duration,
    },
    /// The response is larger than is taken.
    #[error("the response has more than {limit} bytes")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
    },
    /// There is no connection, or it broke.
    #[error("the connection failed")]
    Unavailable,
}

impl HttpError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused => "http-refused",
            Self::Invalid { .. } => "http-invalid",
            Self::Timeout { .. } => "http-timeout",
            Self::TooLarge { .. } => "http-too-large",
            Self::Unavailable => "http-unavailable",
        }
    }
}

/// Sends requests for guests that are granted it.
#[async_trait]
pub trait HttpClient: Debug + Send + Sync {
    /// Sends a request and reads the response: within its time, and no more than its size.
    ///
    /// # Errors
    /// [`HttpError`]. The request may have had its effect, unless it was refused or not valid.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError>;
}

/// Sends nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHttp;

#[async_trait]
impl HttpClient for NoHttp {
    async fn send(&self, _request: HttpRequest) -> Result<HttpResponse, HttpError> {
        Err(HttpError::Refused)
    }
}

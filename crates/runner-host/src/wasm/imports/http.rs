use std::time::Duration;

use tokio::time::Instant;

use super::code;
use crate::wasm::bindings::greentic::interfaces_types::types::TenantCtx;
use crate::wasm::bindings::greentic::{http1_0_0, http1_1_0};
use crate::wasm::guest::Guest;
use crate::wasm::http::{HttpError, HttpRequest, HttpResponse, Redirects};
use crate::wasm::store::CallState;

/// How long a request may take when the guest does not say.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

/// Why a request of a guest has no response: a word and a sentence for the guest.
struct Refused {
    code: &'static str,
    message: String,
}

impl From<HttpError> for Refused {
    fn from(error: HttpError) -> Self {
        let code = match error {
            HttpError::Refused => code::DENIED,
            HttpError::Invalid { .. } => code::INVALID,
            _ => code::UNAVAILABLE,
        };
        Self { code, message: error.to_string() }
    }
}

impl CallState {
    /// A request with this call's bounds.
    fn request(&self, timeout: Option<Duration>, redirects: Redirects) -> HttpRequest {
        let left = self.deadline.saturating_duration_since(Instant::now());
        HttpRequest {
            method: String::new(),
            url: String::new(),
            headers: Vec::new(),
            body: None,
            timeout: timeout.unwrap_or(DEFAULT_TIMEOUT).min(left),
            redirects,
            max_response: self.guest.limits.http_response,
        }
    }
}

impl Guest {
    async fn send_request(&self, request: HttpRequest) -> Result<HttpResponse, Refused> {
        if !self.grants.http {
            let message = "sending HTTP requests is not granted".to_owned();
            return Err(Refused { code: code::DENIED, message });
        }
        Ok(self.ports.http.send(request).await?)
    }
}

impl http1_0_0::http_client::Host for CallState {
    async fn send(
        &mut self,
        req: http1_0_0::http_client::Request,
        _ctx: Option<TenantCtx>,
    ) -> wasmtime::Result<Result<http1_0_0::http_client::Response, http1_0_0::http_client::HostError>>
    {
        use http1_0_0::http_client::{HostError, Response};
        let request = HttpRequest {
            method: req.method,
            url: req.url,
            headers: req.headers,
            body: req.body,
            ..self.request(None, Redirects::Return)
        };
        Ok(match self.guest.send_request(request).await {
            Ok(HttpResponse { status, headers, body }) => {
                Ok(Response { status, headers, body: Some(body) })
            }
            Err(Refused { code, message }) => Err(HostError { code: code.to_owned(), message }),
        })
    }
}

impl http1_1_0::http_client::Host for CallState {
    async fn send(
        &mut self,
        req: http1_1_0::http_client::Request,
        opts: Option<http1_1_0::http_client::RequestOptions>,
        _ctx: Option<TenantCtx>,
    ) -> wasmtime::Result<Result<http1_1_0::http_client::Response, http1_1_0::http_client::HostError>>
    {
        use http1_1_0::http_client::{HostError, Response};
        let timeout = opts.as_ref().and_then(|opts| opts.timeout_ms);
        let follows = opts.is_some_and(|opts| opts.follow_redirects == Some(true));
        // That a guest wants no checks of certificates is not heard.
        let redirects = if follows { Redirects::Follow } else { Redirects::Return };
        let request = HttpRequest {
            method: req.method,
            url: req.url,
            headers: req.headers,
            body: req.body,
            ..self.request(timeout.map(|ms| Duration::from_millis(ms.into())), redirects)
        };
        Ok(match self.guest.send_request(request).await {
            Ok(HttpResponse { status, headers, body }) => {
                Ok(Response { status, headers, body: Some(body) })
            }
            Err(Refused { code, message }) => Err(HostError { code: code.to_owned(), message }),
        })
    }
}

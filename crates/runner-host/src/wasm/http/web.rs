use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Request, Response, Url};
use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls_platform_verifier::BuilderVerifierExt;

use super::{HttpClient, HttpError, HttpRequest, HttpResponse, Reach, Redirects};

/// How often a request follows where a response points.
const MAX_REDIRECTS: usize = 5;
/// How long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// Headers of a request.
const MAX_HEADERS: usize = 128;
/// Headers that say where a message ends and whose it is: they are the client's, and a guest's are
/// left out.
const FRAMING: [&str; 8] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Sends requests over the network, with the machine's certificates and no proxy.
///
/// Names are resolved here and the addresses checked before anything is sent, also after a
/// redirect. Connections are kept and shared; nothing else of a request is.
#[derive(Clone, Debug)]
pub struct WebClient {
    reach: Reach,
    returning: Client,
    following: Client,
}

/// The client cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebClientError {
    /// The machine's certificates cannot be used.
    #[error("the machine's certificates cannot be used for TLS")]
    Tls(#[from] rustls::Error),
    /// The client refuses its settings.
    #[error("the HTTP client refuses its settings")]
    Client(#[from] reqwest::Error),
}

impl WebClient {
    /// A client for guests of this reach.
    ///
    /// # Errors
    /// [`WebClientError`] where the machine has no usable certificates.
    pub fn new(reach: Reach) -> Result<Self, WebClientError> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()?
            .with_no_client_auth();
        let client = |redirects: Policy| {
            Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .dns_resolver(Arc::new(CheckedNames { reach }))
                .redirect(redirects)
                .no_proxy()
                .referer(false)
                .pool_idle_timeout(IDLE)
                .build()
        };
        Ok(Self {
            reach,
            returning: client(Policy::none())?,
            following: client(checked_redirects(reach))?,
        })
    }

    fn request(&self, request: &mut HttpRequest) -> Result<Request, HttpError> {
        let url = Url::parse(&request.url).map_err(|_| HttpError::Invalid { what: "URL" })?;
        check(&url, self.reach)?;
        let method = Method::from_bytes(request.method.to_ascii_uppercase().as_bytes())
            .map_err(|_| HttpError::Invalid { what: "method" })?;
        if request.headers.len() > MAX_HEADERS {
            return Err(HttpError::Invalid { what: "number of headers" });
        }
        let mut built = Request::new(method, url);
        for (name, value) in &request.headers {
            let invalid = HttpError::Invalid { what: "header" };
            let name = name.parse::<reqwest::header::HeaderName>().map_err(|_| invalid.clone())?;
            let value = value.parse::<reqwest::header::HeaderValue>().map_err(|_| invalid)?;
            if !FRAMING.contains(&name.as_str()) {
                built.headers_mut().append(name, value);
            }
        }
        *built.timeout_mut() = Some(request.timeout);
        *built.body_mut() = request.body.take().map(Into::into);
        Ok(built)
    }
}

#[async_trait]
impl HttpClient for WebClient {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let built = self.request(&mut request)?;
        let client = match request.redirects {
            Redirects::Return => &self.returning,
            Redirects::Follow => &self.following,
        };
        let failed = |error: reqwest::Error| failure(&error, request.timeout);
        let mut response = client.execute(built).await.map_err(failed)?;
        let status = response.status().as_u16();
        let headers = headers(&response);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > request.max_response {
                return Err(HttpError::TooLarge { limit: request.max_response });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpResponse { status, headers, body })
    }
}

fn headers(response: &Response) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let headers = response.headers().iter();
    headers.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

fn failure(error: &reqwest::Error, limit: Duration) -> HttpError {
    if error.is_timeout() {
        HttpError::Timeout { limit }
    } else if is_refused(error) {
        HttpError::Refused
    } else {
        HttpError::Unavailable
    }
}

/// Whether an address was refused, somewhere below.
fn is_refused(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<AddressRefused>() {
            return true;
        }
        cause = error.source();
    }
    false
}

#[derive(Debug, thiserror::Error)]
#[error("guests do not reach this address")]
struct AddressRefused;

/// The address in a URL, when it names one; names are checked when they are resolved.
fn check(url: &Url, reach: Reach) -> Result<(), HttpError> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(HttpError::Invalid { what: "URL: it starts with neither http nor https" });
    }
    let host = url.host_str().ok_or(HttpError::Invalid { what: "host" })?;
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    if address.is_ok_and(|address| !reach.allows(address)) {
        return Err(HttpError::Refused);
    }
    Ok(())
}

fn checked_redirects(reach: Reach) -> Policy {
    Policy::custom(move |attempt| {
        if attempt.previous().len() > MAX_REDIRECTS {
            attempt.stop()
        } else if check(attempt.url(), reach).is_err() {
            attempt.error(AddressRefused)
        } else {
            attempt.follow()
        }
    })
}

/// Resolves names, and leaves out addresses that guests do not reach.
#[derive(Clone, Copy, Debug)]
struct CheckedNames {
    reach: Reach,
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.reach;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(AddressRefused.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

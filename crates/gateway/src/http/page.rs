use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY};
use sha2::{Digest as _, Sha256};

use super::reply::{Reply, reply};
use crate::routes::segment;

const HTML: &str = include_str!("page.html");

/// Where the page is told of which tenant the worker of its address is.
const TENANT: &str = "<meta name=\"tenant\" content=\"\">";

/// The page: chat with a worker, and what is served.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    policy: HeaderValue,
}

impl Page {
    /// The page with the policy that lets its own script and style run, and nothing else.
    pub(crate) fn new() -> Self {
        let (script, style) = (hash("script"), hash("style"));
        let policy = format!(
            "default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; \
             img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        // Base64 and the words above are always a header.
        let closed = HeaderValue::from_static("default-src 'none'");
        Self { policy: HeaderValue::try_from(policy).unwrap_or(closed) }
    }

    /// The page of an address that names its tenant, or leads nowhere.
    pub(super) fn reply(&self) -> Reply {
        self.of(Bytes::from_static(HTML.as_bytes()))
    }

    /// The page of an address that leads to a tenant's worker without naming it.
    pub(super) fn reply_for(&self, tenant: &str) -> Reply {
        // Nothing in it is markup, whatever the tenant is called.
        let told = TENANT.replace("\"\"", &format!("\"{}\"", segment(tenant)));
        self.of(Bytes::from(HTML.replacen(TENANT, &told, 1)))
    }

    fn of(&self, html: Bytes) -> Reply {
        let mut reply = reply(StatusCode::OK, "text/html; charset=utf-8", html);
        let headers = reply.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, self.policy.clone());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let frames = HeaderName::from_static("x-frame-options");
        headers.insert(frames, HeaderValue::from_static("DENY"));
        reply
    }
}

/// The hash of what stands between the tags, as a policy names it.
fn hash(tag: &str) -> String {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let inner = HTML.split_once(&open).and_then(|(_, rest)| rest.split_once(&close));
    let digest = Sha256::digest(inner.map_or("", |(inner, _)| inner).as_bytes());
    format!("'sha256-{}'", STANDARD.encode(digest))
}

//! What a gateway answers over HTTP.

mod activities;
mod body;
mod cors;
mod error;
mod invoke;
mod outage;
mod page;
mod patient;
mod probes;
mod reply;
mod request;
mod server;
mod status;
mod webchat;

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONNECTION, HeaderValue};
use hyper::{Method, Request};

pub(crate) use error::ApiError;
pub(crate) use page::Page;
pub(crate) use probes::metrics;
pub(crate) use reply::{Reply, json_reply};
pub(crate) use server::{Connections, Listener, serve};
pub(crate) use status::{View, details, status};

use crate::gate::Gate;
use crate::metrics::Endpoint;
use crate::routes::{Address, is_loopback};
use cors::Pages;
use request::Asked;

/// Answers a request of anybody.
pub(crate) async fn answer(gate: Arc<Gate>, page: Arc<Page>, request: Request<Incoming>) -> Reply {
    let endpoint = endpoint(request.uri().path());
    let pages = Pages::of(&request, gate.is_local());
    let answer = tokio::time::timeout(gate.limits.request_time, routed(&gate, &page, request));
    let late = || ApiError::timeout("the request took too long");
    let mut reply = match answer.await.unwrap_or_else(|_| Err(late())) {
        Ok(reply) => reply,
        Err(error) => error.reply(),
    };
    if gate.is_stopping() {
        // Clients do not send another request on a connection that is about to close.
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    gate.metrics.request(endpoint, reply.status());
    pages.allow(endpoint, reply)
}

async fn routed(
    gate: &Arc<Gate>,
    page: &Page,
    request: Request<Incoming>,
) -> Result<Reply, ApiError> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > gate.limits.target {
        let (status, limit) = (hyper::StatusCode::URI_TOO_LONG, gate.limits.target);
        let message = format!("the address has more than {limit} bytes");
        return Err(ApiError::new(status, "target-too-long", message));
    }
    request::check_head(&request, &gate.limits)?;
    if request.method() == Method::OPTIONS {
        return Ok(cors::preflight());
    }
    let asked = Asked::read(request, &gate.limits, &gate.bodies).await?;
    check_host(gate, &asked)?;
    match asked.path.as_str() {
        path if is_liveness(path) => get(&asked).map(|()| probes::livez()),
        "/readyz" => get(&asked).map(|()| probes::readyz(gate, view(gate))),
        "/status" => {
            get(&asked)?;
            Ok(json_reply(hyper::StatusCode::OK, &status(gate, view(gate)).await))
        }
        "/metrics" => {
            get(&asked)?;
            Ok(metrics(gate, view(gate)).await)
        }
        "/" => {
            get(&asked)?;
            home(gate, page, asked.host.as_deref())
        }
        _ => addressed(gate, page, &asked).await,
    }
}

async fn addressed(gate: &Arc<Gate>, page: &Page, asked: &Asked) -> Result<Reply, ApiError> {
    if is_invoke(&asked.path) {
        return invoke::answer(gate, asked).await;
    }
    let serving = gate.serving.load_full();
    let found = serving.find(asked.host.as_deref(), &asked.path);
    match found.as_ref().map(|(deployment, found)| (deployment, &found.address)) {
        Some((deployment, Address::Directline { rest, tenant, bundle })) => {
            let place =
                webchat::Place { serving: &serving, deployment, tenant, bundle: bundle.as_deref() };
            webchat::answer(gate, place, rest, asked).await
        }
        Some((_, Address::Page { .. })) => {
            get(asked)?;
            gated_page(gate, page)
        }
        Some((_, Address::Invoke)) | None => Err(nothing_here()),
    }
}

/// How much is told to whoever asks. Where they ask from is not looked at: behind a proxy, everybody
/// asks from the same address.
fn view(gate: &Gate) -> View {
    if gate.is_local() { View::Local } else { View::Bare }
}

/// A gateway that only this machine can reach is asked under a name of this machine, or one that a
/// binding names. Any other name is that of a page which lets its name lead here.
fn check_host(gate: &Gate, asked: &Asked) -> Result<(), ApiError> {
    let Some(host) = asked.host.as_deref() else { return Ok(()) };
    if !gate.is_local()
        || is_liveness(&asked.path)
        || is_loopback(host)
        || gate.serving.load().routes.names(host)
    {
        return Ok(());
    }
    let message = "nothing is served under this host";
    Err(ApiError::new(hyper::StatusCode::MISDIRECTED_REQUEST, "host-not-served", message)
        .with_hint("ask for localhost, or bind a deployment to the host"))
}

fn is_liveness(path: &str) -> bool {
    matches!(path, "/livez" | "/healthz" | "/health")
}

/// Workers are named in the body: they are looked for once it is read.
fn is_invoke(path: &str) -> bool {
    path.trim_end_matches('/').ends_with("/workers/invoke")
}

fn nothing_here() -> ApiError {
    ApiError::not_found("no-route", "nothing is served under this host and path")
        .with_hint("check the tenant, the worker and the path; `gtc route explain` tells more")
}

fn gated_page(gate: &Gate, page: &Page) -> Result<Reply, ApiError> {
    if gate.serving.load().has_page { Ok(page.reply()) } else { Err(nothing_here()) }
}

/// The page where the path says nothing: its worker is the one that the host leads to, of whatever tenant.
fn home(gate: &Gate, page: &Page, host: Option<&str>) -> Result<Reply, ApiError> {
    let serving = gate.serving.load();
    if !serving.has_page {
        return Err(nothing_here());
    }
    Ok(match serving.home(host) {
        Some(deployment) => page.reply_for(&deployment.tenant),
        None => page.reply(),
    })
}

fn get(asked: &Asked) -> Result<(), ApiError> {
    only(asked, "GET, HEAD")
}

/// Fails when a request has another method than these.
fn only(asked: &Asked, methods: &'static str) -> Result<(), ApiError> {
    let is_one = methods.split(", ").any(|method| method == asked.method.as_str());
    if is_one { Ok(()) } else { Err(ApiError::method(methods)) }
}

/// What is counted together.
fn endpoint(path: &str) -> Endpoint {
    match path {
        "/readyz" => Endpoint::Probe,
        _ if is_liveness(path) => Endpoint::Probe,
        "/status" => Endpoint::Status,
        "/metrics" => Endpoint::Metrics,
        "/" => Endpoint::Page,
        _ if is_invoke(path) => Endpoint::Invoke,
        _ if path.contains("/v1/messaging/webchat/") => Endpoint::Webchat,
        _ if path.contains("/v1/web/webchat/") => Endpoint::Page,
        _ => Endpoint::Other,
    }
}

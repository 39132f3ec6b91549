use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use crate::gate::Gate;
use crate::http::{ApiError, Reply, View, details, json_reply, metrics, status};

/// Answers a request of whoever may open the socket.
pub(crate) async fn answer(gate: Arc<Gate>, request: Request<Incoming>) -> Reply {
    let (method, path) = (request.method(), request.uri().path());
    match (method, path) {
        (&Method::GET, "/status") => json_reply(StatusCode::OK, &status(&gate, View::Full).await),
        (&Method::GET, "/revisions") => {
            let details = details(&gate, View::Full).await;
            let revisions: Vec<_> =
                details.deployments.into_iter().flat_map(|one| one.revisions).collect();
            json_reply(StatusCode::OK, &json!({ "revisions": revisions }))
        }
        (&Method::GET, "/metrics") => metrics(&gate, View::Full).await,
        (&Method::POST, "/reload") => {
            gate.reload.notify_one();
            let generation = gate.news.seen();
            json_reply(
                StatusCode::ACCEPTED,
                &json!({ "reloading": true, "generation": generation }),
            )
        }
        (_, "/status" | "/revisions" | "/metrics") => ApiError::method("GET").reply(),
        (_, "/reload") => ApiError::method("POST").reply(),
        _ => ApiError::not_found("no-such-operation", "the administration has no such operation")
            .with_hint("it has GET /status, GET /revisions, GET /metrics and POST /reload")
            .reply(),
    }
}

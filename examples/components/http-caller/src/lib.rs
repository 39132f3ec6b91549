//! Fetches an address.
//!
//! * `get` `{"url": "http://localhost:8080/weather"}` → `{"status": 200, "body": "…"}`
//!
//! Every response is an answer, whatever its status is. Only a request without a response is a failure: `denied` when the
//! host's policy forbids the address, `unavailable` for everything else, and then trying again may help.

use guest::{Component, Failure, Input};
use serde::{Deserialize, Serialize};

use greentic::http1_1_0::http_client::{self, HostError, RequestOptions};

wit_bindgen::generate!({
    path: "../../../crates/runner-host/wit",
    inline: "package examples:http-caller; world imports { import greentic:http/http-client@1.1.0; }",
    generate_all,
});

struct HttpCaller;

#[derive(Deserialize)]
struct Request {
    url: String,
}

#[derive(Serialize)]
struct Answer {
    status: u16,
    body: String,
}

impl Component for HttpCaller {
    const NAME: &'static str = "http-caller";
    const SUMMARY: &'static str = "Fetches an address.";
    const OPERATIONS: &'static [&'static str] = &["get"];

    fn invoke(_operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
        let Request { url } = input.decode()?;
        let request =
            http_client::Request { method: "GET".to_owned(), url, headers: Vec::new(), body: None };
        let response = http_client::send(&request, Some(OPTIONS), None).map_err(no_response)?;
        let body = String::from_utf8_lossy(&response.body.unwrap_or_default()).into_owned();
        guest::encode(&Answer { status: response.status, body })
    }
}

guest::export!(HttpCaller with_types_in guest::bindings);

/// A flow that waits for minutes helps nobody.
const OPTIONS: RequestOptions =
    RequestOptions { timeout_ms: Some(10_000), allow_insecure: None, follow_redirects: None };

fn no_response(error: HostError) -> Failure {
    match error.code.as_str() {
        "denied" => Failure::new("denied", error.message),
        _ => Failure::new("unavailable", error.message).retryable(),
    }
}

//! From a message of the worker to a request to the channel: plan, encode, send.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::PROVIDER_TYPE;
use crate::greentic::http1_1_0::http_client::{self, RequestOptions};

/// The provider's settings.
#[derive(Deserialize)]
pub(crate) struct Config {
    api_base_url: String,
}

#[derive(Deserialize)]
pub(crate) struct PlanRequest {
    message: Message,
}

#[derive(Deserialize)]
pub(crate) struct EncodeRequest {
    message: Message,
}

/// The part of a message that this channel can show.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    channel: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct SendRequest {
    provider_type: String,
    payload: Payload,
    config: Option<Config>,
}

#[derive(Deserialize)]
struct Payload {
    content_type: String,
    body_b64: String,
}

/// Judges the provider's settings.
pub(crate) fn check(config: &Config) -> Result<Value, String> {
    let scheme = config.api_base_url.split_once("://").map(|(scheme, _)| scheme);
    if !matches!(scheme, Some("http" | "https")) {
        return Err("api_base_url is to begin with http:// or https://".to_owned());
    }
    Ok(json!({"ok": true}))
}

/// Says what of a message will be seen: its text and nothing else.
pub(crate) fn render_plan(request: PlanRequest) -> Value {
    let plan = json!({
        "tier": "TierD",
        "summary_text": request.message.text,
        "actions": [],
        "attachments": [],
        "warnings": [],
    });
    json!({"ok": true, "plan": {"plan_json": plan.to_string()}})
}

/// Writes a message as the channel wants it.
pub(crate) fn encode(request: EncodeRequest) -> Value {
    let Message { channel, text } = request.message;
    let body = json!({"to": channel, "text": text.unwrap_or_default()});
    json!({
        "ok": true,
        "payload": {
            "content_type": "application/json",
            "body_b64": STANDARD.encode(body.to_string()),
            "metadata": {},
        },
    })
}

/// Sends what [`encode`] wrote.
pub(crate) fn send(request: SendRequest) -> Result<Value, String> {
    if request.provider_type != PROVIDER_TYPE {
        return Err(format!("this is {PROVIDER_TYPE}, not {}", request.provider_type));
    }
    let config = request.config.ok_or("api_base_url is not configured")?;
    check(&config)?;
    let body = STANDARD
        .decode(&request.payload.body_b64)
        .map_err(|error| format!("invalid body: {error}"))?;
    Ok(post(&config, request.payload.content_type, body))
}

fn post(config: &Config, content_type: String, body: Vec<u8>) -> Value {
    let request = http_client::Request {
        method: "POST".to_owned(),
        url: format!("{}/messages", config.api_base_url.trim_end_matches('/')),
        headers: vec![("content-type".to_owned(), content_type)],
        body: Some(body),
    };
    match http_client::send(&request, Some(OPTIONS), None) {
        Ok(response) if response.status < 300 => json!({"ok": true, "retryable": false}),
        Ok(response) => {
            let message = format!("the channel answered {}", response.status);
            json!({"ok": false, "message": message, "retryable": response.status >= 500})
        }
        Err(error) => {
            let retryable = error.code != "denied";
            json!({"ok": false, "message": error.message, "retryable": retryable})
        }
    }
}

const OPTIONS: RequestOptions =
    RequestOptions { timeout_ms: Some(10_000), allow_insecure: None, follow_redirects: None };

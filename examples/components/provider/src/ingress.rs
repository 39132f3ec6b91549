//! From a request of the channel to messages of the worker.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the host tells about a request.
#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    tenant_hint: Option<String>,
    #[serde(default)]
    body_b64: String,
}

/// A message as the channel sends it.
#[derive(Deserialize)]
struct Message {
    id: String,
    from: String,
    conversation: String,
    #[serde(default)]
    text: Option<String>,
}

/// Reads a request and answers the channel's response and the messages that came with it.
pub(crate) fn ingest(input: &[u8]) -> Value {
    match read(input) {
        Ok((tenant, message)) => {
            response(200, &json!({"ok": true}), vec![event(&tenant, &message)])
        }
        Err(error) => response(400, &json!({"ok": false, "error": error}), Vec::new()),
    }
}

fn read(input: &[u8]) -> Result<(String, Message), String> {
    let request: Request = crate::parse(input)?;
    let body =
        STANDARD.decode(&request.body_b64).map_err(|error| format!("invalid body: {error}"))?;
    let tenant = request.tenant_hint.unwrap_or_else(|| "default".to_owned());
    Ok((tenant, crate::parse(&body)?))
}

fn response(status: u16, body: &Value, events: Vec<Value>) -> Value {
    json!({
        "v": 1,
        "status": status,
        "headers": [["content-type", "application/json"]],
        "body_b64": STANDARD.encode(body.to_string()),
        "events": events,
    })
}

fn event(tenant: &str, message: &Message) -> Value {
    json!({
        "id": message.id,
        "tenant": {"env": "default", "tenant": tenant, "tenant_id": tenant, "attempt": 0},
        "channel": message.conversation,
        "session_id": message.conversation,
        "from": {"id": message.from, "kind": "user"},
        "to": [],
        "text": message.text,
        "attachments": [],
        "metadata": {},
        "extensions": {},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_events(body: &str) -> (Value, usize) {
        let input = json!({"v": 1, "method": "POST", "body_b64": STANDARD.encode(body)});
        let answer = ingest(input.to_string().as_bytes());
        (answer["status"].clone(), answer["events"].as_array().map_or(0, Vec::len))
    }

    #[test]
    fn a_message_becomes_one_event() {
        let body = r#"{"id": "m1", "from": "ada", "conversation": "c1", "text": "hi"}"#;
        assert_eq!(status_and_events(body), (json!(200), 1));
    }

    #[test]
    fn what_is_no_message_is_refused_without_events() {
        for body in ["", "[]", r#"{"id": "m1"}"#] {
            assert_eq!(status_and_events(body), (json!(400), 0), "{body}");
        }
    }
}

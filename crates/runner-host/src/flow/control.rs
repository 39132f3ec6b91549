//! What a component may say about the flow itself: `greentic_control` in its answer.

use serde_json::{Value, json};

use super::FlowError;

/// Jumps of one turn when a component sets no limit of its own.
const DEFAULT_REDIRECTS: u64 = 3;
/// Jumps of one turn whatever a component says.
const MOST_REDIRECTS: u64 = 32;

/// What a component wants.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Control {
    /// Go on in another flow of the pack.
    Jump { flow_id: String, node_id: Option<String>, payload: Value, limit: u64 },
    /// Answer with this and end.
    Respond(Value),
}

/// Reads it from an answer; none when it has none that is known.
pub(super) fn read(answer: &Value) -> Result<Option<Control>, FlowError> {
    let Some(control) = answer.get("greentic_control") else { return Ok(None) };
    if control.get("v").and_then(Value::as_u64) != Some(1) {
        return Ok(None);
    }
    match control.get("action").and_then(Value::as_str) {
        Some("jump") => jump(control).map(Some),
        Some("respond") => Ok(Some(respond(control))),
        _ => Ok(None),
    }
}

fn jump(control: &Value) -> Result<Control, FlowError> {
    let text = |name: &str| control.get(name).and_then(Value::as_str).filter(|id| !id.is_empty());
    let missing = || FlowError::Jump { reason: "missing_flow".to_owned() };
    let limit = control.get("max_redirects").and_then(Value::as_u64);
    Ok(Control::Jump {
        flow_id: text("flow").ok_or_else(missing)?.to_owned(),
        node_id: text("node").map(str::to_owned),
        payload: control.get("payload").cloned().unwrap_or(Value::Null),
        limit: limit.unwrap_or(DEFAULT_REDIRECTS).min(MOST_REDIRECTS),
    })
}

fn respond(control: &Value) -> Control {
    let part = |name: &str| control.get(name).cloned().unwrap_or(Value::Null);
    Control::Respond(json!({
        "text": part("text"),
        "card_cbor": part("card_cbor"),
        "needs_user": part("needs_user"),
    }))
}

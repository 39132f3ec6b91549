//! Where a flow goes after a node.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use greentic_pack_format::Routing;
use greentic_pack_format::expression::Condition;
use serde_json::{Map, Value, json};

use super::FlowError;

/// What comes after a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// That node.
    To(String),
    /// Nothing.
    End,
    /// The same node, once somebody answered.
    WaitHere,
}

/// Chooses by the node's routing, its output and the message that the turn began with.
pub(super) fn choose(routing: &Routing, output: &Output<'_>) -> Result<Step, FlowError> {
    match routing {
        Routing::Next { node_id } => Ok(Step::To(node_id.clone())),
        Routing::End | Routing::Reply => Ok(Step::End),
        Routing::Branch { on_status, default } => Ok(branch(on_status, default.as_ref(), output)),
        Routing::Custom(routes) => custom(routes, output),
    }
}

/// What a node gave.
pub(super) struct Output<'a> {
    pub(super) ok: bool,
    pub(super) payload: &'a Value,
    /// The message that the turn began with.
    pub(super) entry: &'a Value,
}

impl Output<'_> {
    /// What the node says of itself, else whether it worked.
    fn status(&self) -> &str {
        let said = self.payload.get("status").and_then(Value::as_str);
        said.unwrap_or(if self.ok { "ok" } else { "error" })
    }

    /// What conditions can ask for.
    fn context(&self) -> Value {
        let mut context = self.payload.as_object().cloned().unwrap_or_default();
        context.insert("entry".to_owned(), self.entry.clone());
        context.insert("in".to_owned(), self.entry.clone());
        context.insert("response".to_owned(), Value::Object(self.response()));
        Value::Object(context)
    }

    /// What somebody answered: metadata and text of the message.
    fn response(&self) -> Map<String, Value> {
        let mut response = Map::new();
        for message in [self.entry.get("input"), Some(self.entry)].into_iter().flatten() {
            let metadata = message.get("metadata").and_then(Value::as_object);
            response.extend(metadata.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())));
            if let Some(text) = message.get("text") {
                response.insert("text".to_owned(), text.clone());
            }
        }
        response
    }
}

fn branch(
    on_status: &BTreeMap<String, String>,
    default: Option<&String>,
    output: &Output<'_>,
) -> Step {
    let target = on_status.get(output.status()).or(default);
    target.map_or(Step::End, |node| Step::To(node.clone()))
}

/// Routes in their order: the first whose condition holds, or that has none. When there were
/// conditions and none held, somebody has to answer first.
fn custom(routes: &Value, output: &Output<'_>) -> Result<Step, FlowError> {
    let routes = routes.as_array().map(Vec::as_slice).unwrap_or_default();
    let context = OnceCell::new();
    let mut asked = false;
    for route in routes {
        let condition = route.get("condition").and_then(Value::as_str);
        if let Some(condition) = condition {
            asked = true;
            if !holds(condition, context.get_or_init(|| output.context()))? {
                continue;
            }
        } else if let Some(status) = route.get("status").and_then(Value::as_str)
            && status != output.status()
        {
            continue;
        }
        if let Some(step) = target(route) {
            return Ok(step);
        }
    }
    Ok(if asked { Step::WaitHere } else { Step::End })
}

fn target(route: &Value) -> Option<Step> {
    let is = |name: &str| route.get(name) == Some(&json!(true));
    match route.get("to").and_then(Value::as_str) {
        Some("out") => Some(Step::End),
        Some(node) => Some(Step::To(node.to_owned())),
        None if is("out") || is("reply") => Some(Step::End),
        None => None,
    }
}

fn holds(condition: &str, context: &Value) -> Result<bool, FlowError> {
    let read = Condition::parse(condition);
    let wrong = || FlowError::Condition { condition: condition.chars().take(200).collect() };
    Ok(read.ok_or_else(wrong)?.holds(context))
}

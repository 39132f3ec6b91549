//! Activities of the Bot Framework: what clients say, and what workers say in their words.

use serde_json::{Map, Value, json};

use super::error::ApiError;

type Fields = Map<String, Value>;

const ADAPTIVE_CARD: &str = "application/vnd.microsoft.card.adaptive";
/// Fields of an answer that clients know, and that go to them as they are.
const KNOWN: [&str; 8] = [
    "attachments",
    "attachmentLayout",
    "suggestedActions",
    "speak",
    "inputHint",
    "channelData",
    "textFormat",
    "value",
];
/// Where workers put what they say, when it is not the answer itself.
const WRAPPERS: [&str; 5] = ["message", "payload", "result", "output", "response"];
/// Answers in answers in answers are not looked into.
const DEEPEST: usize = 4;

/// What a client says.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    kind: String,
    fields: Fields,
}

impl Incoming {
    pub(super) fn read(activity: Value) -> Result<Self, ApiError> {
        let wrong = |message: &str| ApiError::bad_request("activity-invalid", message);
        let Value::Object(fields) = activity else {
            return Err(wrong("an activity is a JSON object"));
        };
        let kind = fields.get("type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        let kind = kind.ok_or_else(|| wrong("an activity has a `type`, for example `message`"))?;
        let is_text = |value: &&Value| value.is_string() || value.is_null();
        if fields.get("text").is_some_and(|text| !is_text(&text)) {
            return Err(wrong("the `text` of an activity is a text"));
        }
        let from = fields.get("from");
        if from.is_some_and(|from| !from.is_object()) {
            return Err(wrong("`from` of an activity is an object with an `id`"));
        }
        Ok(Self { kind: kind.to_owned(), fields })
    }

    /// What the worker gets; none when there is nothing for it to answer, as with typing.
    pub(super) fn payload(&self) -> Option<Value> {
        if self.kind != "message" {
            return None;
        }
        let text = self.fields.get("text").and_then(Value::as_str).unwrap_or_default();
        let mut payload = json!({ "text": text });
        for name in ["value", "attachments", "channelData", "locale"] {
            if let Some(value) = self.fields.get(name) {
                payload[name] = value.clone();
            }
        }
        Some(payload)
    }

    /// The activity as it is shown. Whoever has a token of a user speaks as that user.
    pub(super) fn into_said_by(self, user: Option<&str>) -> Fields {
        let mut fields = self.fields;
        let from = fields.entry("from").or_insert_with(|| json!({}));
        if let (Some(user), Some(from)) = (user, from.as_object_mut()) {
            from.insert("id".to_owned(), user.into());
        }
        if let Some(from) = from.as_object_mut() {
            from.insert("role".to_owned(), "user".into());
        }
        fields
    }
}

/// What a worker says, as activities.
pub(super) fn said(payload: &Value) -> Vec<Fields> {
    said_at(payload, 0)
}

fn said_at(payload: &Value, depth: usize) -> Vec<Fields> {
    match payload {
        Value::Null => Vec::new(),
        Value::String(text) if text.is_empty() => Vec::new(),
        Value::String(text) => vec![message([("text", text.clone().into())])],
        Value::Array(all) if depth < DEEPEST => {
            all.iter().flat_map(|one| said_at(one, depth + 1)).collect()
        }
        Value::Object(fields) => said_in(fields, depth).unwrap_or_else(|| raw(payload)),
        other => raw(other),
    }
}

/// What an object says; none when nothing in it is known.
fn said_in(fields: &Fields, depth: usize) -> Option<Vec<Fields>> {
    if let Some(card) = card(fields) {
        let attachment = json!({ "contentType": ADAPTIVE_CARD, "content": card });
        let text = fields.get("text").filter(|text| text.is_string() && *text != "");
        let mut activity = message([("attachments", json!([attachment]))]);
        activity.extend(text.map(|text| ("text".to_owned(), text.clone())));
        return Some(vec![activity]);
    }
    let text = fields.get("text").filter(|text| text.is_string());
    let known = KNOWN.iter().filter_map(|name| Some((*name, fields.get(*name)?.clone())));
    let mut activity = message(known.filter(|(name, value)| fits(name, value)));
    let says_something = text.is_some() || activity.contains_key("attachments");
    if says_something {
        activity.extend(text.map(|text| ("text".to_owned(), text.clone())));
        return Some(vec![activity]);
    }
    let inner = WRAPPERS.iter().find_map(|name| fields.get(*name)).filter(|_| depth < DEEPEST)?;
    Some(said_at(inner, depth + 1))
}

fn fits(name: &str, value: &Value) -> bool {
    name != "attachments" || value.as_array().is_some_and(|all| !all.is_empty())
}

fn card(fields: &Fields) -> Option<Value> {
    let is_card = |value: &&Value| value.get("type").is_some_and(|kind| kind == "AdaptiveCard");
    if fields.get("type").is_some_and(|kind| kind == "AdaptiveCard") {
        return Some(Value::Object(fields.clone()));
    }
    ["renderedCard", "card", "adaptiveCard"]
        .iter()
        .find_map(|name| fields.get(*name).filter(is_card))
        .cloned()
}

/// What nobody knows is shown as it is.
fn raw(value: &Value) -> Vec<Fields> {
    vec![message([("text", value.to_string().into()), ("textFormat", "plain".into())])]
}

fn message<'n>(fields: impl IntoIterator<Item = (&'n str, Value)>) -> Fields {
    let mut activity = Fields::new();
    activity.insert("type".to_owned(), "message".into());
    activity.insert("from".to_owned(), json!({ "id": "worker", "role": "bot" }));
    activity.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    activity
}

//! Direct Line 3.0 over REST, as its published clients speak it.

use std::sync::Arc;

use chrono::SecondsFormat;
use greentic_deploy_spec::RevisionId;
use greentic_runner_host::Activity;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::activities::{Incoming, said};
use super::error::ApiError;
use super::only;
use super::reply::{Reply, json_reply, reply};
use super::request::Asked;
use crate::gate::Gate;
use crate::serving::{Deployment, Serving};
use crate::to_its_end::ToItsEnd;
use crate::tokens::{BadToken, Claims};
use crate::turns::{Age, Message};

/// Longer ids of users are refused.
const LONGEST_USER: usize = 256;

/// Where somebody asks.
pub(super) struct Place<'a> {
    pub(super) serving: &'a Serving,
    /// What the host and path lead to.
    pub(super) deployment: &'a Arc<Deployment>,
    pub(super) tenant: &'a str,
    pub(super) bundle: Option<&'a str>,
}

/// A token that is good here, and the deployment that it is for.
struct Opened {
    claims: Claims,
    deployment: Arc<Deployment>,
}

#[derive(Default, Deserialize)]
#[serde(expecting = "a JSON object")]
struct Begin {
    #[serde(default)]
    user: Option<User>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object with an `id`")]
struct User {
    #[serde(default)]
    id: Option<String>,
}

pub(super) async fn answer(
    gate: &Arc<Gate>,
    place: Place<'_>,
    rest: &str,
    asked: &Asked,
) -> Result<Reply, ApiError> {
    let parts: Vec<&str> = rest.split('/').collect();
    match parts.as_slice() {
        ["tokens", "generate"] => {
            only(asked, "POST")?;
            generate(gate, &place, asked)
        }
        ["tokens", "refresh"] => {
            only(asked, "POST")?;
            let opened = open(gate, &place, asked)?;
            Ok(started(gate, StatusCode::OK, &opened.claims))
        }
        ["conversations"] => {
            only(asked, "POST")?;
            begin(gate, &place, asked)
        }
        ["conversations", id] => {
            only(asked, "GET")?;
            let opened = open_conversation(gate, &place, asked, id)?;
            gate.conversations.begin(id, Instant::now());
            Ok(started(gate, StatusCode::OK, &opened.claims))
        }
        ["conversations", id, "activities"] if asked.method == Method::GET => {
            open_conversation(gate, &place, asked, id)?;
            activities(gate, asked, id)
        }
        ["conversations", id, "activities"] => {
            only(asked, "GET, POST")?;
            let opened = open_conversation(gate, &place, asked, id)?;
            post(gate, opened, asked).await
        }
        _ => {
            Err(ApiError::not_found("no-such-operation", "Direct Line has no such operation here"))
        }
    }
}

/// Mints a conversation and a token for it. Nothing is kept: whoever asks often costs no memory.
fn generate(gate: &Gate, place: &Place<'_>, asked: &Asked) -> Result<Reply, ApiError> {
    let begin: Begin = asked.optional_object()?.unwrap_or_default();
    let user = begin.user()?;
    let key = gate.ids.ulid().to_string();
    let revision = place.deployment.choice.as_ref().map(|choice| choice.choose(&key).revision_id());
    let conversation = match revision {
        Some(revision) => format!("{key}-{revision}"),
        None => key,
    };
    let claims = Claims {
        conversation,
        user,
        tenant: place.deployment.tenant.clone(),
        deployment_id: place.deployment.deployment_id,
        expires: 0,
    };
    Ok(started(gate, StatusCode::OK, &claims))
}

fn begin(gate: &Gate, place: &Place<'_>, asked: &Asked) -> Result<Reply, ApiError> {
    let mut opened = open(gate, place, asked)?;
    let begin: Begin = asked.optional_object()?.unwrap_or_default();
    if opened.claims.user.is_none() {
        opened.claims.user = begin.user()?;
    }
    let is_new = gate.conversations.begin(&opened.claims.conversation, Instant::now());
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(started(gate, status, &opened.claims))
}

/// Answers with a conversation and a fresh token for it.
fn started(gate: &Gate, status: StatusCode, claims: &Claims) -> Reply {
    let life = gate.limits.token.as_secs();
    let expires = gate.clock.now().timestamp().saturating_add_unsigned(life);
    let token = gate.tokens.sign(&Claims { expires, ..claims.clone() });
    let conversation = &claims.conversation;
    let body = json!({ "conversationId": conversation, "token": token, "expires_in": life });
    json_reply(status, &body)
}

/// Checks the token of a request.
fn open(gate: &Gate, place: &Place<'_>, asked: &Asked) -> Result<Opened, ApiError> {
    let claims = gate.tokens.verify(asked.token()?, gate.clock.now());
    let claims = claims.map_err(|bad| match bad {
        BadToken::Forged => ApiError::unauthorized("the token is not one of this gateway"),
        BadToken::Expired => ApiError::forbidden("token-expired", "the token is not good any more")
            .with_hint("begin another conversation; refresh tokens before they expire"),
    })?;
    if claims.tenant != place.tenant {
        return Err(ApiError::forbidden(
            "token-of-another-tenant",
            "the token is for another tenant",
        ));
    }
    // The token says where its conversation is, also when the path would lead elsewhere by now.
    let deployment = place.serving.deployments.get(&claims.deployment_id);
    let deployment = deployment.filter(|one| one.tenant == claims.tenant).ok_or_else(|| {
        ApiError::not_found("worker-gone", "the worker of this conversation is not served any more")
    })?;
    if place.bundle.is_some_and(|bundle| bundle != deployment.bundle_id.as_str()) {
        return Err(ApiError::forbidden(
            "token-of-another-worker",
            "the token is for another worker",
        ));
    }
    Ok(Opened { claims, deployment: Arc::clone(deployment) })
}

fn open_conversation(
    gate: &Gate,
    place: &Place<'_>,
    asked: &Asked,
    id: &str,
) -> Result<Opened, ApiError> {
    let opened = open(gate, place, asked)?;
    if opened.claims.conversation != id {
        let message = "the token is for another conversation";
        return Err(ApiError::forbidden("token-of-another-conversation", message));
    }
    Ok(opened)
}

fn activities(gate: &Gate, asked: &Asked, id: &str) -> Result<Reply, ApiError> {
    let watermark = asked.query("watermark").filter(|text| !text.is_empty());
    let watermark = watermark.map(|text| text.parse::<u64>()).transpose().map_err(|_| {
        ApiError::bad_request("watermark-invalid", "the watermark is not one of this gateway")
            .with_hint("send the watermark of the last answer, or none")
    })?;
    let page = gate.conversations.since(id, Instant::now(), watermark);
    let body = format!(
        "{{\"activities\":[{}],\"watermark\":\"{}\"}}",
        page.messages.join(","),
        page.watermark
    );
    Ok(reply(StatusCode::OK, "application/json; charset=utf-8", body))
}

/// Takes a message of the client in, and keeps what the worker answers for it.
async fn post(gate: &Arc<Gate>, opened: Opened, asked: &Asked) -> Result<Reply, ApiError> {
    let incoming = Incoming::read(asked.json()?)?;
    let Claims { conversation, user, .. } = &opened.claims;
    let payload = incoming.payload();
    let number = keep(gate, conversation, vec![incoming.into_said_by(user.as_deref())], None);
    let id = activity_id(conversation, number);
    if let Some(payload) = payload {
        let message = message(&opened, payload);
        let end = gate.turns.end();
        let (gate, conversation, reply_to) = (Arc::clone(gate), conversation.clone(), id.clone());
        // A client that goes away comes back for the answer.
        let turn = async move {
            let answer = gate.turns.answer(&gate.metrics, message).await;
            if answer.is_err() {
                // Clients take an error for a message that was not said, and say it again.
                gate.conversations.take_out(&conversation, number);
            }
            let said = answer?.said.iter().flat_map(|one| said(&one.payload)).collect();
            keep(&gate, &conversation, said, Some(&reply_to));
            Ok::<(), ApiError>(())
        };
        let turn = ToItsEnd::new(turn, end);
        turn.await.map_err(|_| ApiError::internal("the turn was cut off"))??;
    }
    Ok(json_reply(StatusCode::OK, &json!({ "id": id })))
}

fn message(opened: &Opened, payload: Value) -> Message {
    let conversation = &opened.claims.conversation;
    let (key, hint) = conversation.split_once('-').unwrap_or((conversation, ""));
    // Nobody has shown who they are: the conversation is all that is known of a user.
    let mut activity = Activity::text("")
        .with_provider("webchat")
        .in_channel("webchat")
        .in_conversation(conversation)
        .from_user(conversation);
    activity.flow_type = None;
    activity.payload = payload;
    Message {
        deployment: Arc::clone(&opened.deployment),
        key: key.into(),
        hint: hint.parse::<RevisionId>().ok(),
        age: Age::MayBeParked,
        activity,
    }
}

fn activity_id(conversation: &str, number: u64) -> String {
    format!("{conversation}|{number:07}")
}

/// Keeps activities of a conversation. Gives the number of the last one.
fn keep(
    gate: &Gate,
    conversation: &str,
    activities: Vec<Map<String, Value>>,
    reply_to: Option<&str>,
) -> u64 {
    let now = gate.clock.now().to_rfc3339_opts(SecondsFormat::Millis, true);
    let mut last = 0;
    gate.conversations.add(conversation, Instant::now(), activities, |number, mut activity| {
        activity.insert("id".to_owned(), activity_id(conversation, number).into());
        activity.insert("timestamp".to_owned(), now.clone().into());
        activity.insert("channelId".to_owned(), "directline".into());
        activity.insert("conversation".to_owned(), json!({ "id": conversation }));
        if let Some(reply_to) = reply_to {
            activity.insert("replyToId".to_owned(), reply_to.into());
        }
        last = number;
        Value::Object(activity).to_string()
    });
    last
}

impl Begin {
    /// The user that the client names.
    fn user(self) -> Result<Option<String>, ApiError> {
        let user = self.user.and_then(|user| user.id).filter(|id| !id.is_empty());
        match user {
            Some(id) if id.len() > LONGEST_USER => {
                let message = format!("the user's id has more than {LONGEST_USER} bytes");
                Err(ApiError::bad_request("user-too-long", message))
            }
            // In a token each of them takes six times its bytes.
            Some(id) if id.contains(char::is_control) => {
                let message = "the user's id has characters that cannot be shown";
                Err(ApiError::bad_request("user-invalid", message))
            }
            user => Ok(user),
        }
    }
}

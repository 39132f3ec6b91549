use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A message for a worker, or from one.
///
/// As JSON, everything but `kind` and `payload` is left out when it is not set, and `kind` is an
/// object: `{"kind":"message"}` or `{"kind":"custom","action":…}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// What it is.
    pub kind: ActivityKind,
    /// The tenant it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The pack whose flow is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pack_id: Option<String>,
    /// The flow that is to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// The kind of flow that is to answer, when no flow is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_type: Option<String>,
    /// The session, when whoever sends it knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The messaging provider it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// The messaging endpoint it came through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messaging_endpoint_id: Option<String>,
    /// Who wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The channel it was written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// The conversation it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The flow that greets on first contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome_flow_hint: Option<WelcomeFlowHint>,
    /// What it says.
    pub payload: Value,
}

/// What an activity is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ActivityKind {
    /// Something that was said.
    Message,
    /// Anything else.
    Custom {
        /// What is to be done.
        action: String,
        /// The kind of flow that does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        flow_type: Option<String>,
    },
}

/// The flow that greets a user on first contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomeFlowHint {
    /// The pack.
    pub pack_id: String,
    /// The flow in it.
    pub flow_id: String,
}

/// The action of an activity that answers.
const RESPONSE: &str = "response";
/// The kind of flow that answers what is said.
const MESSAGING: &str = "messaging";

impl Activity {
    /// Something that was said.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::message(serde_json::json!({ "text": text.into() })).with_flow_type(MESSAGING)
    }

    /// Something that was said, for whatever kind of flow is the first.
    #[must_use]
    pub fn message(payload: Value) -> Self {
        Self::new(ActivityKind::Message, payload)
    }

    /// Anything else that is to be done.
    #[must_use]
    pub fn custom(action: impl Into<String>, payload: Value) -> Self {
        Self::new(ActivityKind::Custom { action: action.into(), flow_type: None }, payload)
    }

    /// Everything but what it says: what names its conversation.
    pub(crate) fn address(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            tenant: self.tenant.clone(),
            pack_id: self.pack_id.clone(),
            flow_id: self.flow_id.clone(),
            flow_type: self.flow_type.clone(),
            session_id: self.session_id.clone(),
            provider_id: self.provider_id.clone(),
            messaging_endpoint_id: self.messaging_endpoint_id.clone(),
            user_id: self.user_id.clone(),
            channel_id: self.channel_id.clone(),
            conversation_id: self.conversation_id.clone(),
            welcome_flow_hint: None,
            payload: Value::Null,
        }
    }

    /// What a worker answers.
    pub(crate) fn response(tenant: &str, payload: Value) -> Self {
        Self::custom(RESPONSE, payload).with_tenant(tenant)
    }

    fn new(kind: ActivityKind, payload: Value) -> Self {
        Self {
            kind,
            tenant: None,
            pack_id: None,
            flow_id: None,
            flow_type: None,
            session_id: None,
            provider_id: None,
            messaging_endpoint_id: None,
            user_id: None,
            channel_id: None,
            conversation_id: None,
            welcome_flow_hint: None,
            payload,
        }
    }

    /// For this tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = Some(tenant.into());
        self
    }

    /// For this flow.
    #[must_use]
    pub fn with_flow(mut self, flow_id: impl Into<String>) -> Self {
        self.flow_id = Some(flow_id.into());
        self
    }

    /// For a flow of this pack.
    #[must_use]
    pub fn with_pack(mut self, pack_id: impl Into<String>) -> Self {
        self.pack_id = Some(pack_id.into());
        self
    }

    /// For a flow of this kind.
    #[must_use]
    pub fn with_flow_type(mut self, flow_type: impl Into<String>) -> Self {
        self.flow_type = Some(flow_type.into());
        self
    }

    /// In this session.
    #[must_use]
    pub fn with_session(mut self, session_id: impl Into<String>) -> Self {
        self.session_id = Some(session_id.into());
        self
    }

    /// Through this messaging provider.
    #[must_use]
    pub fn with_provider(mut self, provider_id: impl Into<String>) -> Self {
        self.provider_id = Some(provider_id.into());
        self
    }

    /// Through this messaging endpoint.
    #[must_use]
    pub fn with_messaging_endpoint(mut self, endpoint_id: impl Into<String>) -> Self {
        self.messaging_endpoint_id = Some(endpoint_id.into());
        self
    }

    /// With a flow that greets on first contact.
    #[must_use]
    pub fn with_welcome_flow_hint(
        mut self,
        pack_id: impl Into<String>,
        flow_id: impl Into<String>,
    ) -> Self {
        let hint = WelcomeFlowHint { pack_id: pack_id.into(), flow_id: flow_id.into() };
        self.welcome_flow_hint = Some(hint);
        self
    }

    /// From this user.
    #[must_use]
    pub fn from_user(mut self, user_id: impl Into<String>) -> Self {
        self.user_id = Some(user_id.into());
        self
    }

    /// In this channel.
    #[must_use]
    pub fn in_channel(mut self, channel_id: impl Into<String>) -> Self {
        self.channel_id = Some(channel_id.into());
        self
    }

    /// In this conversation.
    #[must_use]
    pub fn in_conversation(mut self, conversation_id: impl Into<String>) -> Self {
        self.conversation_id = Some(conversation_id.into());
        self
    }

    /// What it says.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.payload
    }

    /// The kind of flow that is to answer: its own, or the one of what it is.
    #[must_use]
    pub fn flow_type(&self) -> Option<&str> {
        let of_kind = match &self.kind {
            ActivityKind::Message => None,
            ActivityKind::Custom { flow_type, .. } => flow_type.as_deref(),
        };
        self.flow_type.as_deref().or(of_kind)
    }

    /// What is to be done: `messaging` for a message.
    #[must_use]
    pub fn action(&self) -> &str {
        match &self.kind {
            ActivityKind::Message => MESSAGING,
            ActivityKind::Custom { action, .. } => action,
        }
    }

    /// Whether it answers already, so that no flow has to.
    pub(crate) fn is_response(&self) -> bool {
        self.flow_id.is_none()
            && matches!(&self.kind, ActivityKind::Custom { action, .. } if action == RESPONSE)
    }

    /// Adds a field to the payload. One that is no object becomes `value` of one.
    #[must_use]
    pub fn with_payload_field(mut self, name: &str, value: Value) -> Self {
        let mut fields = match self.payload {
            Value::Object(fields) => fields,
            other => Map::from_iter([("value".to_owned(), other)]),
        };
        fields.insert(name.to_owned(), value);
        self.payload = Value::Object(fields);
        self
    }
}

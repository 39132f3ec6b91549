//! One message on its way to a flow, with everything that names its conversation.

use greentic_deploy_spec::sha256_hex;
use serde_json::Value;

use crate::Activity;

/// Longer endpoint ids are taken for none.
const MAX_ENDPOINT_ID: usize = 128;

/// One message on its way to a flow. Whoever makes one makes it canonical, so that the same
/// conversation always has the same name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope<'a> {
    pub(crate) pack_id: &'a str,
    pub(crate) flow_id: &'a str,
    pub(crate) provider: String,
    pub(crate) conversation: String,
    pub(crate) user: String,
    /// What names the session, for stores and for components.
    pub(crate) session: String,
    pub(crate) payload: Value,
}

/// Which flow of which pack answers, for which tenant.
pub(crate) struct Address<'a> {
    pub(crate) tenant: &'a str,
    pub(crate) pack_id: &'a str,
    pub(crate) flow_id: &'a str,
}

impl<'a> Envelope<'a> {
    /// Fills in what the message leaves open.
    pub(crate) fn new(address: Address<'a>, activity: Activity) -> Self {
        let provider = activity.provider_id.unwrap_or_else(|| "provider".to_owned());
        let channel = activity.channel_id.unwrap_or_else(|| address.flow_id.to_owned());
        let conversation = activity.conversation_id.unwrap_or_else(|| channel.clone());
        let user = activity.user_id.or_else(|| activity.session_id.clone());
        let user = user.unwrap_or_else(|| "user".to_owned());
        let endpoint_id = activity.messaging_endpoint_id.filter(|id| is_endpoint_id(id));
        let base = activity.session_id.unwrap_or_else(|| {
            format!("{}:{provider}:{channel}:{conversation}:{user}", address.tenant)
        });
        let session = with_endpoint(base, endpoint_id.as_deref());
        let Address { pack_id, flow_id, .. } = address;
        Self { pack_id, flow_id, provider, conversation, user, session, payload: activity.payload }
    }

    /// What names a parked conversation inside of its scope: the session, the pack whose flow waits,
    /// and where the reply goes.
    pub(crate) fn parking_name(&self) -> String {
        // Thread, reply and correlation of a reply scope: none of them is part of a message yet.
        let reply_scope = sha256_hex(format!("{}\n\n\n", self.conversation).as_bytes());
        format!("{}::pack={}::{reply_scope}", self.session, self.pack_id)
    }
}

/// A session of one endpoint is never one of another.
fn with_endpoint(base: String, endpoint_id: Option<&str>) -> String {
    let Some(endpoint_id) = endpoint_id else { return base };
    let prefix = format!("ep={endpoint_id}::");
    if base.starts_with(&prefix) { base } else { prefix + &base }
}

fn is_endpoint_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !id.is_empty() && id.len() <= MAX_ENDPOINT_ID && id.bytes().all(allowed)
}

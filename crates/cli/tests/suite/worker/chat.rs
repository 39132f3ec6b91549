//! A conversation over HTTP, as a Direct Line client holds it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use ureq::Agent;

/// How long an answer may take, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Chat {
    agent: Agent,
    base: String,
    token: String,
    conversation: String,
    watermark: String,
}

/// A client that tells statuses instead of failing.
pub(crate) fn agent() -> Agent {
    agent_with(PATIENCE)
}

/// The same, with this much patience.
pub(crate) fn agent_with(patience: Duration) -> Agent {
    let config = Agent::config_builder().http_status_as_error(false);
    config.timeout_global(Some(patience)).build().into()
}

/// Where the Direct Line of a tenant is.
pub(crate) fn direct_line(url: &str) -> String {
    format!("{url}/v1/messaging/webchat/default/v3/directline")
}

/// The status and the JSON of an answer.
pub(crate) fn read(response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    let status = response.status().as_u16();
    let text = response.into_body().read_to_string().expect("text");
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// A token for a conversation of its own.
pub(crate) fn token(agent: &Agent, base: &str) -> Value {
    let answer =
        agent.post(format!("{base}/tokens/generate")).send_json(json!({})).expect("an answer");
    let (status, token) = read(answer);
    assert_eq!(status, 200, "{token}");
    token
}

impl Chat {
    /// Begins a conversation.
    pub(crate) fn begin(url: &str) -> Self {
        let (agent, base) = (agent(), direct_line(url));
        let token = token(&agent, &base)["token"].as_str().expect("a token").to_owned();
        let begun = agent
            .post(format!("{base}/conversations"))
            .header("authorization", format!("Bearer {token}"))
            .send_json(json!({ "user": { "id": "visitor" } }))
            .expect("an answer");
        let (status, begun) = read(begun);
        assert!(status == 200 || status == 201, "{status} {begun}");
        let text =
            |name: &str| begun[name].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned();
        Self {
            token: text("token"),
            conversation: text("conversationId"),
            watermark: String::new(),
            agent,
            base,
        }
    }

    /// Says something and waits for the text of the answer.
    pub(crate) fn say(&mut self, text: &str) -> String {
        self.say_activity(text)["text"].as_str().unwrap_or_default().to_owned()
    }

    /// Says something and waits for the answer.
    pub(crate) fn say_activity(&mut self, text: &str) -> Value {
        let activity = json!({ "type": "message", "from": { "id": "visitor" }, "text": text });
        let url = format!("{}/conversations/{}/activities", self.base, self.conversation);
        let post = self.agent.post(url).header("authorization", format!("Bearer {}", self.token));
        let (status, posted) = read(post.send_json(activity).expect("an answer"));
        assert_eq!(status, 200, "{text}: {posted}");
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Some(said) = self.poll() {
                return said;
            }
            std::thread::yield_now();
        }
        panic!("{text}: no answer in time")
    }

    fn poll(&mut self) -> Option<Value> {
        let (conversation, watermark) = (&self.conversation, &self.watermark);
        let url = format!("{}/conversations/{conversation}/activities", self.base);
        let get = self.agent.get(format!("{url}?watermark={watermark}"));
        let get = get.header("authorization", format!("Bearer {}", self.token));
        let (status, set) = read(get.call().expect("an answer"));
        assert_eq!(status, 200, "{set}");
        self.watermark = set["watermark"].as_str().unwrap_or_default().to_owned();
        let activities = set["activities"].as_array().cloned().unwrap_or_default();
        activities.into_iter().find(|activity| activity["from"]["id"] != "visitor")
    }
}

/// Asks a worker over `/workers/invoke`.
pub(crate) fn invoke(agent: &Agent, url: &str, session: &str, text: &str) -> (u16, Value) {
    let body = json!({
        "version": "1.0",
        "tenant": { "env": "local", "tenant": "default", "tenant_id": "default", "attempt": 0 },
        "worker_id": "hello",
        "payload": { "text": text },
        "session_id": session,
    });
    match agent.post(format!("{url}/workers/invoke")).send_json(body) {
        Ok(answer) => read(answer),
        Err(error) => (0, Value::String(error.to_string())),
    }
}

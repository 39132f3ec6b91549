//! What becomes of a conversation that is taken up again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use greentic_env_pack::{
    LeaseToken, MemorySessions, PortError, Registered, SessionKey, Sessions, Taken,
};
use greentic_runner_host::{Activity, HostBuilder, HostConfig, HostError, RunnerHost};

use super::lab::{Packs, Revision, TENANT, message};

/// Sessions in memory that note each step, and may lose their leases.
#[derive(Debug, Default)]
struct Noted {
    inner: MemorySessions,
    steps: Mutex<Vec<&'static str>>,
    is_losing: AtomicBool,
    lease: Mutex<Option<Duration>>,
    live: Mutex<Option<Duration>>,
}

impl Noted {
    fn note(&self, step: &'static str) {
        self.steps.lock().expect("it").push(step);
    }

    fn steps(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.steps.lock().expect("it"))
    }

    fn loses(&self) -> bool {
        self.is_losing.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl Sessions for Noted {
    async fn register_if_absent(
        &self,
        key: &SessionKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<Registered, PortError> {
        self.note("register");
        *self.live.lock().expect("it") = time_to_live;
        self.inner.register_if_absent(key, value, time_to_live).await
    }

    async fn is_parked(&self, key: &SessionKey) -> Result<bool, PortError> {
        self.inner.is_parked(key).await
    }

    async fn take(&self, key: &SessionKey, lease: Duration) -> Result<Taken, PortError> {
        self.note("take");
        *self.lease.lock().expect("it") = Some(lease);
        self.inner.take(key, lease).await
    }

    async fn spend(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        self.note("spend");
        self.inner.spend(key, token).await
    }

    async fn park_again(
        &self,
        key: &SessionKey,
        token: &LeaseToken,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError> {
        self.note("park again");
        *self.live.lock().expect("it") = time_to_live;
        Ok(!self.loses() && self.inner.park_again(key, token, value, time_to_live).await?)
    }

    async fn clear(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        self.note("clear");
        Ok(!self.loses() && self.inner.clear(key, token).await?)
    }

    async fn release(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        self.note("release");
        self.inner.release(key, token).await
    }

    async fn count(&self, scope: &str) -> Result<usize, PortError> {
        self.inner.count(scope).await
    }
}

/// Waits, and does what the next message says: it calls the flow that is named.
const FLOW: &str = r#"
id: main
type: messaging
nodes:
  wait:
    session.wait: {}
    routing: [{ to: choose }]
  choose:
    emit.response: { effect: "{{entry.effect}}" }
    routing:
      - { condition: 'entry.effect == "yes"', to: effect }
      - { to: call }
  effect:
    echo: { done: true }
    operation: echo
    routing: [{ to: call }]
  call:
    flow.call: { flow_id: "{{entry.flow}}", input: {} }
    routing:
      - { condition: 'entry.again == "yes"', to: wait }
      - { out: true }
"#;
const GOOD: &str =
    "id: good\ntype: job\nnodes:\n  a:\n    emit.response: { text: good }\n    routing: out\n";

struct Talk {
    host: RunnerHost,
    sessions: Arc<Noted>,
    _packs: Packs,
}

impl Talk {
    async fn new() -> Self {
        let (packs, sessions) = (Packs::new(), Arc::new(Noted::default()));
        let builder = HostBuilder::new().with_config(HostConfig::new("local", TENANT));
        let host = builder.with_session_store(sessions.clone()).build().expect("a host");
        let files = [("flows/main.ygtc", FLOW), ("flows/good.ygtc", GOOD)];
        let pack = packs.with_files("leases", &[("echo", "")], &files);
        Revision(1).load(&host, &pack).await;
        Self { host, sessions, _packs: packs }
    }

    async fn say(&self, fields: &[(&str, &str)]) -> Result<Vec<Activity>, HostError> {
        let mut activity = message("ada", "hi").with_flow("main");
        for (name, value) in fields {
            activity = activity.with_payload_field(name, (*value).into());
        }
        Revision(1).send(&self.host, activity).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_comes_to_its_end_is_spent_before_its_effect_and_cleared_after() {
    let talk = Talk::new().await;
    talk.say(&[]).await.expect("it waits");
    assert_eq!(talk.sessions.steps(), ["take", "register"]);
    talk.say(&[("effect", "yes"), ("flow", "good")]).await.expect("an answer");
    assert_eq!(talk.sessions.steps(), ["take", "spend", "clear"]);
    talk.say(&[]).await.expect("it waits");
    assert_eq!(talk.sessions.steps(), ["take", "register"], "it began anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_waits_again_is_parked_under_the_same_lease() {
    let talk = Talk::new().await;
    let live = || talk.sessions.live.lock().expect("it").take();
    let parked = Some(HostConfig::new("local", TENANT).limits.parked);
    talk.say(&[]).await.expect("it waits");
    assert_eq!(live(), parked, "it does not wait for ever");
    talk.sessions.steps();
    for _ in 0..2 {
        talk.say(&[("again", "yes"), ("flow", "good")]).await.expect("it waits again");
        assert_eq!(talk.sessions.steps(), ["take", "park again"]);
        assert_eq!(live(), parked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_fails_before_any_effect_leaves_the_conversation_waiting() {
    let talk = Talk::new().await;
    talk.say(&[]).await.expect("it waits");
    talk.sessions.steps();
    let error = talk.say(&[("flow", "gone")]).await.expect_err("no such flow");
    assert_eq!(error.code(), "unknown-flow");
    assert_eq!(talk.sessions.steps(), ["take", "release"]);
    let said = talk.say(&[("flow", "good")]).await.expect("it went on where it waited");
    assert_eq!(said.len(), 2, "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_fails_after_an_effect_ends_the_conversation() {
    let talk = Talk::new().await;
    talk.say(&[]).await.expect("it waits");
    talk.sessions.steps();
    talk.say(&[("effect", "yes"), ("flow", "gone")]).await.expect_err("no such flow");
    assert_eq!(talk.sessions.steps(), ["take", "spend", "clear"]);
    talk.say(&[("flow", "good")]).await.expect("it waits");
    assert_eq!(talk.sessions.steps(), ["take", "register"], "it began anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_that_outlived_its_lease_says_so_and_a_lease_outlives_every_turn() {
    for again in ["no", "yes"] {
        let talk = Talk::new().await;
        talk.say(&[]).await.expect("it waits");
        talk.sessions.is_losing.store(true, Ordering::Relaxed);
        let error = talk.say(&[("again", again), ("flow", "good")]).await.expect_err("it is lost");
        assert_eq!(error.code(), "conversation-lease-lost");
        let lease = talk.sessions.lease.lock().expect("it").expect("a lease");
        assert!(lease > HostConfig::new("local", TENANT).limits.turn);
        let held = talk.say(&[("flow", "good")]).await.expect_err("the lease goes on");
        assert_eq!(held.code(), "conversation-held-elsewhere");
    }
}

//! The example components, as they are in the repository.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use greentic_env_pack::MemoryState;
use greentic_runner_host::wasm::{CallError, Component, Guest, Reach, StateGrant, WebClient};
use serde_json::{Value, json};

use super::{ENGINE, guest, http, invocation};

fn example(name: &str) -> Component {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/components");
    let file = folder.join(name).join(format!("{name}.wasm"));
    let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    ENGINE.load(&bytes).expect("a component")
}

/// A guest with time for a busy machine.
fn patient(tenant: &str) -> Guest {
    let mut guest = guest(tenant);
    guest.limits.deadline = Duration::from_secs(20);
    guest
}

#[tokio::test]
async fn echo_answers_what_it_is_given() {
    let said = json!({"text": "hello", "numbers": [1, 2.5, null]});
    let answer = example("echo").invoke(patient("t"), &invocation("echo", said.clone())).await;
    assert_eq!(answer, Ok(said));
}

#[tokio::test]
async fn counter_counts_for_each_tenant_alone() {
    let counter = example("counter");
    let state = Arc::new(MemoryState::default());
    let count = async |tenant: &str| {
        let mut guest = patient(tenant);
        guest.grants.state = StateGrant::ReadWrite;
        guest.ports.state = state.clone();
        counter.invoke(guest, &invocation("add", json!({"key": "visits"}))).await
    };
    assert_eq!(count("a").await, Ok(json!({"key": "visits", "count": 1})));
    assert_eq!(count("a").await, Ok(json!({"key": "visits", "count": 2})));
    assert_eq!(count("b").await, Ok(json!({"key": "visits", "count": 1})));
    let denied = counter.invoke(patient("a"), &invocation("get", json!({"key": "visits"}))).await;
    assert!(matches!(&denied, Err(CallError::Guest { message, .. }) if message.contains("denied")));
}

#[tokio::test]
async fn http_caller_fetches_when_it_is_granted() {
    let caller = example("http-caller");
    let url = http::serve(Some(http::response(b"sunny"))).await;
    let asked = invocation("get", json!({"url": url}));
    let denied = caller.invoke(patient("t"), &asked).await;
    assert!(
        matches!(&denied, Err(CallError::Guest { code, .. }) if code == "denied"),
        "{denied:?}"
    );
    let mut granted = patient("t");
    granted.grants.http = true;
    granted.ports.http = Arc::new(WebClient::new(Reach::PrivateToo).expect("a client"));
    let answer = caller.invoke(granted, &asked).await;
    assert_eq!(answer, Ok(json!({"status": 200, "body": "sunny"})));
}

#[tokio::test]
async fn provider_describes_itself_identifies_and_says_what_it_does_not_know() {
    let provider = example("provider");
    let json = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).expect("JSON");
    let about = json(provider.provider_describe(patient("t")).await.expect("an answer"));
    assert_eq!(about.get("provider_type"), Some(&json!("example.messaging")));
    let health = json(provider.provider_healthcheck(patient("t")).await.expect("an answer"));
    assert_eq!(health, json!({"status": "healthy"}));
    let request = json!({"headers": [], "body": {"endpoint": "sales"}}).to_string();
    let who = provider.identify_instance(&patient("t"), request.as_bytes()).await;
    assert_eq!(who, Ok(Some("sales".to_owned())));
    let hint = provider.describe_identify_instance(&patient("t")).await.expect("an answer");
    assert_eq!(json(hint.expect("a hint")).get("version"), Some(&json!(1)));
    let answer = provider.provider_invoke(patient("t"), "dance", b"{}").await.expect("an answer");
    assert_eq!(json(answer), json!({"ok": false, "error": "unsupported op: dance"}));
}

#[tokio::test]
async fn misbehaving_ends_in_the_error_of_each_of_its_ways() {
    let component = example("misbehaving");
    let short = guest("t");
    let limits = short.limits.clone();
    for (way, expected) in [
        ("loop", CallError::Deadline { limit: limits.deadline }),
        ("allocate", CallError::Memory { limit: limits.memory }),
        ("trap", CallError::Trap { reason: "wasm `unreachable` instruction executed".to_owned() }),
    ] {
        let error = component.invoke(short.clone(), &invocation(way, json!({}))).await;
        assert_eq!(error, Err(expected), "{way}");
    }
    // Its compiler keeps a stack of its own in its memory, which may end first.
    let error = component.invoke(short, &invocation("recurse", json!({}))).await;
    assert!(matches!(error, Err(CallError::Stack | CallError::Trap { .. })), "{error:?}");
    let mut roomy = patient("t");
    roomy.limits.memory = 256 << 20;
    let huge = invocation("huge-output", json!({"bytes": 9 << 20}));
    let error = component.invoke(roomy, &huge).await;
    assert_eq!(error, Err(CallError::TooMuchData { limit: limits.transfer }));
}

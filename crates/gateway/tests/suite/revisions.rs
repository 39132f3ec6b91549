//! Which revision answers.

use hyper::StatusCode;
use serde_json::json;

use super::lab::{BUNDLE, Lab, invoke, post, text_of};

const V1_ASKS: &str = "Hello! What is your name?";
const V2_ASKS: &str = "Hi there! Whom do I talk to?";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_answers_and_goes_on_with_its_conversation() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    assert_eq!(gateway.say("ada", "hi").await, V1_ASKS);
    assert_eq!(gateway.say("ada", "Ada").await, "Nice to meet you, Ada!");
    assert_eq!(gateway.say("ada", "hi").await, V1_ASKS, "the conversation begins anew");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_conversation_stays_on_its_revision_whatever_the_table_says() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let gateway = lab.serve().await;
    assert_eq!(gateway.say("ada", "hi").await, V1_ASKS);
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.say("bob", "hi").await, V2_ASKS, "new ones follow the table");
    assert_eq!(gateway.say("ada", "Ada").await, "Nice to meet you, Ada!", "it waited on version 1");
    assert_eq!(gateway.say("ada", "hi").await, V2_ASKS, "now it follows the table, too");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reweight_loads_nothing_and_moves_callers() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 5_000), (v2, 5_000)]);
    let gateway = lab.serve().await;
    let asked = gateway.until("/status", |_| true).await.json();
    assert_eq!(asked["activations"], 2, "{asked}");
    let mut v2_answers = 0;
    for caller in 0..40 {
        let said = gateway.say(&format!("caller-{caller}"), "hi").await;
        v2_answers += usize::from(said == V2_ASKS);
    }
    assert!((5..=35).contains(&v2_answers), "{v2_answers} of 40");
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.say("new", "hi").await, V2_ASKS);
    let after = gateway.until("/status", |_| true).await.json();
    assert_eq!(after["activations"], 2, "a table was swapped");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_a_session_gets_one_to_go_on_with() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let first = json!({ "worker_id": BUNDLE, "payload": "hi", "correlation_id": "c-1" });
    let first = gateway.ask(post("/workers/invoke", &first)).await.json();
    assert_eq!(text_of(&first), V1_ASKS);
    assert_eq!(first["correlation_id"], "c-1");
    assert_eq!(first["tenant"]["tenant"], "default");
    let session = first["session_id"].as_str().expect("a session");
    assert_eq!(gateway.say(session, "Ada").await, "Nice to meet you, Ada!");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_served_tenant_and_workers_are_invoked() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let other = json!({ "worker_id": BUNDLE, "payload": "hi", "tenant": { "tenant": "acme" } });
    let refused = gateway.ask(post("/workers/invoke", &other)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::FORBIDDEN, "tenant-mismatch")
    );
    let other = json!({ "worker_id": BUNDLE, "payload": "hi", "tenant": { "team": "sales" } });
    assert_eq!(gateway.ask(post("/workers/invoke", &other)).await.status, StatusCode::FORBIDDEN);
    let own = json!({ "worker_id": BUNDLE, "payload": "hi",
        "tenant": { "env": "local", "tenant": "default", "team": "default", "user": "root" } });
    assert_eq!(gateway.ask(post("/workers/invoke", &own)).await.status, StatusCode::OK);
    let unknown = json!({ "worker_id": "nobody", "payload": "hi" });
    let refused = gateway.ask(post("/workers/invoke", &unknown)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::NOT_FOUND, "worker-not-found")
    );
    let refused = gateway.ask(invoke(&"x".repeat(2_000), "hi")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    gateway.stop().await;
}

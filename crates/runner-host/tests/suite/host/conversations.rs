//! Flows that wait, and go on with the next message.

use std::sync::Arc;

use greentic_runner_host::Activity;

use super::lab::{Packs, Revision, TENANT, host, host_with, message, texts};

#[tokio::test(flavor = "multi_thread")]
async fn the_example_greets_asks_for_a_name_waits_and_answers_with_it() {
    let (packs, host) = (Packs::new(), host());
    host.load_pack(TENANT, &packs.hello("v1")).await.expect("a pack");
    let say = async |text| {
        let said = host.handle_activity(TENANT, message("ada", text)).await;
        texts(&said.expect("an answer"))
    };
    assert_eq!(say("hi").await, ["Hello! What is your name?"]);
    assert_eq!(say("Ada").await, ["Nice to meet you, Ada!"]);
    assert_eq!(say("hi").await, ["Hello! What is your name?"], "it begins anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn conversations_of_one_worker_do_not_mix() {
    let (packs, host) = (Packs::new(), host());
    let revision = Revision(1);
    revision.load(&host, &packs.hello("v1")).await;
    revision.say(&host, "ada", "hi").await;
    revision.say(&host, "bob", "hi").await;
    assert_eq!(revision.say(&host, "bob", "Bob").await, ["Nice to meet you, Bob!"]);
    assert_eq!(revision.say(&host, "ada", "Ada").await, ["Nice to meet you, Ada!"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_messages_at_once_to_a_parked_conversation_resume_it_once() {
    let (packs, host) = (Packs::new(), Arc::new(host()));
    let revision = Revision(1);
    revision.load(&host, &packs.hello("v1")).await;
    for round in 0..20 {
        let user = format!("user-{round}");
        revision.say(&host, &user, "hi").await;
        let send = |text: &'static str| {
            let (host, user) = (Arc::clone(&host), user.clone());
            tokio::spawn(async move { revision.say(&host, &user, text).await })
        };
        let (one, other) = (send("One"), send("Other"));
        let mut said = [one.await.expect("it"), other.await.expect("it")].concat();
        said.sort();
        let greeted: Vec<_> = said.iter().filter(|text| text.starts_with("Nice")).collect();
        assert_eq!(greeted.len(), 1, "it was resumed once: {said:?}");
        assert!(said.contains(&"Hello! What is your name?".to_owned()), "{said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_of_one_conversation_are_answered_in_the_order_in_which_they_came() {
    let packs = Packs::new();
    let host = Arc::new(host());
    let flow = "id: count\ntype: messaging\nnodes:\n  count:\n    counter:\n      key: turns\n    operation: add\n    routing: out\n";
    let pack = packs.with_flow("count", &[("counter", "state: { read: true, write: true }")], flow);
    let revision = Revision(1);
    revision.load(&host, &pack).await;
    let all = (0..20).map(|_| {
        let host = Arc::clone(&host);
        tokio::spawn(async move { revision.send(&host, message("ada", "next")).await })
    });
    let mut counts = Vec::new();
    for turn in all.collect::<Vec<_>>() {
        let said = turn.await.expect("it").expect("an answer");
        counts.push(said[0].payload()["count"].as_u64().expect("a count"));
    }
    counts.sort_unstable();
    assert_eq!(counts, (1..=20).collect::<Vec<_>>(), "no turn ran beside another one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_waits_at_a_node_until_one_of_its_conditions_holds() {
    let (packs, host) = (Packs::new(), host());
    let flow = r#"
id: ask
type: messaging
nodes:
  begin:
    emit.response: { text: "Welcome." }
    routing: [{ to: ask }]
  ask:
    waiter: { question: "Your answer?", answer: "{{entry.answer}}" }
    operation: ask
    routing:
      - condition: 'state == "answered"'
        to: done
  done:
    echo: { text: "You said {{node.ask.answer}}." }
    operation: echo
    routing: out
"#;
    let pack = packs.with_flow("ask", &[("waiter", ""), ("echo", "")], flow);
    let revision = Revision(1);
    revision.load(&host, &pack).await;
    let send = async |answer: Option<&str>| {
        let mut activity = message("ada", "hello");
        if let Some(answer) = answer {
            activity = activity.with_payload_field("answer", answer.into());
        }
        texts(&revision.send(&host, activity).await.expect("an answer"))
    };
    assert_eq!(send(None).await, ["Welcome.", "Your answer?"]);
    assert_eq!(send(None).await, ["Your answer?"], "no condition holds yet");
    assert_eq!(send(Some("yes")).await, ["You said yes."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_in_a_flow_ends_at_the_limit_and_says_so() {
    let packs = Packs::new();
    let host = host_with(|config| config.limits.steps = 50);
    let flow = "id: round\ntype: messaging\nnodes:\n  a:\n    echo: { n: 1 }\n    operation: echo\n    routing: [{ to: b }]\n  b:\n    echo: { n: 2 }\n    operation: echo\n    routing: [{ to: a }]\n";
    let revision = Revision(1);
    revision.load(&host, &packs.with_flow("round", &[("echo", "")], flow)).await;
    let error = revision.send(&host, message("ada", "go")).await.expect_err("a circle");
    assert_eq!(error.code(), "step-limit", "{error}");
    let told = message("ada", "go").with_session("s-1");
    let said = revision.send(&host, told).await.expect("a session is told");
    assert_eq!(said[0].payload()["metadata"]["error_kind"], "flow_execution_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_activity_that_answers_already_is_passed_on() {
    let (packs, host) = (Packs::new(), host());
    host.load_pack(TENANT, &packs.hello("v1")).await.expect("a pack");
    let activity = Activity::custom("response", serde_json::json!({"text": "done"}));
    let said = host.handle_activity(TENANT, activity.clone()).await.expect("an answer");
    assert_eq!(said, [activity]);
}

//! What each kind of node does, over a component that answers what it is given.

use greentic_runner_host::HostError;
use serde_json::{Value, json};

use super::lab::{Packs, Revision, host, message};

const OTHER: &str = "id: other\ntype: job\nnodes:\n  in:\n    echo: { text: 'other got {{entry.n}}' }\n    operation: echo\n    routing: out\n";

/// What a flow answers to one message.
async fn run(nodes: &str) -> Result<Vec<Value>, HostError> {
    let (packs, host) = (Packs::new(), host());
    let flow = format!("id: main\ntype: messaging\nnodes:\n{nodes}");
    let card = r#"{"type":"AdaptiveCard","body":[]}"#;
    let files = [
        ("flows/main.ygtc", flow.as_str()),
        ("flows/other.ygtc", OTHER),
        ("assets/card.json", card),
    ];
    let pack = packs.with_files("flows", &[("echo", "")], &files);
    let revision = Revision(1);
    revision.load(&host, &pack).await;
    let said = revision.send(&host, message("ada", "hello").with_flow("main")).await?;
    Ok(said.into_iter().map(|activity| activity.payload().clone()).collect())
}

async fn said(nodes: &str) -> Vec<Value> {
    run(nodes).await.unwrap_or_else(|error| panic!("{error:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_runs_the_component_that_its_mapping_names() {
    let nodes = "  a:\n    component.exec: { component: echo, operation: echo, input: { n: 7, t: '{{entry.text}}' } }\n    routing: out\n";
    assert_eq!(said(nodes).await, [json!({"n": 7, "t": "hello"})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_that_is_one_path_keeps_the_type_of_its_value() {
    let nodes = "  a:\n    echo: { list: [1, 2], n: 3 }\n    operation: echo\n    routing: [{ to: b }]\n  b:\n    echo: { list: '{{node.a.list}}', first: '{{prev.list[0]}}', text: '{{node.a.n}} of {{entry.text}}', none: '{{node.a.none}}' }\n    operation: echo\n    routing: out\n";
    let expected = json!({"list": [1, 2], "first": 1, "text": "3 of hello", "none": ""});
    assert_eq!(said(nodes).await, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_a_flow_keeps_is_found_again() {
    let nodes = "  a:\n    state.set: { key: k, value: { n: 1 } }\n    routing: [{ to: b }]\n  b:\n    state.get: { key: k }\n    routing: [{ to: c }]\n  c:\n    state.get: { key: absent }\n    routing: [{ to: d }]\n  d:\n    echo: { kept: '{{node.b.value}}', found: '{{node.c.found}}' }\n    operation: echo\n    routing: out\n";
    assert_eq!(said(nodes).await, [json!({"kept": {"n": 1}, "found": false})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_calls_another_one_and_goes_on_with_its_answer() {
    let nodes = "  a:\n    flow.call: { flow_id: other, input: { n: 5 } }\n    routing: [{ to: b }]\n  b:\n    echo: { text: 'it said: {{prev.text}}' }\n    operation: echo\n    routing: out\n";
    assert_eq!(said(nodes).await, [json!({"text": "it said: other got 5"})]);
    let round = "  a:\n    flow.call: { flow_id: main, input: {} }\n    routing: out\n";
    assert_eq!(run(round).await.expect_err("a circle").code(), "call-depth");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_jumps_to_another_flow_or_answers_for_it() {
    let jump = |flow: &str| {
        format!(
            "  a:\n    echo: {{ greentic_control: {{ v: 1, action: jump, flow: {flow}, payload: {{ n: 9 }} }} }}\n    operation: echo\n    routing: out\n"
        )
    };
    assert_eq!(said(&jump("other")).await, [json!({"text": "other got 9"})]);
    let error = run(&jump("nowhere")).await.expect_err("no such flow");
    assert!(error.to_string().contains("unknown_flow:nowhere"), "{error}");
    let error = run(&jump("main")).await.expect_err("it jumps for ever");
    assert_eq!(error.code(), "redirect-limit");
    let respond = "  a:\n    echo: { greentic_control: { v: 1, action: respond, text: bye } }\n    operation: echo\n    routing: [{ to: b }]\n  b:\n    echo: { text: never }\n    operation: echo\n    routing: out\n";
    assert_eq!(said(respond).await[0]["text"], "bye");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_says_that_it_failed_ends_the_flow() {
    let nodes = "  a:\n    echo: { ok: false, error: { code: NO_FUEL, message: empty } }\n    operation: echo\n    routing: out\n";
    let error = run(nodes).await.expect_err("it failed");
    assert_eq!(error.code(), "component-error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_goes_where_the_status_says() {
    let nodes = |status: &str| {
        format!(
            "  a:\n    echo: {{ status: {status} }}\n    operation: echo\n    routing: [{{ status: won, to: b }}, {{ to: c }}]\n  b:\n    echo: {{ text: b }}\n    operation: echo\n    routing: out\n  c:\n    echo: {{ text: c }}\n    operation: echo\n    routing: out\n"
        )
    };
    assert_eq!(said(&nodes("won")).await, [json!({"text": "b"})]);
    assert_eq!(said(&nodes("lost")).await, [json!({"text": "c"})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_gets_the_asset_in_the_place_of_its_path() {
    let nodes = |path: &str| {
        format!(
            "  a:\n    echo: {{ card_source: asset, card_spec: {{ asset_path: {path} }} }}\n    operation: echo\n    routing: out\n"
        )
    };
    let card = &said(&nodes("assets/card.json")).await[0];
    assert_eq!(card["card_source"], "inline");
    assert_eq!(card["card_spec"]["inline_json"]["type"], "AdaptiveCard");
    let error = run(&nodes("assets/gone.json")).await.expect_err("no such asset");
    assert!(error.to_string().contains("assets/gone.json"), "{error}");
}

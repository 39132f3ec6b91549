//! From node to node.

use serde_json::json;

use super::made_up::MadeUp;

/// `a` and `b` go around for ever.
const CIRCLE: &str = "  a:\n    echo: { n: 1 }\n    operation: op\n    routing: [{ to: b }]\n  b:\n    echo: { n: 2 }\n    operation: op\n    routing: [{ to: a }]\n";
const CALLED: &str = "id: called\ntype: job\nnodes:\n  one:\n    echo: { got: '{{entry.n}}' }\n    operation: op\n    routing: [{ to: two }]\n  two:\n    echo: { got: '{{prev.got}}', said: 'by {{node.one.got}}' }\n    operation: op\n    routing: out\n";

/// A node `name` that asks for a jump.
fn jumping(name: &str, control: &str) -> String {
    format!(
        "  {name}:\n    echo: {{ greentic_control: {{ v: 1, action: jump, {control} }} }}\n    operation: op\n    routing: out\n"
    )
}

#[test]
fn a_turn_takes_as_many_steps_as_it_may_and_not_one_more() {
    let mut world = MadeUp::main(CIRCLE, &[]);
    world.limits.steps = 7;
    let error = world.begin(json!({})).expect_err("a circle");
    assert_eq!(error.code(), "step-limit");
    assert_eq!(world.log().iter().filter(|line| line.starts_with("main/")).count(), 7);
    let mut world = MadeUp::new(&[&CALLED.replace("id: called", "id: main")]);
    world.limits.steps = 2;
    assert_eq!(world.answer(json!({ "n": 5 })), json!({ "got": 5, "said": "by 5" }));
}

#[test]
fn steps_of_called_flows_count_too() {
    let call =
        "  a:\n    flow.call: { flow_id: called, input: { n: 1 } }\n    routing: [{ to: a }]\n";
    let mut world = MadeUp::main(call, &[CALLED]);
    world.limits.steps = 8;
    assert_eq!(world.begin(json!({})).expect_err("a circle").code(), "step-limit");
    assert_eq!(world.log().iter().filter(|line| line.starts_with("called/")).count(), 5);
}

#[test]
fn flows_call_each_other_as_deep_as_they_may() {
    let call = "  a:\n    flow.call: { flow_id: main, input: '{{entry}}' }\n    routing: out\n";
    let mut world = MadeUp::main(call, &[]);
    world.limits.depth = 3;
    assert_eq!(world.begin(json!({})).expect_err("it calls itself").code(), "call-depth");
    let call = "  a:\n    flow.call: { flow_id: called, input: { n: 1 } }\n    routing: out\n";
    let mut world = MadeUp::main(call, &[CALLED]);
    world.limits.depth = 1;
    assert_eq!(world.answer(json!({})), json!({ "got": 1, "said": "by 1" }));
}

#[test]
fn a_called_flow_may_not_wait_and_knows_only_what_it_is_given() {
    let waits = "id: waits\ntype: job\nnodes:\n  w:\n    session.wait: {}\n    routing: [{ to: x }]\n  x:\n    echo: {}\n    operation: op\n";
    let call = "  a:\n    flow.call: { flow_id: waits }\n    routing: out\n";
    let error = MadeUp::main(call, &[waits]).begin(json!({})).expect_err("it waits");
    assert_eq!(error.code(), "called-flow-waits");
    let nosy = "id: nosy\ntype: job\nnodes:\n  a:\n    echo: { outer: '{{node.before}}', entry: '{{entry}}' }\n    operation: op\n    routing: out\n";
    let nodes = "  before:\n    echo: { n: 1 }\n    operation: op\n    routing: [{ to: call }]\n  call:\n    flow.call: { flow: nosy, input: { in: 2 } }\n    routing: out\n";
    let answer = MadeUp::main(nodes, &[nosy]).answer(json!({ "mine": true }));
    assert_eq!(answer, json!({ "outer": "", "entry": { "in": 2 } }));
}

#[test]
fn what_is_said_on_the_way_comes_before_the_answer_and_once() {
    let nodes = "  one:\n    emit.response: { text: '1' }\n    routing: [{ to: two }]\n  two:\n    echo: { text: '2' }\n    operation: op\n    routing: [{ to: three }]\n  three:\n    emit.log: { input: { text: '3' } }\n    routing: [{ to: four }]\n  four:\n    echo: { text: '{{node.three.text}}{{prev.text}}4' }\n    operation: op\n    routing: out\n";
    let said = MadeUp::main(nodes, &[]).answer(json!({}));
    assert_eq!(said, json!([{ "text": "1" }, { "text": "3" }, { "text": "34" }]));
    let only = "  one:\n    emit.response: { text: '1' }\n    routing: out\n";
    assert_eq!(MadeUp::main(only, &[]).answer(json!({})), json!([{ "text": "1" }]));
}

#[test]
fn a_component_jumps_as_often_as_it_may_in_one_turn() {
    for (limit, jumps) in [("", 3), (", max_redirects: 1", 1), (", max_redirects: 1000", 32)] {
        let world = MadeUp::main(&jumping("a", &format!("flow: main{limit}")), &[]);
        assert_eq!(world.begin(json!({})).expect_err("for ever").code(), "redirect-limit");
        let calls = world.log().iter().filter(|line| line.starts_with("main/a")).count();
        assert_eq!(calls, jumps + 1, "{limit}");
    }
}

#[test]
fn a_jump_goes_to_the_named_node_with_its_payload_or_says_what_is_missing() {
    let to =
        |control: &str| MadeUp::main(&jumping("a", control), &[CALLED]).begin(json!({ "n": 7 }));
    let answer = |control: &str| super::made_up::done(to(control));
    assert_eq!(answer("flow: called")["got"], 7, "the message is still there");
    assert_eq!(answer("flow: called, payload: { n: 9 }")["got"], 9);
    // From the second node on: the first one was never run.
    assert_eq!(answer("flow: called, node: two")["said"], "by ");
    for (control, reason) in [
        ("flow: nowhere", "unknown_flow:nowhere"),
        ("flow: called, node: none", "unknown_node:none"),
        ("flow: ''", "missing_flow"),
    ] {
        let error = to(control).expect_err(control);
        assert_eq!(error.code(), "jump-refused");
        assert!(error.to_string().ends_with(reason), "{error}");
    }
}

#[test]
fn a_component_that_answers_for_the_flow_ends_it() {
    let nodes = "  a:\n    emit.response: { text: first }\n    routing: [{ to: b }]\n  b:\n    echo: { greentic_control: { v: 1, action: respond, text: last } }\n    operation: op\n    routing: [{ to: c }]\n  c:\n    echo: { text: never }\n    operation: op\n";
    let world = MadeUp::main(nodes, &[]);
    let last = json!({ "text": "last", "card_cbor": null, "needs_user": null });
    assert_eq!(world.answer(json!({})), json!([{ "text": "first" }, last]));
    let later = nodes.replace("v: 1", "v: 2");
    let said = MadeUp::main(&later, &[]).answer(json!({}));
    assert_eq!(said[1], json!({ "text": "never" }), "a version that nobody knows says nothing");
}

#[test]
fn what_a_node_lacks_is_an_error_that_names_it() {
    let code = |node: &str| {
        let world = MadeUp::main(&format!("  a:\n    {node}\n    routing: out\n"), &[]);
        let error = world.begin(json!({})).expect_err(node);
        assert!(error.to_string().contains("`a`"), "{error}");
        assert!(!world.log().contains(&"effect".to_owned()), "{node}: nothing was done");
        error.to_string()
    };
    assert!(code("component.exec: { operation: op }").contains("names no component"));
    assert!(code("component.exec: { component: echo }").contains("missing operation"));
    assert!(code("component.exec: { component: gone, operation: op }").contains("`gone`"));
    assert!(code("gone: {}\n    operation: op").contains("`gone`"));
    assert!(code("provider.invoke: { provider_type: t }").contains("missing operation"));
    assert!(code("provider.invoke: { op: x, in_map: { a: /gone } }").contains("`/gone`"));
    assert!(code("flow.call: {}").contains("names no flow"));
    assert!(code("state.get: {}").contains("names no key"));
    assert!(code("state.set: { value: 1 }").contains("names no key"));
    assert!(code("session.wait: {}").contains("leads nowhere"));
    let world = MadeUp::main("  a:\n    flow.call: { flow_id: gone }\n", &[]);
    assert_eq!(world.begin(json!({})).expect_err("gone").code(), "unknown-flow");
}

#[test]
fn a_component_is_found_by_its_whole_name_before_its_last_word_is_an_operation() {
    let called = |node: &str| {
        let world = MadeUp::main(&format!("  a:\n    {node}\n    routing: out\n"), &[]);
        world.answer(json!({}));
        world.log().join(", ")
    };
    assert_eq!(called("com.echo: {}"), "effect, main/a com.echo.none");
    assert_eq!(called("echo.whole: {}"), "effect, main/a echo.whole.none");
    assert_eq!(called("com.echo.say: {}"), "effect, main/a com.echo.say");
    assert_eq!(called("echo.say: { operation: other }"), "effect, main/a echo.other");
    assert_eq!(called("component.exec: { component_ref: echo, op: x }"), "effect, main/a echo.x");
}

#[test]
fn every_error_of_a_node_names_it_and_its_flow_once() {
    let told = |nodes: &str, others: &[&str]| {
        let list = vec![0; 2_000];
        let error = MadeUp::main(nodes, others).begin(json!({ "list": list })).expect_err(nodes);
        (error.code(), greentic_deploy_spec::with_causes(&error))
    };
    let template =
        "  a:\n    echo: 'x {{#each entry.list}}{{#each ../entry.list}}.{{/each}}{{/each}}'\n";
    let (code, text) = told(template, &[]);
    assert_eq!(code, "template-invalid");
    assert!(text.starts_with("node `a` of flow `main`: template `x "), "{text}");
    let (code, text) = told("  a:\n    echo: { error: { message: broken } }\n", &[]);
    assert_eq!(code, "component-error");
    assert!(text.starts_with("node `a` of flow `main`: the call failed: "), "{text}");
    let called = "id: called\ntype: job\nnodes:\n  deep:\n    state.get: {}\n";
    let (code, text) = told("  a:\n    flow.call: { flow: called }\n", &[called]);
    assert_eq!(code, "mapping-incomplete");
    assert_eq!(text, "node `deep` of flow `called`: it names no key; add `key`");
}

//! Waiting, and going on.

use serde_json::json;

use super::made_up::{MadeUp, done, parked};
use crate::flow::FlowSnapshot;

const ASKS: &str = "  before:\n    echo: { text: 'for {{entry.who}}' }\n    operation: op\n    routing: [{ to: say }]\n  say:\n    emit.response: { text: 'Name?' }\n    routing: [{ to: wait }]\n  wait:\n    session.wait: { reason: a name }\n    routing: [{ to: after }]\n  after:\n    echo: { text: '{{entry.who}}', input: '{{state.input.who}}', before: '{{node.before.text}}' }\n    operation: op\n    routing: out\n";

#[test]
fn a_flow_waits_before_the_next_node_and_goes_on_there_with_the_next_message() {
    let world = MadeUp::main(ASKS, &[]);
    let waits = world.parked(json!({ "who": "first" }));
    assert_eq!(waits.reason.as_deref(), Some("a name"));
    assert_eq!(waits.answer, json!([{ "text": "Name?" }]));
    assert_eq!(waits.snapshot.next_node, "after");
    let steps = world.log().len();
    let answer = done(world.resume(waits.snapshot, json!({ "who": "second" })));
    let expected = json!({ "text": "second", "input": "second", "before": "for first" });
    assert_eq!(answer, expected, "what was said before is not said again");
    assert_eq!(world.log()[steps..], ["effect", "main/after echo.op"], "nothing is done twice");
}

#[test]
fn a_snapshot_is_the_same_after_it_was_kept() {
    let waits = MadeUp::main(ASKS, &[]).parked(json!({ "who": "first" }));
    let kept = serde_json::to_vec(&waits.snapshot).expect("JSON");
    let read: FlowSnapshot = serde_json::from_slice(&kept).expect("a snapshot");
    assert_eq!(read, waits.snapshot);
    let least = json!({ "pack_id": "pack", "flow_id": "main", "next_node": "after",
        "state": { "input": {}, "nodes": {}, "egress": ["said before"] } });
    let least: FlowSnapshot = serde_json::from_value(least).expect("the least of them");
    let answer = done(MadeUp::main(ASKS, &[]).resume(least, json!({ "who": "x" })));
    assert_eq!(answer["text"], "x", "what was said before is not said again");
}

#[test]
fn a_flow_that_jumped_waits_in_the_flow_that_it_jumped_to() {
    let nodes = "  a:\n    echo: { greentic_control: { v: 1, action: jump, flow: other } }\n    operation: op\n    routing: out\n";
    let other = "id: other\ntype: job\nnodes:\n  w:\n    session.wait: why\n    routing: [{ to: x }]\n  x:\n    echo: { text: 'other {{entry.n}}' }\n    operation: op\n    routing: out\n";
    let world = MadeUp::main(nodes, &[other]);
    let waits = world.parked(json!({}));
    assert_eq!(waits.reason.as_deref(), Some("why"));
    assert_eq!(waits.snapshot.flow_id, "main", "the conversation began there");
    assert_eq!(waits.snapshot.next_flow.as_deref(), Some("other"));
    let answer = done(world.resume(waits.snapshot, json!({ "n": 2 })));
    assert_eq!(answer, json!({ "text": "other 2" }));
    let stays = MadeUp::main(ASKS, &[]).parked(json!({}));
    assert_eq!(stays.snapshot.next_flow, None);
}

#[test]
fn each_turn_may_jump_and_step_as_often_as_the_first() {
    let nodes = "  a:\n    echo: { greentic_control: { v: 1, action: jump, flow: other, max_redirects: 1 } }\n    operation: op\n    routing: out\n";
    let other = "id: other\ntype: job\nnodes:\n  w:\n    session.wait: {}\n    routing: [{ to: back }]\n  back:\n    echo: { greentic_control: { v: 1, action: jump, flow: other, max_redirects: 1 } }\n    operation: op\n    routing: out\n";
    let mut world = MadeUp::main(nodes, &[other]);
    world.limits.steps = 2;
    let mut waits = world.parked(json!({}));
    for _ in 0..5 {
        waits = parked(world.resume(waits.snapshot, json!({})));
    }
}

#[test]
fn a_node_none_of_whose_conditions_holds_is_run_again_by_the_next_message() {
    let nodes = "  ask:\n    echo: { text: 'Again: {{entry.text}}' }\n    operation: op\n    routing:\n      - condition: 'entry.text == \"yes\"'\n        to: done\n  done:\n    echo: { text: thanks }\n    operation: op\n    routing: out\n";
    let world = MadeUp::main(nodes, &[]);
    let waits = world.parked(json!({ "text": "no" }));
    assert_eq!(waits.answer, json!({ "text": "Again: no" }));
    assert_eq!(waits.snapshot.next_node, "ask");
    assert_eq!(waits.reason.as_deref(), Some("awaiting user submit at node `ask`"));
    let waits = parked(world.resume(waits.snapshot, json!({ "text": "never" })));
    assert_eq!(waits.answer, json!({ "text": "Again: never" }));
    assert_eq!(
        done(world.resume(waits.snapshot, json!({ "text": "YES" }))),
        json!({ "text": "thanks" })
    );
}

#[test]
fn a_flow_or_node_that_is_gone_is_an_error() {
    let mut waits = MadeUp::main(ASKS, &[]).parked(json!({})).snapshot;
    waits.next_node = "gone".to_owned();
    let error = MadeUp::main(ASKS, &[]).resume(waits.clone(), json!({})).expect_err("gone");
    assert_eq!(error.code(), "unknown-node");
    waits.next_flow = Some("gone".to_owned());
    let error = MadeUp::main(ASKS, &[]).resume(waits, json!({})).expect_err("gone");
    assert_eq!(error.code(), "unknown-flow");
}

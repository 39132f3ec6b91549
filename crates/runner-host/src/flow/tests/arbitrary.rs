//! Flows of any shape.

use greentic_pack_format::{Flow, Limits, compile_flow};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::made_up::MadeUp;
use crate::flow::{FlowLimits, Outcome};

/// JSON of any shape, not too large.
pub(super) fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let key = prop_oneof![word().prop_map(str::to_owned), "\\PC{0,6}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// Words that flows and answers know.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "input",
        "config",
        "operation",
        "component",
        "card_source",
        "card_spec",
        "inline_json",
        "asset_path",
        "default_source",
        "greentic_control",
        "v",
        "action",
        "flow",
        "node",
        "payload",
        "max_redirects",
        "status",
        "ok",
        "error",
        "result",
        "retryable",
        "metadata",
        "text",
        "entry",
        "to",
        "out",
        "condition",
        "key",
        "value",
        "reason",
        "default_card_asset",
    ])
}

/// Texts that mean something to flows.
fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "{{entry}}",
        "{{prev}}",
        "{{node.n0}}",
        "{{state}}",
        "x{{entry.text}}",
        "{{#each entry}}{{this}}{{/each}}",
        "{{",
        "jump",
        "respond",
        "main",
        "other",
        "n0",
        "n1",
        "n2",
        "asset",
        "inline",
        "card.json",
        "/a",
        "/",
        "echo",
        "op",
    ])
}

/// A node that jumps: they are rare among arbitrary ones.
fn jump() -> impl Strategy<Value = Value> {
    (text(), prop::option::of(text()), any::<u8>(), any::<bool>()).prop_map(|(flow, node, limit, respond)| {
        let action = if respond { "respond" } else { "jump" };
        let flow = if respond { "main" } else { flow };
        json!({ "greentic_control": { "v": 1, "action": action, "flow": flow, "node": node, "max_redirects": limit } })
    })
}

fn node(count: usize) -> impl Strategy<Value = AnyNode> {
    let kind = prop::sample::select(vec![
        "echo",
        "echo",
        "com.echo.say",
        "component.exec",
        "flow.call",
        "provider.invoke",
        "emit.response",
        "state.get",
        "state.set",
        "session.wait",
        "gone",
    ]);
    let flow = prop::sample::select(vec!["main", "other"]);
    let mapping = prop_oneof![
        3 => json_value(),
        2 => (json_value(), flow).prop_map(|(input, flow)| json!({
            "component": "echo", "operation": "op", "key": "k", "flow_id": flow, "input": input, "value": input,
        })),
        1 => jump(),
    ];
    (kind, mapping, routing(count))
}

fn routing(count: usize) -> impl Strategy<Value = Value> {
    let to = || (0..count).prop_map(|number| format!("n{number}"));
    let status = prop::sample::select(vec!["ok", "error", "lost"]);
    let condition =
        prop::sample::select(vec!["status == 'ok'", "entry.text != ''", "text == \"x\"", "no"]);
    let route = prop_oneof![
        4 => to().prop_map(|to| json!({ "to": to })),
        2 => (to(), status).prop_map(|(to, status)| json!({ "to": to, "status": status })),
        2 => (to(), condition).prop_map(|(to, condition)| json!({ "to": to, "condition": condition })),
        1 => Just(json!({ "out": true })),
    ];
    prop_oneof![
        1 => Just(json!("out")),
        1 => Just(json!("reply")),
        6 => prop::collection::vec(route, 1..4).prop_map(Value::from),
    ]
}

/// What a node runs, its mapping and its routing.
type AnyNode = (&'static str, Value, Value);

fn nodes() -> impl Strategy<Value = Vec<AnyNode>> {
    (1usize..6).prop_flat_map(|count| prop::collection::vec(node(count), count))
}

/// The source of a flow. JSON is YAML, too.
fn source(id: &'static str) -> impl Strategy<Value = String> {
    nodes().prop_map(move |nodes| {
        let node = |(number, (kind, mapping, routing)): (usize, AnyNode)| {
            (format!("n{number}"), json!({ kind: mapping, "operation": "op", "routing": routing }))
        };
        let named = nodes.into_iter().enumerate().map(node);
        json!({ "id": id, "type": "job", "nodes": Map::from_iter(named) }).to_string()
    })
}

/// A flow of a pack that was built by somebody else: nothing of it was judged.
fn flow(id: &'static str) -> impl Strategy<Value = Flow> {
    nodes().prop_map(move |nodes| {
        let node = |(number, (kind, mapping, routing)): (usize, AnyNode)| {
            json!({ "id": format!("n{number}"), "component": { "id": kind, "operation": "op" },
                "input": { "mapping": mapping }, "routing": routing })
        };
        let nodes: Vec<Value> = nodes.into_iter().enumerate().map(node).collect();
        serde_json::from_value(json!({ "id": id, "nodes": nodes })).expect("a flow")
    })
}

fn compiled(source: &str) -> Option<Flow> {
    Some(compile_flow("a.ygtc", source, &Limits::default()).ok()?.flow)
}

const STEPS: u32 = 25;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_flow_of_any_shape_ends_within_its_steps_or_waits(
        main in flow("main"), other in flow("other"), messages in prop::collection::vec(json_value(), 1..4),
    ) {
        let world = MadeUp::with_flows(vec![main, other], FlowLimits { steps: STEPS, depth: 4 });
        let mut messages = messages.into_iter();
        let mut outcome = world.begin(messages.next().unwrap_or_default());
        let mut turns = 1;
        while let Ok(Outcome::Parked(parked)) = outcome {
            let Some(message) = messages.next() else { break };
            let kept = serde_json::to_vec(&parked.snapshot).expect("JSON");
            outcome = world.resume(serde_json::from_slice(&kept).expect("a snapshot"), message);
            turns += 1;
        }
        // A node makes one call at most, and tries it three times at most.
        let calls = world.log().iter().filter(|line| *line != "effect").count();
        prop_assert!(calls <= turns * STEPS as usize * 3, "{} calls", calls);
    }

    #[test]
    fn no_text_makes_the_compiler_panic(source in source("main"), text in any::<String>(), at in any::<usize>()) {
        let _ = compiled(&text);
        let cut = source.floor_char_boundary(at % (source.len() + 1));
        let (before, after) = source.split_at(cut);
        let _ = (compiled(before), compiled(&[before, &text, after].concat()));
    }
}

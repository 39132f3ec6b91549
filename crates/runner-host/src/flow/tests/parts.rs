//! Mappings and cards.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::arbitrary::json_value;
use super::made_up::MadeUp;
use crate::flow::card::{is_card, resolve};
use crate::flow::control;
use crate::flow::mapping::{apply_map, of_component, of_exec};

fn asset(path: &str) -> Option<Arc<[u8]>> {
    match path {
        "card.json" => Some(Arc::from(&b"{\"body\":[1]}"[..])),
        "text.txt" => Some(Arc::from(&b"no JSON"[..])),
        _ => None,
    }
}

/// JSON that is more or less a card.
fn card_like() -> impl Strategy<Value = Value> {
    let source = prop_oneof![Just(json!("asset")), Just(json!("inline")), json_value()];
    let path = prop_oneof![Just(json!("card.json")), Just(json!("text.txt")), json_value()];
    let spec = prop_oneof![path.prop_map(|path| json!({ "asset_path": path })), json_value()];
    (json_value(), prop::option::of(source), prop::option::of(spec)).prop_map(
        |(rest, source, spec)| {
            let mut fields = rest.as_object().cloned().unwrap_or_default();
            fields.insert("rest".to_owned(), rest);
            fields.extend(source.map(|source| ("card_source".to_owned(), source)));
            fields.extend(spec.map(|spec| ("card_spec".to_owned(), spec)));
            Value::Object(fields)
        },
    )
}

proptest! {
    #[test]
    fn no_card_makes_it_panic_and_what_is_no_part_of_it_stays(
        card in card_like(), config in prop::option::of(json_value()), any in json_value(),
    ) {
        let _ = (is_card(&any), resolve(any, config.as_ref(), asset));
        if let Ok(resolved) = resolve(card.clone(), config.as_ref(), asset) {
            prop_assert_eq!(&resolved["rest"], &card["rest"]);
            prop_assert_ne!(&resolved["card_source"], &json!("asset"), "no path is left to follow");
        }
    }

    #[test]
    fn no_mapping_map_or_answer_makes_it_panic(value in json_value(), source in json_value()) {
        let _ = (of_exec(value.clone()).payload(), of_component(value.clone()).payload());
        let _ = apply_map(&value, &source);
        let _ = control::read(&json!({ "greentic_control": value }));
        let _ = control::read(&value);
    }
}

#[test]
fn a_card_gets_the_defaults_of_its_configuration_where_it_says_nothing() {
    let config = json!({ "default_source": "asset", "default_card_asset": "card.json", "default_card_inline": 1 });
    let resolved = |input: Value| resolve(input, Some(&config), asset);
    let card = json!({ "card_source": "inline", "card_spec": { "asset_path": "card.json", "inline_json": { "body": [1] } } });
    assert_eq!(resolved(json!({})), Ok(card));
    let own = json!({ "card_source": "inline", "card_spec": { "asset_path": "x", "inline_json": { "own": 1 } } });
    assert_eq!(resolved(own.clone()), Ok(own), "its own words count");
    let path = |path: &str| {
        resolved(json!({ "card_spec": { "asset_path": path } })).map_err(|e| e.to_string())
    };
    assert_eq!(path("gone"), Err("the pack has no asset `gone`".to_owned()));
    assert!(path("text.txt").is_err_and(|error| error.contains("is no JSON")));
}

#[test]
fn a_card_goes_to_its_component_as_it_is_and_before_anything_is_done() {
    let node = |path: &str| {
        format!(
            "  a:\n    echo: {{ input: {{}}, config: {{ default_source: asset, default_card_asset: {path} }} }}\n    operation: op\n    routing: out\n"
        )
    };
    let answer = MadeUp::main(&node("card.json"), &[]).answer(json!({}));
    assert_eq!(answer["card_spec"]["inline_json"], json!({ "body": [] }));
    let world = MadeUp::main(&node("gone"), &[]);
    world.begin(json!({})).expect_err("no such asset");
    assert_eq!(world.log(), Vec::<String>::new());
}

#[test]
fn a_mapping_is_the_input_unless_it_names_parts() {
    let payload = |mapping: Value| of_component(mapping).payload();
    assert_eq!(payload(json!({ "a": 1, "input": 2 })), json!({ "a": 1, "input": 2 }));
    assert_eq!(payload(json!({ "input": 2, "operation": "op" })), 2);
    assert_eq!(payload(json!({ "input": 2, "config": 3 })), json!({ "input": 2, "config": 3 }));
    assert_eq!(payload(json!({ "config": 3 })), json!({ "config": 3 }));
    let exec = of_exec(json!({ "component": "c", "payload": 1, "metadata": 2, "op": "" }));
    assert_eq!((exec.component.as_deref(), exec.operation.as_deref()), (Some("c"), None));
    assert_eq!(exec.payload(), json!({ "input": 1, "config": 2 }));
}

#[test]
fn a_map_takes_what_its_pointers_point_to() {
    let source = json!({ "a": { "b": [1, 2] } });
    let map = json!({ "x": "/a/b/1", "y": ["/a"], "z": "plain", "n": 3 });
    let expected = json!({ "x": 2, "y": [{ "b": [1, 2] }], "z": "plain", "n": 3 });
    assert_eq!(apply_map(&map, &source), Ok(expected));
    assert!(apply_map(&json!("/a/c"), &source).is_err());
    let node = "  a:\n    provider.invoke: { provider_type: t, op: o, input: { a: 1 }, in_map: { b: /a }, out_map: { c: /b } }\n    routing: out\n";
    assert_eq!(MadeUp::main(node, &[]).answer(json!({})), json!({ "c": 1 }));
}

#[test]
fn what_a_flow_keeps_is_found_again_and_only_writing_is_an_effect() {
    let nodes = "  a:\n    state.get: { key: k }\n    routing: [{ to: b }]\n  b:\n    state.set: { key: k, value: '{{prev.found}}' }\n    routing: [{ to: c }]\n  c:\n    state.get: { key: k }\n    routing: out\n";
    let world = MadeUp::main(nodes, &[]);
    let answer = world.answer(json!({}));
    assert_eq!(answer, json!({ "key": "k", "value": false, "found": true }));
    assert_eq!(world.log(), ["get k", "effect", "set k", "get k"]);
}

#[test]
fn a_flow_that_doubles_what_it_holds_with_each_node_is_stopped() {
    for doubled in ["['{{prev}}', '{{prev}}', 'some text']", "'{{prev}}{{prev}}x'"] {
        let nodes =
            format!("  a:\n    echo: {doubled}\n    operation: op\n    routing: [{{ to: a }}]\n");
        let error = MadeUp::main(&nodes, &[]).begin(json!({})).expect_err("it doubles");
        let stops = ["flow-holds-too-much", "flow-value-too-deep", "template-invalid"];
        assert!(stops.contains(&error.code()), "{doubled}: {error}");
    }
    let emits = "  a:\n    emit.response: { text: '{{entry.text}}' }\n    routing: [{ to: a }]\n";
    let long = json!({ "text": "x".repeat(100_000) });
    let error = MadeUp::main(emits, &[]).begin(long).expect_err("it says too much");
    assert_eq!(error.code(), "flow-holds-too-much");
    let all = "  a:\n    echo: ['{{entry}}', '{{entry}}', '{{entry}}']\n    operation: op\n";
    let large = json!({ "text": "x".repeat(3_000_000) });
    let world = MadeUp::main(all, &[]);
    assert_eq!(world.begin(large).expect_err("it is too large").code(), "flow-holds-too-much");
    assert_eq!(world.log(), Vec::<String>::new(), "before anything was done");
}

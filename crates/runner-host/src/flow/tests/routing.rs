//! The way out of a node.

use greentic_pack_format::Routing;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::arbitrary::json_value;
use crate::flow::FlowError;
use crate::flow::route::{Output, Step, choose};

fn way(routing: &Value, payload: &Value, entry: &Value) -> Result<Step, FlowError> {
    let routing: Routing = serde_json::from_value(routing.clone()).expect("a routing");
    choose(&routing, &Output { ok: true, payload, entry })
}

#[track_caller]
fn leads(routes: Value, payload: Value, expected: Step) {
    let entry = json!({ "text": "Hello", "metadata": { "button": "Buy" }, "n": 5 });
    assert_eq!(way(&routes, &payload, &entry).expect("a way"), expected, "{routes} {payload}");
}

fn to(node: &str) -> Step {
    Step::To(node.to_owned())
}

#[test]
fn a_branch_goes_by_the_status_that_the_output_says_else_by_ok() {
    let branch = |default: Value| json!({ "Branch": { "on_status": { "ok": "fine", "lost": "sad" }, "default": default } });
    leads(branch(json!("other")), json!({ "status": "lost" }), to("sad"));
    leads(branch(json!("other")), json!({ "status": "won" }), to("other"));
    leads(branch(json!("other")), json!({}), to("fine"));
    leads(branch(json!("other")), json!({ "status": 7 }), to("fine"));
    leads(branch(Value::Null), json!({ "status": "won" }), Step::End);
    let failed = Output { ok: false, payload: &json!({}), entry: &Value::Null };
    let routing = Routing::Branch {
        on_status: [("error".to_owned(), "repair".to_owned())].into(),
        default: None,
    };
    assert_eq!(choose(&routing, &failed).expect("a way"), to("repair"));
}

#[test]
fn of_several_routes_the_first_that_holds_is_taken() {
    let custom = |routes: Value| json!({ "Custom": routes });
    let a = json!({ "condition": "n == '1'", "to": "a" });
    let b = json!({ "condition": "n == '1'", "to": "b" });
    let c = json!({ "to": "c" });
    leads(custom(json!([a, b, c])), json!({ "n": 1 }), to("a"));
    leads(custom(json!([a, b, c])), json!({ "n": 2 }), to("c"));
    leads(custom(json!([a, b])), json!({ "n": 2 }), Step::WaitHere);
    leads(custom(json!([c, a])), json!({ "n": 1 }), to("c"));
    leads(custom(json!([])), json!({}), Step::End);
    leads(custom(json!([{ "status": "ok", "to": "a" }])), json!({}), to("a"));
    leads(custom(json!([{ "status": "bad", "to": "a" }])), json!({}), Step::End);
    leads(custom(json!([{ "out": false }, c])), json!({}), to("c"));
    for end in [json!({ "out": true }), json!({ "reply": true }), json!({ "to": "out" })] {
        leads(custom(json!([end, c])), json!({}), Step::End);
        leads(custom(json!([a, end])), json!({ "n": 2 }), Step::End);
    }
}

#[test]
fn a_condition_sees_the_output_the_message_and_what_was_answered() {
    let holds = |condition: &str| {
        let routes = json!({ "Custom": [{ "condition": condition, "to": "a" }] });
        let payload =
            json!({ "state": "Open", "list": [{ "k.1": true }], "none": null, "entry": 1 });
        let entry = json!({ "text": "Hello", "metadata": { "button": "Buy" }, "n": 5,
            "input": { "text": "inner", "metadata": { "button": "old", "page": 2 } } });
        way(&routes, &payload, &entry).expect(condition) == to("a")
    };
    let true_ones = [
        "state == \"open\"",
        "state == 'OPEN'",
        "state == open",
        "state != \"closed\"",
        "list[0][\"k.1\"] == \"true\"",
        "entry.n == \"5\"",
        "in.n == \"5\"",
        "response.text == \"hello\"",
        "response.button == \"buy\"",
        "response.page == \"2\"",
        "gone == \"\"",
        "none == \"\"",
        "gone != \"x\"",
        "  state  ==  \"open\"  ",
    ];
    for condition in true_ones {
        assert!(holds(condition), "{condition}");
    }
    for condition in ["state == \"closed\"", "state != \"open\"", "gone == \"x\"", "list == \"\""] {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn what_is_no_condition_is_an_error() {
    for condition in ["", "state", "state = 1", "a b == \"1\"", "a[ == \"1\"", "a[x] == \"1\""] {
        let routes = json!({ "Custom": [{ "condition": condition, "to": "a" }] });
        let error = way(&routes, &json!({}), &json!({})).expect_err(condition);
        assert_eq!(error.code(), "condition-invalid", "{condition}");
    }
}

proptest! {
    #[test]
    fn no_routes_condition_or_output_makes_it_panic(
        routes in json_value(), payload in json_value(), entry in json_value(),
        condition in r#"[a-c.\["'\]0-9 =!é]{0,24}"#, status in ".{0,8}",
    ) {
        let output = Output { ok: true, payload: &payload, entry: &entry };
        let _ = choose(&Routing::Custom(routes), &output);
        let asked = json!([{ "status": status, "to": "b" }, { "condition": condition, "to": "a" }]);
        if let Ok(step) = choose(&Routing::Custom(asked), &output) {
            let expected = [to("a"), to("b"), Step::WaitHere];
            prop_assert!(expected.contains(&step), "{:?}", step);
        }
    }
}

//! Trying again.

use std::time::Duration;

use serde_json::json;

use super::made_up::{MadeUp, RETRY};
use crate::flow::RetryPolicy;
use crate::wasm::CallError;

fn failure(retryable: bool) -> CallError {
    let (code, message) = ("BUSY".to_owned(), "later".to_owned());
    CallError::Guest { code, message, retryable, backoff: None }
}

const NODE: &str = "  a:\n    echo: { n: 1 }\n    operation: op\n    routing: out\n";
const PROVIDER: &str = "  a:\n    provider.invoke: { provider_type: t, op: send, input: { n: 1 } }\n    routing: out\n";

fn calls(world: &MadeUp) -> usize {
    world.log().iter().filter(|line| *line != "effect").count()
}

#[test]
fn only_what_says_that_it_may_be_tried_again_is_and_only_so_often() {
    for node in [NODE, PROVIDER] {
        let world = MadeUp::main(node, &[]).failing([failure(true), failure(true)]);
        assert_eq!(world.answer(json!({})), json!({ "n": 1 }));
        assert_eq!(calls(&world), 3);
        assert_eq!(world.log().iter().filter(|line| *line == "effect").count(), 1);
        let world = MadeUp::main(node, &[]).failing([failure(true), failure(true), failure(true)]);
        assert_eq!(world.begin(json!({})).expect_err("it fails").code(), "component-error");
        assert_eq!(calls(&world), 3);
        for error in [failure(false), CallError::Trap { reason: "r".to_owned() }] {
            let world = MadeUp::main(node, &[]).failing([error]);
            world.begin(json!({})).expect_err("it fails");
            assert_eq!(calls(&world), 1);
        }
    }
}

#[test]
fn an_answer_that_says_no_is_a_failure_and_may_be_tried_again() {
    let answers = |answer: &str| {
        let node = format!("  a:\n    echo: {answer}\n    operation: op\n    routing: out\n");
        let world = MadeUp::main(&node, &[]);
        (world.begin(json!({})).is_ok(), calls(&world))
    };
    assert_eq!(answers("{ ok: false }"), (false, 1));
    assert_eq!(answers("{ ok: false, error: { retryable: true } }"), (false, 3));
    assert_eq!(answers("{ error: 'no' }"), (false, 1));
    assert_eq!(answers("{ error: 'no', result: 1 }"), (true, 1));
    assert_eq!(answers("{ error: null }"), (true, 1));
    assert_eq!(answers("{ ok: true }"), (true, 1));
    let node = "  a:\n    echo: { ok: false, error: { code: C, message: M } }\n    operation: op\n";
    let error = MadeUp::main(node, &[]).begin(json!({})).expect_err("no");
    let cause = std::error::Error::source(error.reason()).expect("a cause").to_string();
    assert!(cause.contains("`C`") && cause.ends_with('M'), "{cause}");
}

#[test]
fn pauses_double_within_their_bounds_and_a_component_may_ask_for_its_own() {
    let pause = |attempt, error: &CallError| RETRY.pause_after(attempt, error, "a");
    let first = pause(1, &failure(true)).expect("a pause");
    let second = pause(2, &failure(true)).expect("a pause");
    let at_least = |pause: Duration, millis: u64| {
        let (from, to) = (Duration::from_millis(millis), Duration::from_millis(millis * 5 / 4));
        assert!((from..=to).contains(&pause), "{pause:?}");
    };
    at_least(first, 100);
    at_least(second, 200);
    assert_eq!(pause(3, &failure(true)), None, "the last try");
    assert_eq!(pause(1, &failure(false)), None);
    let asks = |millis| CallError::Guest {
        code: String::new(),
        message: String::new(),
        retryable: true,
        backoff: Some(Duration::from_millis(millis)),
    };
    at_least(pause(1, &asks(400)).expect("a pause"), 400);
    assert_eq!(pause(1, &asks(3_600_000)), Some(Duration::from_secs(1)), "the longest");
    assert_eq!(pause(1, &asks(0)), Some(Duration::from_millis(50)), "the shortest");
    let never = RetryPolicy { max_attempts: 0, base_delay: Duration::MAX };
    assert_eq!(never.pause_after(1, &failure(true), "a"), None);
    let long = RetryPolicy { max_attempts: u32::MAX, base_delay: Duration::MAX };
    assert_eq!(long.pause_after(1_000_000, &failure(true), "a"), Some(Duration::from_secs(1)));
}

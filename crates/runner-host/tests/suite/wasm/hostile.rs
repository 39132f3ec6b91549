use std::time::Duration;

use greentic_runner_host::wasm::{CallError, EngineConfig, WasmEngine};
use serde_json::json;
use tokio::time::{Instant, timeout};

use super::{ENGINE, NODE, guest, guests, invocation, limits};

/// Each way to misbehave, and how it ends.
fn ways() -> Vec<(&'static str, CallError)> {
    let limits = limits();
    vec![
        ("loop", CallError::Deadline { limit: limits.deadline }),
        ("memory", CallError::Memory { limit: limits.memory }),
        ("recursion", CallError::Stack),
        ("output", CallError::TooMuchData { limit: limits.transfer }),
        ("trap", CallError::Trap { reason: "wasm `unreachable` instruction executed".to_owned() }),
    ]
}

async fn misbehave(way: &str) -> CallError {
    let began = Instant::now();
    let answer = NODE.invoke(guest("hostile"), &invocation(way, json!(1))).await;
    let error = answer.expect_err("it misbehaves");
    let time = began.elapsed();
    // The deadline, one tick, and what a busy machine needs to notice.
    assert!(time < limits().deadline + Duration::from_secs(2), "{way} took {time:?}");
    error
}

async fn each_way_ends_while_others_work() {
    let others = async {
        let mut calls = 0u32;
        loop {
            let answer = NODE.invoke(guest("good"), &invocation("echo", json!(calls))).await;
            assert_eq!(answer, Ok(json!(calls)), "the other tenant's call");
            calls += 1;
            tokio::task::yield_now().await;
        }
    };
    let hostile = async {
        let calls: Vec<_> = ways()
            .into_iter()
            .chain(ways())
            .map(|(way, expected)| {
                tokio::spawn(async move { assert_eq!(misbehave(way).await, expected, "{way}") })
            })
            .collect();
        for call in calls {
            call.await.expect("the expected error");
        }
    };
    tokio::select! {
        never = others => never,
        () = hostile => {}
    }
}

#[tokio::test]
async fn hostile_guests_end_in_their_error_while_others_work_on_one_thread() {
    each_way_ends_while_others_work().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_guests_end_in_their_error_while_others_work_on_two_threads() {
    each_way_ends_while_others_work().await;
}

#[tokio::test]
async fn a_guest_that_loops_lets_others_run_meanwhile_on_one_thread() {
    let config = EngineConfig { max_calls: 2, ..EngineConfig::default() };
    let engine = WasmEngine::new(&config).expect("an engine");
    let node = engine.load(&guests::node()).expect("a node");
    let looping = tokio::spawn({
        let node = node.clone();
        let mut long = guest("bad");
        long.limits.deadline = Duration::from_secs(5);
        async move { node.invoke(long, &invocation("loop", json!(1))).await }
    });
    while engine.free_turns() == 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(node.invoke(guest("good"), &invocation("echo", json!(1))).await, Ok(json!(1)));
    assert!(!looping.is_finished(), "the loop ran to its end first");
    looping.abort();
}

#[tokio::test]
async fn an_answer_that_is_none_is_a_bad_answer() {
    for way in ["pointer", "u: no text", "bytes"] {
        let error = NODE.invoke(guest("t"), &invocation(way, json!(1))).await.unwrap_err();
        assert!(matches!(error, CallError::BadAnswer { .. }), "{way}: {error:?}");
        assert!(error.to_string().len() < 1000);
    }
}

#[tokio::test]
async fn memory_that_a_component_starts_with_counts_too() {
    let mut tiny = guest("t");
    tiny.limits.memory = 64 * 1024;
    let error = NODE.invoke(tiny, &invocation("echo", json!(1))).await.unwrap_err();
    assert_eq!(error, CallError::Memory { limit: 64 * 1024 });
}

#[tokio::test]
async fn a_guest_cannot_have_more_memory_than_the_engine_gives_anybody() {
    let config = EngineConfig { max_calls: 2, max_memory: 1024 * 1024, ..EngineConfig::default() };
    let engine = WasmEngine::new(&config).expect("an engine");
    let node = engine.load(&guests::node()).expect("a node");
    let error = node.invoke(guest("t"), &invocation("memory", json!(1))).await.unwrap_err();
    assert!(matches!(error, CallError::Memory { .. }), "{error:?}");
}

#[tokio::test]
async fn calls_beyond_the_bound_wait_for_a_turn_and_then_say_busy() {
    let config = EngineConfig {
        max_calls: 2,
        max_wait: Duration::from_millis(50),
        ..EngineConfig::default()
    };
    let engine = WasmEngine::new(&config).expect("an engine");
    let node = engine.load(&guests::node()).expect("a node");
    let hold = async || {
        let mut long = guest("hostile");
        long.limits.deadline = Duration::from_millis(300);
        node.invoke(long, &invocation("loop", json!(1))).await
    };
    let others = async {
        while engine.free_turns() > 0 {
            tokio::task::yield_now().await;
        }
        let error = node.invoke(guest("good"), &invocation("echo", json!(1))).await.unwrap_err();
        assert!(matches!(error, CallError::Busy { .. }) && error.is_retryable(), "{error:?}");
    };
    let (one, two, ()) = tokio::join!(hold(), hold(), others);
    let deadline = CallError::Deadline { limit: Duration::from_millis(300) };
    assert_eq!((one, two), (Err(deadline.clone()), Err(deadline)));
    // Turns come back.
    assert_eq!(engine.free_turns(), 2);
    let waiting = (0..20).map(|n| {
        let node = node.clone();
        tokio::spawn(async move { node.invoke(guest("good"), &invocation("echo", json!(n))).await })
    });
    for (n, call) in waiting.collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(call.await.expect("a call"), Ok(json!(n)));
    }
}

#[tokio::test]
async fn a_tenant_that_takes_all_its_turns_takes_none_of_the_others() {
    let config = EngineConfig { max_calls: 4, max_calls_per_tenant: 2, ..EngineConfig::default() };
    let engine = WasmEngine::new(&config).expect("an engine");
    let node = engine.load(&guests::node()).expect("a node");
    let loops: Vec<_> = (0..8)
        .map(|_| {
            let node = node.clone();
            tokio::spawn(
                async move { node.invoke(guest("bad"), &invocation("loop", json!(1))).await },
            )
        })
        .collect();
    while engine.free_turns() > 2 {
        tokio::task::yield_now().await;
    }
    for n in 0..20 {
        assert_eq!(node.invoke(guest("good"), &invocation("echo", json!(n))).await, Ok(json!(n)));
        assert!(engine.free_turns() >= 2);
    }
    for end in loops {
        let end = end.await.expect("a call");
        assert!(matches!(end, Err(CallError::Deadline { .. } | CallError::Busy { .. })), "{end:?}");
    }
}

#[tokio::test]
async fn a_call_that_its_caller_drops_gives_its_turn_back() {
    let engine = WasmEngine::new(&EngineConfig { max_calls: 1, ..EngineConfig::default() });
    let engine = engine.expect("an engine");
    let node = engine.load(&guests::node()).expect("a node");
    for _ in 0..5 {
        let asked = invocation("loop", json!(1));
        let call = node.invoke(guest("t"), &asked);
        assert!(timeout(Duration::from_millis(30), call).await.is_err());
        assert_eq!(engine.free_turns(), 1);
    }
    assert_eq!(node.invoke(guest("t"), &invocation("echo", json!(1))).await, Ok(json!(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_leave_nothing_behind() {
    let call = async |n: u32| {
        NODE.invoke(guest("t"), &invocation("echo", json!(n))).await.expect("an answer");
    };
    call(0).await;
    let before = threads_and_files();
    for n in 0..1000 {
        call(n).await;
    }
    let after = threads_and_files();
    assert!(after.0 <= before.0 + 8 && after.1 <= before.1 + 16, "{before:?} → {after:?}");
    assert!(ENGINE.is_pooled());
}

/// Threads and open files of this process, where the system tells. Other tests run beside this one.
fn threads_and_files() -> (usize, usize) {
    let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
    (count("/proc/self/task"), count("/proc/self/fd"))
}

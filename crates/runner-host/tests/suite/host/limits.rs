//! A guest that misbehaves harms nobody else.

use std::sync::Arc;
use std::time::Duration;

use greentic_runner_host::{HostBuilder, HostConfig};

use super::lab::{Packs, Revision, SOON, Shared, TENANT, message};

const FLOW: &str = "id: main\ntype: messaging\nnodes:\n  run:\n    misbehaving: { n: 1 }\n    operation: OP\n    routing: out\n";

/// The tenant whose calls have so little time that a loop ends soon. Nobody else's do: on a machine
/// that is busy, a call may take as long.
const HURRIED: &str = "hurried";

fn tenant(name: &str, deadline: Duration) -> HostConfig {
    let mut config = HostConfig::new("local", name);
    config.limits.call.deadline = deadline;
    config.limits.call.memory = 32 * 1024 * 1024;
    config
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_a_memory_bomb_and_a_trap_end_in_time_while_other_calls_succeed() {
    let packs = Packs::new();
    let host = HostBuilder::new()
        .with_config(tenant(TENANT, SOON))
        .with_config(tenant(HURRIED, Duration::from_millis(500)));
    let host: Shared = Arc::new(host.build().expect("a host"));
    let good = Revision(100);
    good.load(&host, &packs.hello("v1")).await;
    let expected = [
        (HURRIED, "loop", "component-deadline"),
        (TENANT, "allocate", "component-memory"),
        (TENANT, "trap", "component-trap"),
    ];
    for (number, (tenant, operation, _)) in expected.iter().enumerate() {
        let flow = FLOW.replace("OP", operation);
        let pack = packs.with_flow(operation, &[("misbehaving", "")], &flow);
        Revision(number as u128 + 1).load_for(&host, tenant, &pack).await;
    }
    let bad = expected.into_iter().enumerate().map(|(number, (tenant, operation, code))| {
        let host = Arc::clone(&host);
        tokio::spawn(async move {
            let revision = Revision(number as u128 + 1);
            let call = revision.send_for(&host, tenant, message("mallory", "go"));
            let answer = tokio::time::timeout(SOON, call).await.expect("it ends in time");
            let error = answer.expect_err("it fails");
            assert_eq!(error.code(), code, "{operation}: {error:?}");
        })
    });
    let bad: Vec<_> = bad.collect();
    for turn in 0..50 {
        let said = good.say(&host, &format!("user-{turn}"), "hi").await;
        assert_eq!(said, ["Hello! What is your name?"]);
    }
    for call in bad {
        call.await.expect("as expected");
    }
}

//! Full load while versions are deployed and shares change: no request fails.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chat;
use super::server::Server;
use super::{hello, up_hello};
use crate::lab::Lab;

const CALLERS: u64 = 8;

#[test]
fn deploys_and_reweights_under_load_fail_no_request() {
    load(Duration::from_secs(3));
}

/// Prints what happened as JSON, for docs/reliability.md.
#[test]
#[ignore = "takes half a minute; `cargo xtask torture worker` runs it"]
fn thirty_seconds_of_load() {
    println!("{}", load(Duration::from_secs(30)));
}

fn load(span: Duration) -> Value {
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello());
    let (over, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let changes = thread::scope(|scope| {
        for caller in 0..CALLERS {
            let (url, over, answered) = (server.url(), &over, &answered);
            scope.spawn(move || call_until(url, caller, over, answered));
        }
        let changes = change_for(&lab, span);
        over.store(true, Ordering::Relaxed);
        changes
    });
    assert!(server.terminate().success());
    let requests = answered.load(Ordering::Relaxed);
    assert!(requests > 0 && changes.0 > 0 && changes.1 > 0, "{requests} {changes:?}");
    json!({
        "mode": "load", "seconds": span.as_secs(), "callers": CALLERS, "requests": requests, "failed": 0,
        "deploys": changes.0, "reweights": changes.1,
    })
}

/// Holds conversation after conversation; each is answered from its first word to its last by the version that it began with.
fn call_until(url: &str, caller: u64, over: &AtomicBool, answered: &AtomicU64) {
    let agent = chat::agent();
    let mut turn = 0_u64;
    while !over.load(Ordering::Relaxed) {
        turn += 1;
        let ask = |text: &str| {
            let (status, answer) = chat::invoke(&agent, url, &format!("{caller}-{turn}"), text);
            assert_eq!(status, 200, "{answer}");
            answered.fetch_add(1, Ordering::Relaxed);
            answer["messages"][0]["payload"]["text"].as_str().unwrap_or_default().to_owned()
        };
        let expected = match ask("Hello").as_str() {
            "Hello! What is your name?" => "Nice to meet you, Ada!",
            "Hi there! Whom do I talk to?" => "Ada, what a lovely name! (Version 2 says so.)",
            other => panic!("no version says {other:?}"),
        };
        assert_eq!(ask("Ada"), expected);
    }
}

/// Deploys the versions in turn, and shares the traffic in between; how many of each.
fn change_for(lab: &Lab, span: Duration) -> (u64, u64) {
    let begin = Instant::now();
    let (mut deploys, mut reweights) = (0, 0);
    while begin.elapsed() < span || deploys == 0 {
        deploys += 1;
        let version = 1 + deploys % 2;
        lab.ok(&format!("op deploy --bundle {} --idempotency-key load-{deploys}", hello(version)));
        for share in [10, 50, 90] {
            let rest = 100 - share;
            lab.ok(&format!(
                "op traffic set --deployment hello @previous={share}% @latest={rest}%"
            ));
            reweights += 1;
        }
    }
    (deploys, reweights)
}

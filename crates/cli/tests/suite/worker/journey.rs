//! What docs/getting-started.md tells, over the real program.

use serde_json::{Value, json};

use super::chat::{self, Chat};
use super::server::Server;
use super::{hello, up_hello};
use crate::lab::Lab;

const ASKS: [&str; 2] = ["Hello! What is your name?", "Hi there! Whom do I talk to?"];

#[test]
fn a_worker_goes_up_is_replaced_in_steps_rolled_back_and_is_still_there_after_a_restart() {
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello());
    let mut waiting = Chat::begin(server.url());
    assert_eq!(waiting.say("Hello"), ASKS[0]);

    // A second version beside the first.
    let first = lab.ok("op revisions list")["revisions"][0]["revision_id"].clone();
    let deployed = lab.ok(&format!("op deploy --bundle {}", hello(2)));
    let second = deployed["revision_id"].clone();
    assert_ne!(first, second);
    until_served(&server, &json!({ second.as_str().expect("an id"): 10_000 }));
    assert_eq!(Chat::begin(server.url()).say("Hello"), ASKS[1]);
    assert_eq!(waiting.say("Ada"), "Nice to meet you, Ada!");

    // Shares, a way back, and who waits stays.
    lab.ok("op traffic set --deployment hello @previous=90% @latest=10%");
    until_served(&server, &json!({ text(&first): 9_000, text(&second): 1_000 }));
    let shares = new_callers(&server, 200);
    assert!((150..200).contains(&shares[0]), "{shares:?}");
    let mut parked = conversation_on(&server, 1);
    lab.ok("op traffic rollback --deployment hello");
    until_served(&server, &json!({ text(&second): 10_000 }));
    assert_eq!(new_callers(&server, 10), [0, 10]);
    lab.ok("op traffic set --deployment hello @previous=100%");
    until_served(&server, &json!({ text(&first): 10_000 }));
    assert_eq!(parked.say("Ada"), "Ada, what a lovely name! (Version 2 says so.)");

    // The end of the second version.
    lab.ok("op revisions drain @latest");
    until(&server, |status| revisions(status).iter().all(|one| one["revision_id"] != second));
    lab.ok(&format!("op revisions archive {}", text(&second)));

    // A restart.
    let before = lab.ok("op env show")["environment"].clone();
    let history = lab.ok("op env history");
    assert!(server.terminate().success());
    let server = Server::start(&lab, "serve --listen 127.0.0.1:0");
    assert_eq!(lab.ok("op env show")["environment"], before);
    assert_eq!(lab.ok("op env history"), history);
    assert_eq!(new_callers(&server, 5), [5, 0]);
    assert!(server.terminate().success());
}

fn text(id: &Value) -> &str {
    id.as_str().expect("an id")
}

/// What the gateway says of itself.
fn status(server: &Server) -> Value {
    let answer = chat::agent().get(format!("{}/status", server.url())).call().expect("an answer");
    chat::read(answer).1
}

/// Waits until the gateway's status is as it should be.
fn until(server: &Server, holds: impl Fn(&Value) -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    loop {
        let status = status(server);
        if holds(&status) {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "{status:#}");
        std::thread::yield_now();
    }
}

/// Waits until the gateway serves exactly these shares.
fn until_served(server: &Server, shares: &Value) {
    until(server, |status| {
        let served = revisions(status).into_iter().filter(|one| one["share_bps"] != 0);
        let served =
            served.map(|one| (text(&one["revision_id"]).to_owned(), one["share_bps"].clone()));
        Value::Object(served.collect()) == *shares
    });
}

/// What the gateway says of each revision that it knows.
fn revisions(status: &Value) -> Vec<Value> {
    status["deployments"][0]["revisions"].as_array().cloned().unwrap_or_default()
}

/// How many of so many new callers each version greets.
fn new_callers(server: &Server, count: usize) -> [usize; 2] {
    let mut greeted = [0, 0];
    for _ in 0..count {
        let said = Chat::begin(server.url()).say("Hello");
        let version =
            ASKS.iter().position(|asks| *asks == said).unwrap_or_else(|| panic!("{said}"));
        greeted[version] += 1;
    }
    greeted
}

/// A conversation that waits on a version.
fn conversation_on(server: &Server, version: usize) -> Chat {
    for _ in 0..1_000 {
        let mut chat = Chat::begin(server.url());
        if chat.say("Hello") == ASKS[version] {
            return chat;
        }
    }
    panic!("nobody is greeted by version {}", version + 1);
}

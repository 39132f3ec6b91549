//! `gtc op deploy` and `gtc serve`, killed with SIGKILL at random moments: the next command works, and nothing is there twice.

use std::collections::BTreeSet;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chat::{self, Chat};
use super::server::{Server, quiet};
use super::{hello, up_hello};
use crate::lab::Lab;

/// Numbers that are different each time and the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

#[test]
fn a_deploy_that_is_killed_is_finished_by_the_next_one_and_nothing_is_there_twice() {
    deploys(5);
}

#[test]
fn a_server_that_is_killed_leaves_nothing_that_hurts_the_next_one() {
    servers(3);
}

/// Prints what happened as JSON, for docs/reliability.md.
#[test]
#[ignore = "takes minutes; `cargo xtask torture worker` runs it"]
fn two_hundred_kills() {
    let begin = Instant::now();
    let deploys = deploys(150);
    let servers = servers(50);
    let seconds = begin.elapsed().as_secs();
    println!(
        "{}",
        json!({ "mode": "worker", "deploys": deploys, "servers": servers, "seconds": seconds })
    );
}

/// Deploys versions in turn; each deploy is killed until one comes to its end.
fn deploys(kills: u64) -> Value {
    let lab = Lab::initialised();
    lab.ok("op trust-root bootstrap");
    let begin = Instant::now();
    lab.ok(&format!("op deploy --bundle {}", hello(1)));
    let whole = begin.elapsed();
    let (mut dice, mut killed, mut ended, mut round) = (Dice(7), 0, 0, 0);
    while killed < kills {
        round += 1;
        let line =
            format!("op deploy --bundle {} --idempotency-key round-{round}", hello(1 + round % 2));
        // The same request is sent until it is answered.
        for _ in 0..3 {
            let mut program = lab.program();
            program.args(line.split_whitespace());
            let mut child = quiet(program);
            let wait = Duration::from_micros(dice.below(whole.as_micros().max(1) as u64));
            thread::sleep(wait);
            match child.try_wait().expect("it was started") {
                Some(_) => ended += 1,
                None => {
                    child.kill().expect("it runs");
                    killed += 1;
                }
            }
            child.wait().expect("it ends");
        }
        let done = lab.ok(&line);
        check_deploy(&lab, round, &done);
    }
    json!({ "killed": killed, "ended_before": ended, "rounds": round })
}

/// One deployment, one revision for each round, one folder for each revision, and all traffic on the last one.
fn check_deploy(lab: &Lab, round: u64, done: &Value) {
    let environment = lab.ok("op env show")["environment"].clone();
    let bundles = environment["bundles"].as_array().expect("bundles");
    assert_eq!(bundles.len(), 1, "{environment}");
    let revisions = environment["revisions"].as_array().expect("revisions");
    assert_eq!(revisions.len() as u64, round + 1, "{environment}");
    let split = &environment["traffic_splits"][0]["entries"];
    assert_eq!(
        split,
        &json!([{ "revision_id": done["revision_id"], "weight_bps": 10_000 }]),
        "{environment}"
    );
    let ids: BTreeSet<_> = revisions
        .iter()
        .map(|one| one["revision_id"].as_str().expect("an id").to_owned())
        .collect();
    let folder = lab.environments().join("local/revisions");
    let folders: BTreeSet<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    assert!(ids.is_subset(&folders), "{ids:?} {folders:?}");
    let left: Vec<_> = folders.difference(&ids).collect();
    assert!(left.len() <= 1, "more left than the lock of the folder: {left:?}");
}

/// Starts a server, kills it at some moment, and starts it again in the same place.
fn servers(kills: u64) -> Value {
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello());
    let address = server.url().trim_start_matches("http://").to_owned();
    server.kill();
    let mut dice = Dice(11);
    let (mut while_starting, mut while_serving) = (0, 0);
    for _ in 0..kills {
        if dice.below(2) == 0 {
            let mut program = lab.program();
            program.args(["serve", "--listen", &address]);
            let mut child = quiet(program);
            thread::sleep(Duration::from_millis(dice.below(400)));
            child.kill().expect("it runs");
            child.wait().expect("it ends");
            while_starting += 1;
        } else {
            // Somebody is in the middle of a conversation.
            let server = Server::start(&lab, &format!("serve --listen {address}"));
            let mut chat = Chat::begin(server.url());
            assert_eq!(chat.say("Hello"), "Hello! What is your name?");
            server.kill();
            while_serving += 1;
        }
    }
    // The very same address and socket are free again, and it answers.
    let server = Server::start(&lab, &format!("serve --listen {address}"));
    let (status, answer) = chat::invoke(&chat::agent(), server.url(), "after", "Hello");
    assert_eq!(status, 200, "{answer}");
    assert!(server.terminate().success());
    json!({ "killed_while_starting": while_starting, "killed_while_serving": while_serving })
}

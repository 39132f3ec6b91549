//! `gtc up` and `gtc serve`: from a folder to an answer, and to an end without an error.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::calls::{deployed, with_pack_folder};
use crate::lab::Lab;

/// A gateway in the foreground of its process. It is killed when a test fails.
struct Serving {
    child: Child,
    result: Value,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Serving {
    /// Starts one and waits until it says that it serves.
    fn start(lab: &Lab, line: &str) -> Self {
        let mut program = lab.program();
        program.args(line.split_whitespace()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("it starts");
        let mut told = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut told).expect("text");
        let mut why = String::new();
        if told.is_empty() {
            let mut stderr = child.stderr.take().expect("a pipe");
            stderr.read_to_string(&mut why).expect("text");
        }
        assert!(!told.is_empty(), "gtc {line} ends with: {why}");
        let envelope: Value = serde_json::from_str(&told).expect("an envelope");
        Self { child, result: envelope["result"].clone() }
    }

    fn address(&self) -> String {
        self.result["listen_addr"].as_str().expect("an address").to_owned()
    }

    /// One request, as text, and the body of the answer.
    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(self.address()).expect("it listens");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer");
        serde_json::from_str(body).unwrap_or_default()
    }

    fn greeted(&self) -> String {
        let body = json!({ "worker_id": "ai.example.worker", "session_id": "s", "payload": {"text": "x"} });
        self.ask("POST", "/workers/invoke", &body.to_string()).to_string()
    }

    /// Asks it to end, and tells how it did.
    fn end(mut self, signal: rustix::process::Signal) -> Option<i32> {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("it runs");
        self.child.wait().expect("it ends").code()
    }
}

const UP: &str = "up worker --listen 127.0.0.1:0";

fn generation(lab: &Lab) -> Value {
    lab.ok("op env show")["generation"].clone()
}

#[test]
fn up_makes_the_environment_deploys_serves_and_ends_with_0() {
    let lab = with_pack_folder();
    std::fs::remove_dir_all(lab.environments()).expect("a folder");
    let serving = Serving::start(&lab, UP);
    assert_eq!(serving.result["bundle_id"], "ai.example.worker");
    assert_eq!(serving.result["not_served"], json!([]));
    assert_eq!(serving.ask("GET", "/readyz", "")["ready"], true);
    assert!(serving.greeted().contains("Hello"), "{}", serving.greeted());
    assert_eq!(serving.end(rustix::process::Signal::TERM), Some(0));
    let again = Serving::start(&lab, "serve --listen 127.0.0.1:0");
    assert!(again.greeted().contains("Hello"));
    assert_eq!(again.end(rustix::process::Signal::INT), Some(0));
}

#[test]
fn a_second_up_of_the_same_changes_nothing() {
    let lab = with_pack_folder();
    assert_eq!(Serving::start(&lab, UP).end(rustix::process::Signal::TERM), Some(0));
    let before = generation(&lab);
    assert_eq!(Serving::start(&lab, UP).end(rustix::process::Signal::TERM), Some(0));
    assert_eq!(generation(&lab), before);
}

#[test]
fn a_gateway_serves_what_another_terminal_deploys_and_is_not_started_twice() {
    let lab = with_pack_folder();
    let serving = Serving::start(&lab, UP);
    let refused = lab.fails(UP);
    assert_eq!(
        (refused["kind"].as_str(), refused["code"].as_str()),
        (Some("conflict"), Some("gateway-running"))
    );
    assert!(
        refused["message"].as_str().is_some_and(|text| text.contains(&serving.address())),
        "{refused}"
    );
    assert!(
        refused["hint"].as_str().is_some_and(|text| text.contains("gtc op deploy")),
        "{refused}"
    );
    let flow = "id: main\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Changed}\n";
    lab.write("worker/flows/main.ygtc", flow);
    lab.ok("op deploy worker");
    let wanted = generation(&lab);
    while serving.ask("GET", "/readyz", "")["generation"] != wanted {
        std::thread::yield_now();
    }
    assert!(serving.greeted().contains("Changed"), "{}", serving.greeted());
}

#[test]
fn a_port_that_is_taken_is_told_before_anything_is_deployed() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let lab = with_pack_folder();
    let before = generation(&lab);
    let error = lab.fails(&format!("up worker --listen {address}"));
    assert_eq!(error["code"], "cannot-listen");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--listen 127.0.0.1:0")));
    assert_eq!(generation(&lab), before);
    assert_eq!(deployed().fails(&format!("serve --listen {address}"))["code"], "cannot-listen");
}

#[test]
fn what_cannot_be_deployed_is_not_served_and_leaves_the_environment_as_it_was() {
    let lab = with_pack_folder();
    lab.write("text.gtbundle", "no bundle");
    let before = generation(&lab);
    assert_eq!(lab.fails("up missing --listen 127.0.0.1:0")["code"], "pack-io");
    assert_eq!(lab.fails("up text.gtbundle --listen 127.0.0.1:0")["code"], "pack-not-an-archive");
    assert_eq!(lab.fails("up --listen 127.0.0.1:0")["code"], "argument-missing");
    assert_eq!(generation(&lab), before);
    assert_eq!(lab.fails("serve nope --listen 127.0.0.1:0")["code"], "environment-not-found");
}

#[test]
fn a_dry_run_of_up_says_what_it_would_make_and_makes_nothing() {
    let lab = with_pack_folder();
    std::fs::remove_dir_all(lab.home().join(".greentic")).expect("a folder");
    let result = lab.ok("up worker --dry-run");
    let changes = result["changes"].to_string();
    assert!(changes.contains("/traffic_splits/0") && changes.contains("trust-root"), "{changes}");
    assert!(!lab.home().join(".greentic").exists());
}

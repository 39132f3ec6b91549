//! `gtc up` and `gtc serve`: from a folder to an answer, and to an end without an error.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::calls::{deployed, with_pack_folder};
use crate::lab::Lab;
use crate::worker::chat;
use crate::worker::server::Server;

fn readiness(server: &Server) -> Value {
    let answer = chat::agent().get(format!("{}/readyz", server.url())).call().expect("an answer");
    chat::read(answer).1
}

fn greeted(server: &Server) -> String {
    let body =
        json!({ "worker_id": "ai.example.worker", "session_id": "s", "payload": {"text": "x"} });
    let url = format!("{}/workers/invoke", server.url());
    chat::read(chat::agent().post(url).send_json(body).expect("an answer")).1.to_string()
}

const UP: &str = "up worker --listen 127.0.0.1:0";

fn generation(lab: &Lab) -> Value {
    lab.ok("op env show")["generation"].clone()
}

#[test]
fn up_makes_the_environment_deploys_serves_and_ends_with_0() {
    let lab = with_pack_folder();
    std::fs::remove_dir_all(lab.environments()).expect("a folder");
    let serving = Server::start(&lab, UP);
    assert_eq!(serving.result()["bundle_id"], "ai.example.worker");
    assert_eq!(serving.result()["not_served"], json!([]));
    assert_eq!(readiness(&serving)["ready"], true);
    assert!(greeted(&serving).contains("Hello"), "{}", greeted(&serving));
    assert_eq!(serving.signal(Signal::TERM).code(), Some(0));
    let again = Server::start(&lab, "serve --listen 127.0.0.1:0");
    assert!(greeted(&again).contains("Hello"));
    assert_eq!(again.signal(Signal::INT).code(), Some(0));
}

#[test]
fn a_second_up_of_the_same_changes_nothing() {
    let lab = with_pack_folder();
    assert_eq!(Server::start(&lab, UP).terminate().code(), Some(0));
    let before = generation(&lab);
    assert_eq!(Server::start(&lab, UP).terminate().code(), Some(0));
    assert_eq!(generation(&lab), before);
}

#[test]
fn a_gateway_serves_what_another_terminal_deploys_and_is_not_started_twice() {
    let lab = with_pack_folder();
    let serving = Server::start(&lab, UP);
    for second in [UP, "serve --listen 127.0.0.1:0"] {
        let refused = lab.fails(second);
        assert_eq!(
            (refused["kind"].as_str(), refused["code"].as_str()),
            (Some("conflict"), Some("gateway-running"))
        );
        let process = format!("process {}", serving.pid().as_raw_nonzero());
        for (key, part) in [
            ("message", process.as_str()),
            ("message", serving.url()),
            ("hint", "gtc op deploy"),
            ("hint", "kill"),
        ] {
            assert!(refused[key].as_str().is_some_and(|text| text.contains(part)), "{refused}");
        }
    }
    deploy_changed(&lab);
    until_served(&serving, &lab);
    assert!(greeted(&serving).contains("Changed"), "{}", greeted(&serving));
}

#[test]
fn the_second_of_two_that_begin_to_serve_is_refused_before_it_changes_anything() {
    let lab = with_pack_folder();
    let mut lock =
        File::create(lab.environments().join("local/gateway.sock.lock")).expect("a file");
    lock.lock().expect("the lock");
    writeln!(lock, "4711").expect("written");
    let before = generation(&lab);
    let refused = lab.fails(UP);
    assert_eq!(refused["code"], "gateway-running", "{refused}");
    assert!(refused["message"].to_string().contains("process 4711"), "{refused}");
    assert_eq!(generation(&lab), before);
    drop(lock);
    assert_eq!(Server::start(&lab, UP).terminate().code(), Some(0));
}

/// Deploys a worker that says something else.
fn deploy_changed(lab: &Lab) {
    let flow = "id: main\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Changed}\n";
    lab.write("worker/flows/main.ygtc", flow);
    lab.ok("op deploy worker");
}

fn until_served(server: &Server, lab: &Lab) {
    let wanted = generation(lab);
    while readiness(server)["generation"] != wanted {
        std::thread::yield_now();
    }
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

#[test]
fn a_relative_store_root_is_one_like_any_other() {
    let lab = with_pack_folder();
    let serving = Server::start(&lab, &format!("--store-root here {UP}"));
    assert!(greeted(&serving).contains("Hello"));
    assert!(lab.home().join("here/local/journal.db").exists());
}

#[test]
fn what_goes_wrong_while_it_serves_is_on_stderr_unless_told_otherwise() {
    let lab = without_files();
    let said = Server::start(&lab, "serve --listen 127.0.0.1:0").said();
    assert!(said.contains("WARN") && said.contains("revision-file-missing"), "{said}");
    let said = Server::start(&lab, "serve --listen 127.0.0.1:0 --log error").said();
    assert!(!said.contains("WARN"), "{said}");
}

#[test]
fn what_cannot_be_served_is_told_with_its_bundle_its_revision_the_file_and_what_helps() {
    let lab = without_files();
    let revision = lab.ok("op revisions list")["revisions"][0]["revision_id"].clone();
    let serving = Server::start(&lab, "serve --listen 127.0.0.1:0");
    let told = serving.result()["not_served"].to_string();
    let revision = revision.as_str().expect("an id");
    for part in ["`ai.example.worker`", revision, "pack-list.lock", "gtc op deploy"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!readiness(&serving).to_string().contains("pack-list"), "callers are not told");
}

/// How many connections a gateway has open, as the socket of its administration tells.
fn connections(lab: &Lab) -> u64 {
    let socket = lab.environments().join("local/gateway.sock");
    let mut stream = UnixStream::connect(socket).expect("the socket");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a patience");
    let ask = b"GET /metrics HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n\r\n";
    stream.write_all(ask).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("there are files left to answer with");
    let figure = |line: &str| line.strip_prefix("greentic_gateway_connections ")?.parse().ok();
    answer.lines().find_map(figure).expect("the figure")
}

#[test]
fn clients_that_only_connect_leave_files_for_everything_else() {
    let lab = with_pack_folder();
    let serving = Server::with_open_files(&lab, 96, UP);
    let address = serving.url().trim_start_matches("http://");
    let idle: Vec<_> = (0..96).map(|_| TcpStream::connect(address)).collect();
    // Those that have room, and the one that asks.
    while connections(&lab) < 33 {}
    deploy_changed(&lab);
    drop(idle);
    until_served(&serving, &lab);
    assert!(greeted(&serving).contains("Changed"), "{}", greeted(&serving));
}

/// An environment whose revision has lost its files.
fn without_files() -> Lab {
    let lab = deployed();
    std::fs::remove_dir_all(lab.environments().join("local/revisions")).expect("a folder");
    lab
}

//! The published Direct Line client talks to a worker.

use std::path::Path;
use std::process::Command;

use super::chat;
use super::server::Server;
use super::up_hello;
use crate::lab::Lab;

#[test]
fn the_published_direct_line_client_holds_a_conversation() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/directline");
    if !folder.join("node_modules/botframework-directlinejs").is_dir() {
        greentic_testkit::skip(
            "the client is not installed; `npm ci --ignore-scripts --prefix crates/cli/tests/directline` does it",
        );
        return;
    }
    let lab = Lab::new();
    let server = Server::start(&lab, &up_hello());
    let base = chat::direct_line(server.url());
    let token = chat::token(&chat::agent(), &base)["token"].as_str().expect("a token").to_owned();
    let output = Command::new("node")
        .arg(folder.join("converse.cjs"))
        .args([base.as_str(), &token, "Hello", "Ada"])
        .output()
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaint}");
    assert_eq!(said, "\"Hello! What is your name?\"\n\"Nice to meet you, Ada!\"\n");
}

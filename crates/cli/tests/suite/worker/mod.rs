//! Workers behind the real program: served, talked to, replaced, killed.

mod browser;
mod chat;
mod directline;
mod journey;
mod kills;
mod load;
mod server;
mod webdriver;

use std::path::Path;

/// The folder of the example worker in this version.
fn hello(version: u64) -> String {
    let name = if version == 1 { "hello" } else { "hello-v2" };
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    examples.join(name).display().to_string()
}

/// Serves the example worker on any port that is free.
fn up_hello() -> String {
    format!("up {} --listen 127.0.0.1:0", hello(1))
}

/// Says that a test shows nothing on this machine.
#[expect(
    clippy::print_stderr,
    reason = "a test that is skipped must not look like one that passed"
)]
fn skip(reason: &str) {
    eprintln!("SKIPPED: {reason}");
}

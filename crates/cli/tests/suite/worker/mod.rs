//! Workers behind the real program: served, talked to, replaced, killed.

#![expect(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stdout,
    reason = "these tests time what other processes do, and long ones print their figures"
)]

mod browser;
pub(crate) mod chat;
mod directline;
mod journey;
mod kills;
mod load;
mod published;
pub(crate) mod server;
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

//! What must hold of a gateway, over HTTP.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]

mod addresses;
mod admin;
mod drains;
mod explains;
mod follows;
mod lab;
mod limits;
mod odd;
mod probe;
mod revisions;
mod slow;
mod webchat;

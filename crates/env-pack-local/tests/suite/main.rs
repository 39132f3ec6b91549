//! What must hold of the env-packs of this machine, over real folders.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
#![expect(clippy::unwrap_used, reason = "a test states what it expects by failing")]

mod conformance;
mod credentials;
mod deployer;
mod dev_store;
mod handlers;
mod lab;

//! What must hold of the deployer's helpers, and of the bench that judges deployers.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
#![expect(clippy::unwrap_used, reason = "a test states what it expects by failing")]

mod conformance;
mod errors;
mod fixture;
mod preconditions;

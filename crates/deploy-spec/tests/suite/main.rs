//! The integration tests of the crate, in one binary.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod engine;
mod lab;
mod routing;

//! The integration tests of the crate, in one binary.

mod engine;
mod lab;
mod routing;

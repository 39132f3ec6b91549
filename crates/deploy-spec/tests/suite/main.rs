//! The integration tests of the crate, in one binary.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod arbitrary;
mod causes;
mod contract;
mod documents;
mod dsse;
mod engine;
mod engine_pure;
mod golden;
mod lab;
mod model;
mod parsers;
mod remote;
mod routing;
mod samples;
mod schemas;
mod unknown_keys;
mod world;

//! The conformance suite, against the stores of this crate and against stores that lie.

#![expect(clippy::result_large_err, reason = "lies answer as stores do, with the store's error")]

mod lies;
mod passes;
mod runner;
mod subjects;

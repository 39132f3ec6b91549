//! The conformance suite, against the stores of this crate and against stores that lie.

mod lies;
mod passes;
mod runner;
mod subjects;

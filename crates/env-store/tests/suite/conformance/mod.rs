//! The conformance suite, against the stores of this crate and against stores that lie.

mod passes;
mod subjects;

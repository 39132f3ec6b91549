//! What must hold of every bench: how its clauses are chosen and run, and what it reports.

#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]

mod contract;
mod report;
mod run;
mod suite;
mod threads;

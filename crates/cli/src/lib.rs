//! `gtc`, the command line of Greentic digital workers.
//!
//! The only crate that names every backend (`compose`), reads the process environment (`config`) and
//! writes to the terminal (`output`). It has no rules: verbs ask the store and `greentic_operations`
//! and show what those answer. A result is a value with two views, JSON for programs and a table for
//! people; a verb cannot have one without the other.
//!
//! A program of one's own with further env-packs has the same verbs: see [`run`].

mod answers;
mod args;
mod compose;
mod config;
mod error;
mod extension;
mod output;
mod run;
mod session;
mod verbs;

pub use config::Config;
pub use extension::Extension;
pub use run::{command, main, run};

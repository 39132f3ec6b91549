//! What must hold of the operations.

#![expect(
    clippy::disallowed_methods,
    reason = "tests are a program: they build the runtime that operations run on"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on says why")]

mod deploy;
mod doctor;
mod fake;
mod gate;
mod hostile;
mod lab;
mod local_environment;
mod names;
mod rehearsed;
mod resume;
mod verbs;

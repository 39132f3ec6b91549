//! How environments are changed.

mod answers;
mod decorators;
mod request;
mod verbs;

pub use decorators::{ActingAs, Expecting, MutationsExt, WithKey};
pub use request::{Committed, Request, Warning};
pub use verbs::EnvironmentMutations;

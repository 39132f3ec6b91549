//! One turn of a conversation: from a message to the answer.

mod envelope;
mod error;
mod parking;
mod queue;

pub(crate) use envelope::{Address, Envelope};
pub use error::TurnError;
pub(crate) use parking::{Parking, Resumed};
pub use queue::{HeldTurn, TurnQueue};

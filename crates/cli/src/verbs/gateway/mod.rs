//! `gtc up` and `gtc serve`: workers answer.

mod ready;
mod running;
mod serve;
mod up;

pub(crate) use running::{is_running, waiting_in};
pub(crate) use serve::Serve;
pub(crate) use up::Up;

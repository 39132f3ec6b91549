//! Which deployment serves a host and path.

mod address;
mod explain;
mod find;
mod host;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use address::{Address, segment};
pub use explain::{RouteCandidate, RouteExplanation, explain};
pub(crate) use find::{Directory, Found, Named};
pub(crate) use host::is_loopback;
pub use table::{Ambiguity, RouteTable};

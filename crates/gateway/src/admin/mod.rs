//! Administration: HTTP over a socket in the environment's folder, for whoever may open it.

mod answer;
mod claim;
mod socket;

pub(crate) use answer::answer;
pub use claim::Claim;
pub(crate) use socket::Bound;
pub use socket::{AdminSocket, SOCKET_NAME, SocketError};

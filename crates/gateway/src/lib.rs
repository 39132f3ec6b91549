//! Serves a Greentic environment over HTTP: follows it, and brings every caller to the right revision.
//!
//! * [`Gateway`] follows an environment of any store and answers until it is told to stop.
//! * [`explain`] says why a request goes where it goes, without a gateway.
//! * [`RunnerProbe`] loads a revision as a gateway would, to show that it can be served.
//!
//! What changes in an environment is served a moment later: a revision is loaded beside those that
//! run, a changed split swaps a table, and a revision that cannot be loaded is quarantined while the
//! rest serves. docs/gateway.md has the addresses and the rules.

mod activation;
mod admin;
mod conversations;
mod drain;
mod error;
mod gate;
mod gateway;
mod http;
mod limits;
mod metrics;
mod probe;
mod readiness;
mod routes;
mod serving;
mod to_its_end;
mod tokens;
mod turns;

pub use admin::{AdminSocket, Claim, SOCKET_NAME, SocketError};
pub use error::GatewayError;
pub use gateway::{Gateway, GatewayBuilder, GatewayStore, Summary};
pub use limits::Limits;
pub use probe::RunnerProbe;
pub use readiness::{Readiness, Unready};
pub use routes::{Ambiguity, RouteCandidate, RouteExplanation, RouteTable, explain};
pub use tokens::SigningKeyError;

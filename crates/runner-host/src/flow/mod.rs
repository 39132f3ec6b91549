//! Runs flows: one node after the other, until the flow answers or waits.

mod card;
mod context;
mod control;
mod engine;
mod error;
mod mapping;
mod nodes;
mod retry;
mod route;
mod size;
mod state;
mod template;
mod templates;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
mod tests;
mod world;

pub(crate) use engine::{Engine, FlowLimits, Outcome};
pub use error::{FlowError, MappingProblem};
pub(crate) use retry::RetryPolicy;
pub use state::FlowSnapshot;
pub(crate) use templates::Templates;
pub(crate) use world::{Place, ProviderCall, World};

//! What serves a tenant: its packs with everything that they need at hand.

mod active;
mod error;
mod flows;
mod health;
mod identify;
mod names;
mod providers;
mod tenant;
mod turns;
mod world;

pub use active::{ActivePacks, RuntimeKey};
pub use error::RuntimeError;
pub use flows::NoFlow;
pub use health::ProviderHealthAnswer;
pub use tenant::{RevisionSource, Rollout, RuntimePorts, TenantRuntime};

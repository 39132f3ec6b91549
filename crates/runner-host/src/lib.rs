//! Runs Greentic workers.
//!
//! A [`RunnerHost`] holds the packs of any number of tenants and revisions at a time. A message, an
//! [`Activity`], goes to a flow of one of them; the flow runs components, answers, and may wait for
//! the next message of the conversation. What waits stays on the revision that it began on.
//!
//! * [`HostBuilder`] makes a host; [`HostConfig`] says how a tenant's workers run.
//! * [`RunnerHost::handle_activity_for_revision`] answers a message with one revision.
//! * [`ActivePacks`] is what serves; it is swapped while messages are answered.
//! * [`wasm`] is the layer below: components, and what they may do.

mod activity;
pub mod config;
mod flow;
mod host;
mod pack;
mod provider;
mod runtime;
mod turn;
pub mod wasm;

pub use activity::{Activity, ActivityKind, WelcomeFlowHint};
pub use config::{ConfigError, HostConfig};
pub use flow::{FlowError, FlowSnapshot, MappingProblem};
pub use host::{HostBuilder, HostError, LoadRevision, RunnerHost, TenantHandle};
pub use pack::{FlowDescriptor, PackLoadError, PackMetadata, PackRuntime, PackSource};
pub use provider::{IdentifyInstanceHint, IdentifyOutcome, IdentifySource, ProviderError};
pub use runtime::{
    ActivePacks, NoFlow, ProviderHealthAnswer, RevisionSource, Rollout, RuntimeError, RuntimeKey,
    RuntimePorts, TenantRuntime,
};
pub use turn::{HeldTurn, TurnError, TurnQueue};
pub use wasm::{PreopenSpec, RunnerWasiPolicy};

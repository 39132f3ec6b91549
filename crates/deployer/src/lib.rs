//! The contract of a deployer: what makes a provider (this machine, a cluster) agree with what an
//! environment records, and the bench that shows whether one keeps it.
//!
//! A crate of its own because authors of deployers need it and nothing else: no provider's SDK, no
//! store, no command line.
//!
//! A [`Deployer`] has provider effects only. Whether a change is legal is judged by the engine of
//! `greentic-deploy-spec` before a verb is called; a verb checks what [`require_revision`] and
//! [`enforce_split_invariants`] check, before it calls the provider, and no more.
//!
//! ```
//! use async_trait::async_trait;
//! use greentic_deploy_spec::{DeploymentId, Environment, RevisionId};
//! use greentic_deployer::{
//!     ArchiveOutcome, Deployer, DeployerError, DrainOutcome, StageOutcome, TrafficSplitOutcome,
//!     WarmOutcome, conformance, enforce_split_invariants, require_revision,
//! };
//! use serde_json::Value;
//!
//! /// Needs nothing of its provider.
//! #[derive(Debug)]
//! struct Nothing;
//!
//! #[async_trait]
//! impl Deployer for Nothing {
//!     async fn stage_revision(&self, env: &Environment, id: RevisionId) -> Result<StageOutcome, DeployerError> {
//!         require_revision(env, id).map(|_| StageOutcome::default())
//!     }
//!     async fn warm_revision(&self, env: &Environment, id: RevisionId, _: Option<&Value>) -> Result<WarmOutcome, DeployerError> {
//!         require_revision(env, id).map(|_| WarmOutcome::default())
//!     }
//!     async fn drain_revision(&self, env: &Environment, id: RevisionId) -> Result<DrainOutcome, DeployerError> {
//!         require_revision(env, id).map(|_| DrainOutcome::default())
//!     }
//!     async fn archive_revision(&self, env: &Environment, id: RevisionId, _: Option<&Value>) -> Result<ArchiveOutcome, DeployerError> {
//!         require_revision(env, id).map(|_| ArchiveOutcome::default())
//!     }
//!     async fn apply_traffic_split(&self, env: &Environment, id: DeploymentId, _: Option<&Value>) -> Result<TrafficSplitOutcome, DeployerError> {
//!         enforce_split_invariants(env, id)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), conformance::ConformanceFailure> {
//! conformance::run_conformance(&Nothing).await
//! # }
//! ```

mod capabilities;
pub mod conformance;
mod deployer;
mod effects;
mod error;
mod preconditions;
mod render;

pub use capabilities::{Capabilities, Capability};
pub use deployer::{
    ArchiveOutcome, Deployer, DrainOutcome, StageOutcome, TrafficSplitOutcome, WarmOutcome,
};
pub use effects::{
    Action, Change, Condition, DestroyOutcome, Fence, Observation, ObservedObject, Owner, Plan,
    ReconcileOutcome,
};
pub use error::DeployerError;
pub use preconditions::{enforce_split_invariants, require_revision};
pub use render::{ManifestRenderer, RenderError};

//! Shows whether a deployer keeps the contract: clauses with stable ids, run one by one, and a
//! report that says of every one whether it holds.
//!
//! Whoever writes a deployer runs the bench in its own tests. A [`Subject`] makes fresh providers;
//! what a [`Provider`] tells beyond its deployer (its state, faults that it can be given) makes more
//! clauses speak. A clause that would need what the provider does not tell is `not-run`, and one about
//! what the deployer does not say that it can is `skipped`; neither is passed.
//!
//! ```
//! use async_trait::async_trait;
//! use greentic_deployer::Deployer;
//! use greentic_deployer::conformance::{self, Provider, Subject, SubjectError};
//! # use greentic_deploy_spec::{DeploymentId, Environment, RevisionId};
//! # use greentic_deployer::{ArchiveOutcome, DeployerError, DrainOutcome, StageOutcome};
//! # use greentic_deployer::{TrafficSplitOutcome, WarmOutcome, enforce_split_invariants, require_revision};
//! # use serde_json::Value;
//! # #[derive(Debug)]
//! # struct Mine;
//! # #[async_trait]
//! # impl Deployer for Mine {
//! #     async fn stage_revision(&self, env: &Environment, id: RevisionId) -> Result<StageOutcome, DeployerError> {
//! #         require_revision(env, id).map(|_| StageOutcome::default())
//! #     }
//! #     async fn warm_revision(&self, env: &Environment, id: RevisionId, _: Option<&Value>) -> Result<WarmOutcome, DeployerError> {
//! #         require_revision(env, id).map(|_| WarmOutcome::default())
//! #     }
//! #     async fn drain_revision(&self, env: &Environment, id: RevisionId) -> Result<DrainOutcome, DeployerError> {
//! #         require_revision(env, id).map(|_| DrainOutcome::default())
//! #     }
//! #     async fn archive_revision(&self, env: &Environment, id: RevisionId, _: Option<&Value>) -> Result<ArchiveOutcome, DeployerError> {
//! #         require_revision(env, id).map(|_| ArchiveOutcome::default())
//! #     }
//! #     async fn apply_traffic_split(&self, env: &Environment, id: DeploymentId, _: Option<&Value>) -> Result<TrafficSplitOutcome, DeployerError> {
//! #         enforce_split_invariants(env, id)
//! #     }
//! # }
//!
//! struct OfMine;
//!
//! #[async_trait]
//! impl Subject for OfMine {
//!     fn name(&self) -> String {
//!         "mine".to_owned()
//!     }
//!
//!     async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
//!         Ok(Box::new(FakeOfMine { deployer: Mine }))
//!     }
//! }
//!
//! struct FakeOfMine {
//!     deployer: Mine,
//! }
//!
//! impl Provider for FakeOfMine {
//!     fn deployer(&self) -> &dyn Deployer {
//!         &self.deployer
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let report = conformance::run(&OfMine).await;
//! assert!(report.passed(), "{report}");
//! # }
//! ```
//!
//! [`run_conformance`] takes a deployer alone, and stops at the first clause that does not hold.
//!
//! A clause that panics or does not end fails alone ([`Suite::time_limit`]), provided that the
//! deployer does not block the thread. A report is text for people (`Display`) or JSON for tools
//! ([`Report::to_json`]); both keep their layout. Ids of clauses never change their meaning:
//! [`clauses`] lists them.

mod clauses;
mod contract;
mod failure;
mod fixture;
mod runner;
mod subject;
mod trial;

pub use clauses::clauses;
pub use contract::{Clause, DeployerContract, Suite};
pub use failure::ConformanceFailure;
pub use fixture::build_fixture_env;
pub use greentic_conformance::{
    Broken, ClauseReport, DEFAULT_TIME_LIMIT, Report, SubjectError, Summary, UnknownClause, Verdict,
};
pub use runner::{run, run_conformance, run_suite};
pub use subject::{Fault, Injected, Provider, Subject};

//! Shows whether a store keeps the contract: clauses with stable ids, run one by one against a fresh
//! store each, and a report that says of every one whether it holds.
//!
//! Whoever writes a store runs the suite in its own tests. A [`Subject`] makes empty stores and says
//! what they can ([`Capabilities`]); [`run`] does the rest:
//!
//! ```
//! use greentic_env_store::conformance::{self, Capabilities, Capability, Opened, Subject};
//! use greentic_env_store::{EnvironmentMutations, MemoryStore, StoreError, StoreWithHistory};
//!
//! struct InMemory;
//!
//! impl Subject for InMemory {
//!     fn name(&self) -> String {
//!         "in memory".to_owned()
//!     }
//!
//!     fn capabilities(&self) -> Capabilities {
//!         Capabilities::all().without(Capability::Reopen)
//!     }
//!
//!     fn fresh(&self) -> Result<Box<dyn Opened>, conformance::SubjectError> {
//!         Ok(Box::new(Handle(MemoryStore::new())))
//!     }
//! }
//!
//! struct Handle(MemoryStore);
//!
//! impl Opened for Handle {
//!     fn store(&self) -> &dyn EnvironmentMutations {
//!         &self.0
//!     }
//!
//!     fn history(&self) -> Option<&dyn StoreWithHistory> {
//!         Some(&self.0)
//!     }
//!
//!     fn second_handle(&self) -> Result<Box<dyn Opened>, StoreError> {
//!         Ok(Box::new(Handle(self.0.clone())))
//!     }
//! }
//!
//! // A test of a store runs all clauses: `conformance::run(InMemory)`. While something is mended, a
//! // few are enough:
//! let suite = conformance::Suite::new().only(&["store.etags"])?;
//! let report = conformance::run_suite(&suite, InMemory);
//! assert!(report.passed(), "{report}");
//! # Ok::<(), conformance::UnknownClause>(())
//! ```
//!
//! What a store says about itself is checked both ways: the clauses of a capability that it has must
//! hold, and one that it does not have must be refused with [`StoreError::Unsupported`], not half
//! done. A store that can do what it says it cannot is told so.
//!
//! Every verb has to do what [`greentic_deploy_spec::engine`] says. The suite runs the engine on what
//! was recorded, with the time, actor and key of the audit event and with the ids, references and
//! keys that the answer names, and compares answer and documents.
//!
//! A clause that panics or does not end fails alone ([`Suite::time_limit`]); what it waited for is in
//! the report. A report is text for people (`Display`) or JSON for tools ([`Report::to_json`]); both
//! keep their layout. Ids of clauses never change their meaning: [`clauses`] lists them.
//!
//! [`StoreError::Unsupported`]: crate::StoreError::Unsupported

mod clauses;
mod contract;
mod engine_says;
#[cfg(feature = "local")]
mod local;
mod runner;
mod samples;
mod subject;
mod trial;

pub use clauses::clauses;
pub use contract::{Clause, Condition, StoreContract, Suite};
pub use greentic_conformance::{
    Broken, ClauseReport, DEFAULT_TIME_LIMIT, Report, SubjectError, Summary, UnknownClause, Verdict,
};
#[cfg(feature = "local")]
pub use local::LocalStores;
pub use runner::{run, run_suite};
pub use subject::{Capabilities, Capability, Opened, Subject};

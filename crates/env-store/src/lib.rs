//! Keeps the environments of Greentic digital workers: which bundles are deployed, in which revisions,
//! with which share of the traffic.
//!
//! * [`EnvironmentReads`], [`EnvironmentMutations`] and [`EnvironmentHistory`] are the contract, the
//!   same for every backend. A backend implements [`EnvironmentMutations::execute`] and the reads;
//!   every verb is provided over them, and every rule is in `greentic_deploy_spec::engine`.
//! * [`LocalFsStore`] keeps environments in a folder of this machine: documents as files that other
//!   tools read, truth in a journal that survives crashes.
//! * [`MemoryStore`] keeps them in memory, for tests.
//! * `conformance` (feature of the same name) shows whether a store keeps the contract.
//!
//! ```
//! use greentic_deploy_spec::{EnvId, EnvironmentHostConfig};
//! use greentic_env_store::{EnvironmentMutations, EnvironmentReads, MemoryStore};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = MemoryStore::new();
//! let env_id: EnvId = "local".parse()?;
//! let host = EnvironmentHostConfig::new(env_id.clone());
//! store.create_environment(&env_id, "Local".to_owned(), host)?;
//! assert_eq!(store.snapshot(&env_id)?.generation(), 1);
//! # Ok(())
//! # }
//! ```

pub mod backup;
mod bootstrap;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod defaults;
mod error;
pub mod executor;
#[cfg(feature = "local")]
pub mod files;
mod history;
#[cfg(feature = "local")]
mod local;
mod memory;
mod mutations;
#[cfg(feature = "local")]
pub mod operator_key;
pub mod policy;
pub mod ports;
mod reads;
mod rehearsal;
mod store;

pub use bootstrap::{
    EnsureLocalEnvironmentPayload, LocalEnvOutcome, LocalEnvironmentPlan, plan_local_environment,
};
pub use error::{EditProblem, JournalProblem, LifecycleError, Refusal, StoreError};
pub use greentic_deploy_spec::ExtensionKey;
pub use history::{
    CommitInfo, DocumentDiff, EnvironmentHistory, HistoryPage, StoreWithHistory, undo,
};
#[cfg(feature = "local")]
pub use local::{
    CompactReport, HistoryRetention, LocalFsStore, LocalFsStoreBuilder, Locked, RepairReport,
    SnapshotInfo, VerifyReport,
};
pub use memory::{MemoryStore, MemoryStoreBuilder};
pub use mutations::{
    ActingAs, Committed, EnvironmentMutations, Expecting, MutationsExt, Request, Warning, WithKey,
};
pub use reads::{EnvSnapshot, EnvironmentReads, Watch};
pub use rehearsal::Rehearsal;
pub use store::EnvironmentStore;

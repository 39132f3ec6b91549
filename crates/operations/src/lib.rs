//! What operators do with environments, as flows over a store: more than one verb, or a verb and a
//! provider. The verbs themselves are `greentic_env_store`'s; how results and errors are shown is the
//! command line's.
//!
//! An [`Operator`] has the store, the env-packs and the folder of environments. [`Operator::deploy`]
//! is the whole way of a bundle; the other verbs are its steps and what comes after.
//!
//! ```no_run
//! use std::path::PathBuf;
//! use std::sync::Arc;
//!
//! use greentic_env_pack::EnvPackRegistry;
//! use greentic_env_store::LocalFsStore;
//! use greentic_operations::{DeployRequest, Mode, Operator, ensure_local_environment};
//!
//! # fn example(handle: tokio::runtime::Handle) -> Result<(), Box<dyn std::error::Error>> {
//! let root = PathBuf::from("greentic/environments");
//! let store = LocalFsStore::new(root.clone());
//! let (environment, _) = ensure_local_environment(&store, None)?;
//!
//! // The program registers the env-packs that it has.
//! let registry = Arc::new(EnvPackRegistry::new());
//! let ports = store.ports().clone();
//! let operator = Operator::new(Arc::new(store), ports, registry, root, handle);
//! let request = DeployRequest::new(environment.environment_id, "examples/hello".into());
//! let deployed = operator.deploy(&request, Mode::Commit)?;
//! assert_eq!(deployed.result.bundle_id.as_str(), "hello");
//! # Ok(())
//! # }
//! ```

mod deploy;
mod doctor;
mod error;
mod gate;
mod keys;
mod local_environment;
mod operator;
mod progress;
mod provider;
mod routes;
mod selector;
mod staging;
mod summaries;
mod verbs;
mod weight;

pub use deploy::{ConfigOverrides, DeployRequest, DeployStatus, DeploySummary};
pub use doctor::{
    BindingProblem, Cure, DoctorReport, DoctorRequest, Extensions, Fixed, StaleRevision,
    TrustRootState, Upkeep, Verdict,
};
pub use error::{Advice, OpError};
pub use local_environment::{ensure_local_environment, rehearse_local_environment};
pub use operator::{Mode, Operator, Report};
pub use progress::{Progress, Silent, Step};
pub use routes::RouteRequest;
pub use selector::{DeploymentSelector, Rank, RevisionSelector, Subject};
pub use staging::StageOptions;
pub use summaries::{RemovedBundle, RevisionSummary, TrafficSummary};
pub use verbs::{
    ClearedTraffic, DeploymentRequest, FinishDrainRequest, RemoveBundleRequest, RevisionRequest,
    SetTrafficRequest, StageRequest, UndoRequest, Undone, generation_before,
};
pub use weight::Weight;

//! What operators do with environments, as flows over a store: more than one verb, or a verb and a
//! provider. The verbs themselves are `greentic_env_store`'s; texts and exit codes are the command
//! line's.
//!
//! ```no_run
//! use greentic_env_store::{LocalEnvOutcome, LocalFsStore};
//! use greentic_operations::ensure_local_environment;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = LocalFsStore::new("greentic/environments".into());
//! let (environment, outcome) = ensure_local_environment(&store, None)?;
//! assert_eq!(outcome, LocalEnvOutcome::Created);
//! println!("{} listens on {}", environment.name, environment.host_config.resolved_listen_addr());
//! # Ok(())
//! # }
//! ```

mod error;
mod local_environment;

pub use error::OpError;
pub use local_environment::ensure_local_environment;

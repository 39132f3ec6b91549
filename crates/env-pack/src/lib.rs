//! What an env-pack gives a worker while it runs: where parked conversations, guest state and
//! secrets are kept.
//!
//! Each port is a small trait with the atomic steps that a worker needs, so that no caller has to
//! check first and write later. [`MemorySessions`] and [`MemoryState`] are the forms that last as
//! long as the process.
//!
//! ```
//! use std::time::Duration;
//! use greentic_env_pack::{MemorySessions, SessionKey, Sessions, Taken};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), greentic_env_pack::PortError> {
//! let sessions = MemorySessions::default();
//! let key = SessionKey::new("local/default/d1/r1", "alice");
//! sessions.register_if_absent(&key, b"parked".to_vec(), None).await?;
//! let Taken::Held(lease) = sessions.take(&key, Duration::from_secs(30)).await? else {
//!     panic!("nobody else has it");
//! };
//! assert_eq!(lease.value, b"parked");
//! assert!(matches!(sessions.take(&key, Duration::from_secs(30)).await?, Taken::Busy));
//! assert!(sessions.clear(&key, &lease.token).await?);
//! # Ok(())
//! # }
//! ```

mod error;
mod probe;
mod secrets;
mod sessions;
mod state;

pub use error::PortError;
pub use probe::{
    Health, ProbeError, ProbeReport, ProbedPack, ProviderHealth, RevisionProbe, RevisionToProbe,
    Unhealthy,
};
pub use secrets::{NoSecrets, SecretsReader};
pub use sessions::{Lease, LeaseToken, MemorySessions, Registered, SessionKey, Sessions, Taken};
pub use state::{MemoryState, StateKey, StateStore};

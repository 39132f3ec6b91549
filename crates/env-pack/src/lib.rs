//! The contract of an env-pack, for whatever capability slot it fills.
//!
//! An [`EnvPackHandler`] is an env-pack that is built into a program; the [`EnvPackRegistry`] finds
//! the one that an environment binds. A deployer gives a `greentic_deployer::Deployer` and a
//! [`DeployerCredentials`]; the others give a worker what it needs while it runs: where parked
//! conversations, guest state and secrets are kept.
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

mod credentials;
mod error;
mod handler;
mod memory;
mod probe;
mod registry;
mod secrets;
mod sessions;
mod state;
mod telemetry;

pub use credentials::{
    AdminCredentials, BootstrapError, BootstrapInput, BootstrapOutcome, CapabilityCheck,
    CapabilityStatus, CredentialCapability, DeployerCredentials, RequirementsReport, RulesFile,
    RulesPack, SecretMaterial, ValidationContext,
};
pub use error::PortError;
pub use handler::{EnvPackHandler, PortContext, ToolCheck, ToolStatus};
pub use memory::MemoryLimits;
pub use probe::{
    Health, ProbeError, ProbeReport, ProbedPack, ProviderHealth, RevisionProbe, RevisionToProbe,
    Unhealthy,
};
pub use registry::{EnvPackRegistry, RegistryError, UnknownEnvPack};
pub use secrets::{NoSecrets, SecretsReader};
pub use semver::VersionReq;
pub use sessions::{Lease, LeaseToken, MemorySessions, Registered, SessionKey, Sessions, Taken};
pub use state::{MemoryState, StateKey, StateStore};
pub use telemetry::{GuestSource, NoTelemetry, TelemetryEvent, TelemetrySink, TurnEnd, WorkerName};

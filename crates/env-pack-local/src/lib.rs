//! The env-packs of this machine: for each capability slot of the local environment, one that needs
//! nothing but a folder.
//!
//! A crate of its own because it is one implementation of the contract among others: programs link
//! it, libraries do not. [`register_local`] adds all of them to a registry:
//!
//! | Descriptor | What it does |
//! |---|---|
//! | `greentic.deployer.local-process` | [`LocalDeployer`]: serves from the environment's folder |
//! | `greentic.secrets.dev-store` | [`DevSecrets`]: reads a file of the environment |
//! | `greentic.sessions.in-memory` | parked conversations that last as long as the process |
//! | `greentic.state.in-memory` | guest state that lasts as long as the process |
//! | `greentic.telemetry.stdout` | the program's own log; it has no port |

mod credentials;
mod deployer;
mod dev_store;
mod handlers;
#[cfg(feature = "conformance")]
mod subject;

pub use credentials::LocalCredentials;
pub use deployer::LocalDeployer;
pub use dev_store::{DevSecrets, DevStoreError, LineProblem};
pub use handlers::{LocalOptions, register_local};
#[cfg(feature = "conformance")]
pub use subject::{LocalSubject, StagedFixture};

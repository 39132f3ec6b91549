//! What a store needs from outside: time, ids, signatures and secrets.

mod clock;
mod secrets;
mod signer;

use std::sync::Arc;

use greentic_deploy_spec::Actor;

pub use clock::{Clock, Ids, SystemClock, SystemIds};
pub use secrets::{MemorySecretSink, SecretSink, SecretSinkError};
#[cfg(feature = "local")]
pub(crate) use signer::trusted_key;
pub use signer::{MemorySigner, PolicySigner, Signed, SignerError};

/// Everything that a store takes from outside. A port that is not there makes the verbs that need
/// it answer [`crate::StoreError::Unsupported`] before anything is written.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The time of changes.
    pub clock: Arc<dyn Clock>,
    /// Fresh ids.
    pub ids: Arc<dyn Ids>,
    /// Signs revenue policies with the operator key.
    pub signer: Option<Arc<dyn PolicySigner>>,
    /// Mints and deletes secrets.
    pub secrets: Option<Arc<dyn SecretSink>>,
    /// Who acts when a request does not say so.
    pub actor: Actor,
}

impl Ports {
    /// The clock and ids of this machine, no signer, no secrets.
    #[must_use]
    pub fn system(actor: Actor) -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            signer: None,
            secrets: None,
            actor,
        }
    }
}

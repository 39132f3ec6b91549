use std::collections::BTreeMap;

use serde_json::Value;

use crate::document::Document;
use crate::documents::{Environment, EnvironmentRuntime, TrustRoot};
use crate::routing::Routing;
use crate::{CapabilitySlot, SecretRef};

/// Everything that is recorded of one environment.
///
/// The default value is an environment that does not exist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EnvState {
    /// The environment; none before it is created and after it is destroyed.
    pub environment: Option<Document<Environment>>,
    /// What a deployer discovered.
    pub runtime: Option<Document<EnvironmentRuntime>>,
    /// The trusted keys; none means that nothing was ever trusted.
    pub trust_root: Option<Document<TrustRoot>>,
    /// The answers of each slot that has some.
    pub pack_answers: BTreeMap<CapabilitySlot, Value>,
    /// The slot tables of the traffic splits; none without a split.
    pub routing: Option<Routing>,
}

impl EnvState {
    /// Tells whether something in the environment names a secret, which must not be deleted then.
    #[must_use]
    pub fn names_secret(&self, secret: &SecretRef) -> bool {
        let Some(environment) = &self.environment else { return false };
        let mut endpoints = environment.messaging_endpoints.iter();
        environment.credentials_ref.as_ref() == Some(secret)
            || endpoints.any(|endpoint| {
                endpoint.webhook_secret_ref.as_ref() == Some(secret)
                    || endpoint.secret_refs.contains(secret)
            })
    }
}

//! How a deployer's credentials are checked and minted: the contract alone. Whoever runs it takes
//! care of the store, of files and of keeping secrets.

mod bootstrap;
mod requirements;

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::EnvId;

pub use bootstrap::{
    AdminCredentials, BootstrapError, BootstrapInput, BootstrapOutcome, RulesFile, RulesPack,
    SecretMaterial,
};
pub use requirements::{
    CapabilityCheck, CapabilityStatus, CredentialCapability, RequirementsReport, ValidationContext,
};

/// How a deployer's credentials are checked and minted.
///
/// Its methods may ask the provider, and block while they do: not for an async worker thread.
pub trait DeployerCredentials: Debug + Send + Sync {
    /// Whether the deployer needs credentials at all. When it does not, an environment without a
    /// reference to them is fine.
    fn requires_credentials_material(&self) -> bool {
        true
    }

    /// What the credentials must be able to do, always in the same order.
    fn required_capabilities(&self) -> Vec<CredentialCapability>;

    /// Checks each of [`DeployerCredentials::required_capabilities`], in that order. Leaves nothing
    /// behind.
    fn validate(&self, context: &ValidationContext<'_>) -> RequirementsReport;

    /// Makes credentials that can do what is required and no more, with those of an administrator.
    ///
    /// # Errors
    /// [`BootstrapError`].
    fn bootstrap(&self, input: &BootstrapInput<'_>) -> Result<BootstrapOutcome, BootstrapError>;

    /// Takes back what [`DeployerCredentials::bootstrap`] made at the provider and nobody recorded.
    /// Does what it can, and is silent about the rest. By default there is nothing to take back.
    fn rollback_bound_material(&self, env_id: &EnvId) {
        let _ = env_id;
    }

    /// When credentials are to be replaced; none when that cannot be told from them.
    fn rotate_at(&self, material: &SecretMaterial) -> Option<DateTime<Utc>> {
        let _ = material;
        None
    }

    /// Whether credentials are to be replaced now. Those that do not tell when are.
    fn rotation_due(&self, material: &SecretMaterial, now: DateTime<Utc>) -> bool {
        self.rotate_at(material).is_none_or(|at| now >= at)
    }
}

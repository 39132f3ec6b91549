use std::fmt;
use std::path::Path;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{EnvId, SecretRef};
use zeroize::Zeroizing;

/// Bytes that nobody else may see: wiped from memory when they are dropped, and never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretMaterial(Zeroizing<Vec<u8>>);

impl SecretMaterial {
    /// Takes bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one who needs them.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretMaterial(…)")
    }
}

/// An administrator's credentials, used once and not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminCredentials {
    /// Which of the administrator's profiles to use.
    pub profile: String,
    /// The credentials.
    pub material: SecretMaterial,
}

/// What credentials are minted for.
#[derive(Clone, Copy, Debug)]
pub struct BootstrapInput<'a> {
    /// The environment.
    pub env_id: &'a EnvId,
    /// The environment's folder.
    pub env_root: &'a Path,
    /// Who mints.
    pub admin: &'a AdminCredentials,
}

/// What was minted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BootstrapOutcome {
    /// What an administrator would apply to grant no more than is needed.
    pub rules_pack: RulesPack,
    /// Where the credentials are to be kept; none when only rules were made.
    pub bound_credentials_ref: Option<SecretRef>,
    /// When they end.
    pub bound_expiry: Option<DateTime<Utc>>,
    /// The credentials.
    pub bound_secret_material: Option<SecretMaterial>,
}

/// Files for an administrator.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesPack {
    /// Each of them.
    pub files: Vec<RulesFile>,
}

/// A file for an administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RulesFile {
    /// Its name, relative and without `..`.
    pub name: String,
    /// What it says.
    pub content: String,
}

/// Credentials were not minted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BootstrapError {
    /// The deployer needs none.
    #[error("this deployer needs no credentials; there is nothing to bootstrap")]
    NotApplicable,
    /// The administrator's credentials are not good enough.
    #[error("the administrator's credentials were rejected: {reason}; use others")]
    AdminRejected {
        /// What the provider says.
        reason: String,
    },
    /// The provider failed on the way.
    #[error("bootstrapping failed at the step `{step}`: {message}; mend that and run it again")]
    ProvisioningFailed {
        /// The step.
        step: String,
        /// What the provider says.
        message: String,
    },
}

impl BootstrapError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotApplicable => "bootstrap-not-applicable",
            Self::AdminRejected { .. } => "bootstrap-admin-rejected",
            Self::ProvisioningFailed { .. } => "bootstrap-failed",
        }
    }
}

use std::path::Path;

use greentic_deploy_spec::{EnvId, EnvironmentHostConfig};
use serde::Serialize;
use serde_json::Value;

/// Something that credentials must be able to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CredentialCapability {
    /// Its name, for example `local-process.fs.writable`.
    pub id: String,
    /// What it is, in one sentence.
    pub description: String,
}

impl CredentialCapability {
    /// A capability.
    #[must_use]
    pub fn new(id: impl Into<String>, description: impl Into<String>) -> Self {
        Self { id: id.into(), description: description.into() }
    }
}

/// What credentials are checked for.
#[derive(Clone, Copy, Debug)]
pub struct ValidationContext<'a> {
    /// The environment.
    pub env_id: &'a EnvId,
    /// The environment's folder.
    pub env_root: &'a Path,
    /// How its host is reached.
    pub host_config: &'a EnvironmentHostConfig,
    /// The answers of the deployer's binding.
    pub answers: Option<&'a Value>,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum CapabilityStatus {
    /// They can.
    Pass,
    /// They cannot.
    Fail {
        /// Why, and what helps.
        reason: String,
    },
    /// It was not looked at.
    Skipped {
        /// Why.
        reason: String,
    },
}

/// A capability, and whether it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CapabilityCheck {
    /// The capability.
    pub capability: CredentialCapability,
    /// Whether it is there.
    #[serde(flatten)]
    pub status: CapabilityStatus,
}

/// Whether credentials can do what a deployer needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RequirementsReport {
    /// Each capability, in the order of the contract.
    pub checks: Vec<CapabilityCheck>,
}

impl RequirementsReport {
    /// Whether nothing failed. What was not looked at does not count.
    #[must_use]
    pub fn passed(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.status, CapabilityStatus::Fail { .. }))
    }

    /// The ids of the capabilities that were not seen to be there.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let missing = self.checks.iter().filter(|check| check.status != CapabilityStatus::Pass);
        missing.map(|check| check.capability.id.as_str())
    }
}

//! Schema strings and semantic versions.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The `schema` key of a document. Any text on read; each document's `validate` compares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct SchemaVersion(pub String);

impl SchemaVersion {
    /// [`crate::Environment`]
    pub const ENVIRONMENT_V1: &'static str = "greentic.environment.v1";
    /// [`crate::EnvironmentRuntime`]
    pub const ENVIRONMENT_RUNTIME_V1: &'static str = "greentic.environment-runtime.v1";
    /// [`crate::Revision`]
    pub const REVISION_V1: &'static str = "greentic.revision.v1";
    /// [`crate::TrafficSplit`]
    pub const TRAFFIC_SPLIT_V1: &'static str = "greentic.traffic-split.v1";
    /// [`crate::BundleDeployment`]
    pub const BUNDLE_DEPLOYMENT_V1: &'static str = "greentic.bundle-deployment.v1";
    /// [`crate::RevenuePolicyDocument`]
    pub const REVENUE_POLICY_V1: &'static str = "greentic.revenue-policy.v1";
    /// [`crate::Credentials`]
    pub const CREDENTIALS_V1: &'static str = "greentic.credentials.v1";
    /// [`crate::PackConfig`]
    pub const PACK_CONFIG_V1: &'static str = "greentic.pack-config.v1";
    /// [`crate::RuntimeConfig`]
    pub const RUNTIME_CONFIG_V1: &'static str = "greentic.runtime-config.v1";
    /// [`crate::PackListLock`]
    pub const PACK_LIST_LOCK_V1: &'static str = "greentic.pack-list-lock.v1";
    /// [`crate::AuditEvent`]; mind the dot before `event`.
    pub const AUDIT_EVENT_V1: &'static str = "greentic.audit.event.v1";
    /// [`crate::BackupManifest`]
    pub const BACKUP_MANIFEST_V1: &'static str = "greentic.backup-manifest.v1";
    /// [`crate::BackupArtifact`]
    pub const BACKUP_ARTIFACT_V1: &'static str = "greentic.backup-artifact.v1";
    /// [`crate::MessagingEndpoint`]
    pub const MESSAGING_ENDPOINT_V1: &'static str = "greentic.messaging-endpoint.v1";
    /// [`crate::UpdateChannelConfig`]
    pub const UPDATE_CHANNEL_V1: &'static str = "greentic.update-channel.v1";
    /// [`crate::TrustRoot`]
    pub const TRUST_ROOT_V1: &'static str = "greentic.trust-root.v1";
    /// [`crate::routing::Routing`], a document of this implementation.
    pub const ROUTING_V1: &'static str = "greentic.routing.v1";

    /// Takes any text as it is.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The schema string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SchemaVersion {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A strict semantic version, for example `1.2.3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SemVer(pub semver::Version);

impl SemVer {
    /// Builds `major.minor.patch`.
    #[must_use]
    pub fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self(semver::Version::new(major, minor, patch))
    }
}

impl FromStr for SemVer {
    type Err = semver::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

impl fmt::Display for SemVer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::validate::check_schema;
use crate::document::DocumentType;
use crate::{EnvId, PackDescriptor, SchemaVersion, SpecError};

/// A value that a deployer discovered.
pub type RuntimeDiscoveryValue = serde_json::Value;

/// What a deployer found out about the running environment (`runtime.json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EnvironmentRuntime {
    /// [`SchemaVersion::ENVIRONMENT_RUNTIME_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub environment_id: EnvId,
    /// Names and values, for example `listen_addr`.
    #[serde(default)]
    pub discovered: BTreeMap<String, RuntimeDiscoveryValue>,
    /// When it was written.
    pub generated_at: DateTime<Utc>,
    /// Which deployer wrote it.
    pub generated_by: PackDescriptor,
    /// Counts the writes.
    pub generation: u64,
}

impl EnvironmentRuntime {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::ENVIRONMENT_RUNTIME_V1
    }

    /// Checks that the document is one of this version and belongs to an environment.
    ///
    /// # Errors
    /// [`SpecError::SchemaMismatch`], [`SpecError::EnvIdMismatch`].
    pub fn check_belongs_to(&self, env_id: &EnvId) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        super::validate::check_env_id("runtime", env_id, &self.environment_id)
    }
}

impl DocumentType for EnvironmentRuntime {
    const NAME: &'static str = "EnvironmentRuntime";
}

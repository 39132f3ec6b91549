use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::RevenueShareEntry;
use super::bundle_deployment::check_revenue_share;
use super::validate::check_schema;
use crate::document::DocumentType;
use crate::{BundleId, CustomerId, DeploymentId, EnvId, SchemaVersion, SpecError};

/// One version of who gets the revenue of a deployment. Its file is pretty JSON, and the signature
/// beside it (`vN.json.sig`) covers exactly those bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RevenuePolicyDocument {
    /// [`SchemaVersion::REVENUE_POLICY_V1`].
    pub schema: SchemaVersion,
    /// The version, counted from 1.
    pub version: u64,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The environment.
    pub env_id: EnvId,
    /// The bundle.
    pub bundle_id: BundleId,
    /// Who pays.
    pub customer_id: CustomerId,
    /// Who gets what; sums to 10,000 basis points.
    pub revenue_share: Vec<RevenueShareEntry>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The version before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_version_ref: Option<PathBuf>,
}

impl RevenuePolicyDocument {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::REVENUE_POLICY_V1
    }

    /// Checks the schema, the version and the shares, in that order.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        if self.version == 0 {
            return Err(SpecError::RevenuePolicyVersionZero);
        }
        check_revenue_share(&self.revenue_share)
    }
}

impl DocumentType for RevenuePolicyDocument {
    const NAME: &'static str = "RevenuePolicyDocument";
}

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::validate::{check_schema, check_secret_env};
use crate::document::DocumentType;
use crate::{EnvId, PackDescriptor, SchemaVersion, SecretRef, SpecError};

/// Where a deployer's credentials come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CredentialsMode {
    /// Provided by the operator and checked.
    Requirements,
    /// Minted with an administrator's credentials.
    Bootstrap,
}

/// Whether credentials can do what a deployer needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CredentialsValidationResult {
    /// They can.
    Pass,
    /// They cannot.
    Fail,
}

/// The last check of credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CredentialsValidation {
    /// When it ran.
    pub last_run_at: DateTime<Utc>,
    /// What came out.
    pub result: CredentialsValidationResult,
    /// What the credentials cannot do.
    #[serde(default)]
    pub missing_capabilities: Vec<String>,
}

/// How credentials were minted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CredentialsBootstrap {
    /// When the administrator's credentials were used.
    pub admin_credential_consumed_at: DateTime<Utc>,
    /// The rules that were exported.
    pub rules_pack_ref: PathBuf,
    /// The minted credentials.
    pub generated_credentials_ref: SecretRef,
}

/// How long credentials last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CredentialsExpiry {
    /// When they end.
    pub expires_at: DateTime<Utc>,
    /// When to replace them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotate_at: Option<DateTime<Utc>>,
}

/// A deployer's credentials: where they are, never what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Credentials {
    /// [`SchemaVersion::CREDENTIALS_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub env_id: EnvId,
    /// The deployer that uses them.
    pub deployer_kind: PackDescriptor,
    /// Where they come from.
    pub mode: CredentialsMode,
    /// The credentials that the operator provided.
    pub provided_credentials_ref: SecretRef,
    /// The last check.
    pub validation: CredentialsValidation,
    /// How they were minted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<CredentialsBootstrap>,
    /// How long they last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry: Option<CredentialsExpiry>,
}

impl Credentials {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::CREDENTIALS_V1
    }

    /// Checks the schema and that both references belong to the environment.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        let provided = &self.provided_credentials_ref;
        check_secret_env("credentials.provided_credentials_ref", provided, &self.env_id)?;
        match &self.bootstrap {
            Some(bootstrap) => check_secret_env(
                "credentials.bootstrap.generated_credentials_ref",
                &bootstrap.generated_credentials_ref,
                &self.env_id,
            ),
            None => Ok(()),
        }
    }
}

impl DocumentType for Credentials {
    const NAME: &'static str = "Credentials";
}

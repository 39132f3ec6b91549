use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::UpdateStamp;
use super::validate::{check_schema, check_secret_env};
use crate::document::{DocumentType, Identified};
use crate::{BundleId, EnvId, MessagingEndpointId, PackId, SchemaVersion, SecretRef, SpecError};

/// The flow that greets a user on first contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WelcomeFlowRef {
    /// A bundle that the endpoint links.
    pub bundle_id: BundleId,
    /// The pack in it.
    pub pack_id: PackId,
    /// The flow in the pack.
    pub flow_id: String,
}

/// A messaging provider's door into the environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MessagingEndpoint {
    /// [`SchemaVersion::MESSAGING_ENDPOINT_V1`].
    pub schema: SchemaVersion,
    /// The environment.
    pub env_id: EnvId,
    /// The endpoint.
    pub endpoint_id: MessagingEndpointId,
    /// The provider's instance.
    pub provider_id: String,
    /// The provider's class, for example `telegram`.
    pub provider_type: String,
    /// What people call it.
    pub display_name: String,
    /// The secrets that the provider needs.
    #[serde(default)]
    pub secret_refs: Vec<SecretRef>,
    /// The secret that authenticates incoming webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret_ref: Option<SecretRef>,
    /// The bundles whose workers answer here.
    #[serde(default)]
    pub linked_bundles: Vec<BundleId>,
    /// The flow that greets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome_flow: Option<WelcomeFlowRef>,
    /// Counts the changes, from 0.
    #[serde(default)]
    pub generation: u64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who changed it. Older tools append a stamp; see [`MessagingEndpoint::updated_by_stamp`].
    pub updated_by: String,
}

impl MessagingEndpoint {
    /// The schema string that the document must carry.
    #[must_use]
    pub fn schema_str() -> &'static str {
        SchemaVersion::MESSAGING_ENDPOINT_V1
    }

    /// Checks, in this order: schema, provider id, provider type, environment of each secret, flow
    /// id, environment of the webhook secret.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn validate(&self) -> Result<(), SpecError> {
        check_schema(Self::schema_str(), &self.schema)?;
        if self.provider_id.trim().is_empty() {
            return Err(SpecError::EmptyMessagingProviderId);
        }
        if self.provider_type.trim().is_empty() {
            return Err(SpecError::EmptyMessagingProviderType);
        }
        for secret in &self.secret_refs {
            check_secret_env("messaging_endpoint.secret_refs", secret, &self.env_id)?;
        }
        if self.welcome_flow.as_ref().is_some_and(|flow| flow.flow_id.trim().is_empty()) {
            return Err(SpecError::EmptyWelcomeFlowId);
        }
        match &self.webhook_secret_ref {
            Some(secret) => {
                check_secret_env("messaging_endpoint.webhook_secret_ref", secret, &self.env_id)
            }
            None => Ok(()),
        }
    }

    /// Who changed it, told apart from the stamp that older tools append.
    #[must_use]
    pub fn updated_by_stamp(&self) -> UpdateStamp<'_> {
        UpdateStamp::parse(&self.updated_by)
    }

    /// Tells whether both endpoints say the same, whatever stamp `updated_by` carries.
    #[must_use]
    pub fn same_as(&self, other: &Self) -> bool {
        let unstamped = |endpoint: &Self| Self {
            updated_by: endpoint.updated_by_stamp().who.to_owned(),
            ..endpoint.clone()
        };
        unstamped(self) == unstamped(other)
    }
}

/// Tells whether a provider type is Telegram: `telegram` or `telegram.…`, with or without one
/// leading `messaging.`. Such an endpoint has a webhook secret.
#[must_use]
pub fn is_telegram_class(provider_type: &str) -> bool {
    let class = provider_type.strip_prefix("messaging.").unwrap_or(provider_type);
    class == "telegram" || class.starts_with("telegram.")
}

impl Identified for MessagingEndpoint {
    type Id = MessagingEndpointId;

    fn identity(&self) -> MessagingEndpointId {
        self.endpoint_id
    }
}

impl DocumentType for MessagingEndpoint {
    const NAME: &'static str = "MessagingEndpoint";
}

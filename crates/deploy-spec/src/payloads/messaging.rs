use serde::{Deserialize, Serialize};

use crate::document::DocumentType;
use crate::{BundleId, MessagingEndpointId, PackId};

/// Adds a messaging endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AddMessagingEndpointPayload {
    /// The provider's instance.
    pub provider_id: String,
    /// The provider's class, for example `telegram`.
    pub provider_type: String,
    /// What people call it.
    pub display_name: String,
    /// The secrets that the provider needs, as `secret://` references.
    #[serde(default)]
    pub secret_refs: Vec<String>,
    /// The webhook secret, for Telegram only; minted when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret_ref: Option<String>,
    /// Who asks for it.
    pub updated_by: String,
}

/// Links a bundle to an endpoint, or unlinks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct MessagingBundleLinkPayload {
    /// The bundle.
    pub bundle_id: BundleId,
    /// Who asks for it.
    pub updated_by: String,
}

/// Chooses the flow that greets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SetMessagingWelcomeFlowPayload {
    /// The endpoint.
    pub endpoint_id: MessagingEndpointId,
    /// A bundle that it links.
    pub bundle_id: BundleId,
    /// The pack in it.
    pub pack_id: PackId,
    /// The flow in the pack.
    pub flow_id: String,
    /// Who asks for it.
    pub updated_by: String,
}

/// Replaces a webhook secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RotateWebhookSecretPayload {
    /// Who asks for it.
    pub updated_by: String,
    /// The new secret; minted when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_secret_ref: Option<String>,
}

impl DocumentType for AddMessagingEndpointPayload {
    const NAME: &'static str = "AddMessagingEndpointPayload";
}

impl DocumentType for MessagingBundleLinkPayload {
    const NAME: &'static str = "MessagingBundleLinkPayload";
}

impl DocumentType for SetMessagingWelcomeFlowPayload {
    const NAME: &'static str = "SetMessagingWelcomeFlowPayload";
}

impl DocumentType for RotateWebhookSecretPayload {
    const NAME: &'static str = "RotateWebhookSecretPayload";
}

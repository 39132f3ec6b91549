use std::path::PathBuf;

use crate::documents::TrustedKey;
use crate::{DeploymentId, EnvId, MessagingEndpointId, SecretRef};

use super::PolicyDraft;

/// What a command needs from outside before it can be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// A fresh id for a deployment.
    DeploymentId,
    /// A fresh id for a messaging endpoint.
    EndpointId,
    /// The public half of the operator key.
    OperatorKey(OperatorKeyNeed),
    /// A revenue policy, signed with the operator key and written.
    RevenuePolicy(PolicyDraft),
    /// A webhook secret, minted and stored.
    WebhookSecret(WebhookSecretNeed),
    /// What one command of a batch needs.
    Step {
        /// The command's place in the batch, counted from 0.
        index: usize,
        /// What it needs.
        need: Box<Need>,
    },
}

/// Which operator key is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatorKeyNeed {
    /// The one in use; made when there is none.
    Current,
    /// A new one that takes over from it.
    New,
}

/// Where a webhook secret belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSecretNeed {
    /// The environment.
    pub env_id: EnvId,
    /// The tenant that owns it.
    pub tenant: String,
    /// The endpoint; none when its id is minted as well.
    pub endpoint_id: Option<MessagingEndpointId>,
    /// The secret that is replaced. The new one gets a name of its own, so that a change that fails
    /// to commit leaves the old one in place.
    pub replaces: Option<SecretRef>,
}

impl WebhookSecretNeed {
    /// The reference of a first secret: `secret://<env>/<tenant>/_/messaging-<endpoint>/webhook_secret`.
    ///
    /// # Errors
    /// When the parts make no reference.
    pub fn first_ref(
        &self,
        endpoint_id: MessagingEndpointId,
    ) -> Result<SecretRef, crate::SecretRefParseError> {
        SecretRef::try_new(format!("{}webhook_secret", self.folder(endpoint_id)))
    }

    /// The reference of a secret that replaces another one: as the first, with a suffix that the
    /// caller never used before.
    ///
    /// # Errors
    /// When the parts make no reference.
    pub fn next_ref(
        &self,
        endpoint_id: MessagingEndpointId,
        unique: &str,
    ) -> Result<SecretRef, crate::SecretRefParseError> {
        let unique = unique.to_ascii_lowercase();
        SecretRef::try_new(format!("{}webhook_secret_{unique}", self.folder(endpoint_id)))
    }

    fn folder(&self, endpoint_id: MessagingEndpointId) -> String {
        format!("{}{}/{}/_/messaging-{endpoint_id}/", SecretRef::SCHEME, self.env_id, self.tenant)
    }
}

/// A revenue policy that was signed and written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRevenuePolicy {
    /// The signature's file, as [`PolicyDraft::policy_ref`] names it.
    pub policy_ref: PathBuf,
    /// The key that signed.
    pub key_id: String,
}

/// What was asked for by [`super::needs`]: ids, references and signatures, never a secret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supplies {
    /// For [`Need::DeploymentId`].
    pub deployment_id: Option<DeploymentId>,
    /// For [`Need::EndpointId`].
    pub endpoint_id: Option<MessagingEndpointId>,
    /// For [`Need::OperatorKey`].
    pub operator_key: Option<TrustedKey>,
    /// For [`Need::RevenuePolicy`].
    pub revenue_policy: Option<SignedRevenuePolicy>,
    /// For [`Need::WebhookSecret`].
    pub webhook_secret_ref: Option<SecretRef>,
    /// For [`Need::Step`]: at most one for each command of a batch.
    pub steps: Vec<Supplies>,
}

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::{Counted, Rejection};
use crate::documents::{BundleDeployment, RevenuePolicyDocument, RevenueShareEntry, TrustRoot};
use crate::{BundleId, CustomerId, DeploymentId, EnvId, SchemaVersion};

/// The next revenue policy of a deployment, before it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDraft {
    /// The environment.
    pub env_id: EnvId,
    /// The deployment; none when its id is minted as well.
    pub deployment_id: Option<DeploymentId>,
    /// The bundle, a plain path segment.
    pub bundle_id: BundleId,
    /// Who pays, a plain path segment.
    pub customer_id: CustomerId,
    /// Who gets what.
    pub revenue_share: Vec<RevenueShareEntry>,
    /// The version, counted from 1.
    pub version: u64,
    /// The signature of the version before.
    pub previous_version_ref: Option<PathBuf>,
    /// The keys that may sign: those in the trust root.
    pub trusted_key_ids: Vec<String>,
    /// Whether the operator key becomes trusted by an earlier command of the same batch. Its id is
    /// not known then, so that only [`super::apply`] can tell whether the signer is trusted.
    pub trusts_operator_key: bool,
}

impl PolicyDraft {
    /// The file of the signature, relative to the environment:
    /// `billing-policies/<bundle>/<customer>/v<N>.json.sig`.
    #[must_use]
    pub fn policy_ref(&self) -> PathBuf {
        PathBuf::from(format!("{}.sig", self.stem()))
    }

    /// The file of the document, relative to the environment.
    #[must_use]
    pub fn document_ref(&self) -> PathBuf {
        PathBuf::from(self.stem())
    }

    fn stem(&self) -> String {
        format!("billing-policies/{}/{}/v{}.json", self.bundle_id, self.customer_id, self.version)
    }

    /// The document to sign.
    #[must_use]
    pub fn document(
        &self,
        deployment_id: DeploymentId,
        created_at: DateTime<Utc>,
    ) -> RevenuePolicyDocument {
        RevenuePolicyDocument {
            schema: SchemaVersion::from(RevenuePolicyDocument::schema_str()),
            version: self.version,
            deployment_id,
            env_id: self.env_id.clone(),
            bundle_id: self.bundle_id.clone(),
            customer_id: self.customer_id.clone(),
            revenue_share: self.revenue_share.clone(),
            created_at,
            previous_version_ref: self.previous_version_ref.clone(),
        }
    }

    /// Tells whether a key may sign. Asked before anything is written, and again when the command
    /// is judged.
    ///
    /// # Errors
    /// [`Rejection::OperatorKeyNotTrusted`].
    pub fn check_signer(&self, key_id: &str) -> Result<(), Rejection> {
        if self.trusts_operator_key
            || self.trusted_key_ids.iter().any(|trusted| trusted.eq_ignore_ascii_case(key_id))
        {
            Ok(())
        } else {
            Err(Rejection::OperatorKeyNotTrusted {
                env_id: self.env_id.clone(),
                key_id: key_id.to_owned(),
            })
        }
    }
}

/// The version that a committed reference names: `N` of `…/vN.json.sig`.
fn committed_version(policy_ref: &Path) -> Option<u64> {
    let name = policy_ref.file_name()?.to_str()?;
    name.strip_prefix('v')?.strip_suffix(".json.sig")?.parse().ok()
}

/// The first policy of a deployment that is being added.
pub(super) fn first_policy(
    env_id: &EnvId,
    deployment_id: Option<DeploymentId>,
    payload: &crate::AddBundlePayload,
    trust_root: Option<&TrustRoot>,
) -> PolicyDraft {
    PolicyDraft {
        env_id: env_id.clone(),
        deployment_id,
        bundle_id: payload.bundle_id.clone(),
        customer_id: payload.customer_id.clone(),
        revenue_share: payload.revenue_share.clone(),
        version: 1,
        previous_version_ref: None,
        trusted_key_ids: key_ids(trust_root),
        trusts_operator_key: false,
    }
}

/// The policy after the committed one.
pub(super) fn next_policy(
    deployment: &BundleDeployment,
    revenue_share: &[RevenueShareEntry],
    trust_root: Option<&TrustRoot>,
) -> Result<PolicyDraft, Rejection> {
    let committed = committed_version(&deployment.revenue_policy_ref);
    let version = committed.unwrap_or(0).checked_add(1).ok_or(Rejection::CounterOverflow {
        of: Counted::RevenuePolicy(deployment.deployment_id),
    })?;
    Ok(PolicyDraft {
        env_id: deployment.env_id.clone(),
        deployment_id: Some(deployment.deployment_id),
        bundle_id: deployment.bundle_id.clone(),
        customer_id: deployment.customer_id.clone(),
        revenue_share: revenue_share.to_vec(),
        version,
        previous_version_ref: committed.map(|_| deployment.revenue_policy_ref.clone()),
        trusted_key_ids: key_ids(trust_root),
        trusts_operator_key: false,
    })
}

fn key_ids(trust_root: Option<&TrustRoot>) -> Vec<String> {
    trust_root
        .map(|root| root.keys.iter().map(|key| key.key_id.clone()).collect())
        .unwrap_or_default()
}

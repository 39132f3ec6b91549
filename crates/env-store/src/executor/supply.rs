//! Obtains what a command needs from outside.

use std::fmt::Debug;
use std::path::PathBuf;

use greentic_deploy_spec::engine::{
    self, Need, OperatorKeyNeed, PolicyDraft, SignedRevenuePolicy, Supplies, WebhookSecretNeed,
};
use greentic_deploy_spec::{DeploymentId, MessagingEndpointId, SecretRef, SecretRefParseError};

use super::Pending;
use crate::ports::{PolicySigner, Ports, SecretSink, SecretSinkError};
use crate::{EnvSnapshot, StoreError, policy};

/// Keeps the files of signed revenue policies.
pub trait PolicyFiles: Debug {
    /// Writes both files of a version; they are durable when this returns, and the commit that
    /// refers to them comes after it.
    ///
    /// Versions count from 1 for each deployment. When a deployment was removed and its bundle is
    /// deployed for the same customer again, the first version of the new one has the name of the
    /// first version of the old one. Whatever has the name and other bytes gives way and is never
    /// lost: the policy of an earlier deployment, which was in force, is kept beside the new one for
    /// good; what an attempt left that was never committed is moved aside like any other leftover.
    ///
    /// # Errors
    /// When they cannot be written.
    fn write(&self, document: PolicyFile<'_>, envelope: PolicyFile<'_>) -> Result<(), StoreError>;
}

/// A file of a signed revenue policy.
#[derive(Clone, Debug)]
pub struct PolicyFile<'a> {
    /// Its path, relative to the environment.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// Keeps no files, where nobody would read them.
#[derive(Debug)]
pub(crate) struct NoFiles;

impl PolicyFiles for NoFiles {
    fn write(&self, _: PolicyFile<'_>, _: PolicyFile<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

pub(super) fn supply(
    pending: &Pending,
    head: &EnvSnapshot,
    ports: &Ports,
    policies: &dyn PolicyFiles,
) -> Result<Supplies, StoreError> {
    let needs = engine::needs(head.state(), &pending.command);
    needs.iter().try_for_each(|need| check_port(need, ports))?;
    let mut supplies = Supplies::default();
    for need in &needs {
        let supplier = Supplier { pending, ports, policies };
        let (into, need) = place(&mut supplies, need);
        supplier.obtain(need, into)?;
    }
    Ok(supplies)
}

/// What one command of a batch needs goes to that command's own supplies.
fn place<'s, 'n>(supplies: &'s mut Supplies, need: &'n Need) -> (&'s mut Supplies, &'n Need) {
    let Need::Step { index, need } = need else { return (supplies, need) };
    if supplies.steps.len() <= *index {
        supplies.steps.resize_with(index + 1, Supplies::default);
    }
    (&mut supplies.steps[*index], need)
}

/// Before anything is made for a command, everything that it needs must be obtainable.
fn check_port(need: &Need, ports: &Ports) -> Result<(), StoreError> {
    match need {
        Need::Step { need, .. } => check_port(need, ports),
        Need::OperatorKey(_) | Need::RevenuePolicy(_) => signer(ports).map(drop),
        Need::WebhookSecret(_) => secrets(ports).map(drop),
        _ => Ok(()),
    }
}

fn signer(ports: &Ports) -> Result<&dyn PolicySigner, StoreError> {
    ports.signer.as_deref().ok_or(StoreError::Unsupported { what: "operator key" })
}

fn secrets(ports: &Ports) -> Result<&dyn SecretSink, StoreError> {
    ports.secrets.as_deref().ok_or(StoreError::Unsupported { what: "secret sink" })
}

struct Supplier<'a> {
    pending: &'a Pending,
    ports: &'a Ports,
    policies: &'a dyn PolicyFiles,
}

impl Supplier<'_> {
    fn obtain(&self, need: &Need, into: &mut Supplies) -> Result<(), StoreError> {
        match need {
            Need::DeploymentId => into.deployment_id = Some(DeploymentId(self.ports.ids.ulid())),
            Need::EndpointId => into.endpoint_id = Some(MessagingEndpointId(self.ports.ids.ulid())),
            Need::OperatorKey(which) => {
                let signer = signer(self.ports)?;
                into.operator_key = Some(match which {
                    OperatorKeyNeed::Current => signer.ensure_key()?,
                    OperatorKeyNeed::New => signer.next_key()?,
                });
            }
            Need::RevenuePolicy(draft) => {
                let id = draft.deployment_id.or(into.deployment_id);
                into.revenue_policy = Some(self.policy(draft, id)?);
            }
            Need::WebhookSecret(need) => {
                let id = need.endpoint_id.or(into.endpoint_id);
                into.webhook_secret_ref = Some(self.secret(need, id)?);
            }
            other => return Err(unknown(other)),
        }
        Ok(())
    }

    fn policy(
        &self,
        draft: &PolicyDraft,
        deployment_id: Option<DeploymentId>,
    ) -> Result<SignedRevenuePolicy, StoreError> {
        let signer = signer(self.ports)?;
        let key = signer.key()?.ok_or(crate::ports::SignerError::NoKey)?;
        draft.check_signer(&key.key_id).map_err(StoreError::from_rejection)?;
        let deployment_id = deployment_id.unwrap_or_else(|| DeploymentId(self.ports.ids.ulid()));
        let signed = policy::sign(draft, deployment_id, self.pending.now, signer)?;
        // Somebody may have rotated the key since it was asked for.
        draft.check_signer(&signed.key_id).map_err(StoreError::from_rejection)?;
        self.policies.write(
            PolicyFile { path: draft.document_ref(), bytes: &signed.document },
            PolicyFile { path: draft.policy_ref(), bytes: &signed.envelope },
        )?;
        Ok(SignedRevenuePolicy { policy_ref: draft.policy_ref(), key_id: signed.key_id })
    }

    fn secret(
        &self,
        need: &WebhookSecretNeed,
        endpoint_id: Option<MessagingEndpointId>,
    ) -> Result<SecretRef, StoreError> {
        let sink = secrets(self.ports)?;
        let endpoint_id = endpoint_id.ok_or_else(|| unknown(need))?;
        if need.replaces.is_none() {
            let first = need.first_ref(endpoint_id).map_err(|error| bad_ref(&error))?;
            match sink.mint(&first) {
                Ok(()) => return Ok(first),
                // Left by an endpoint that had the same id, or by an attempt that was not committed.
                Err(SecretSinkError::Exists { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let unique = self.ports.ids.ulid().to_string();
        let next = need.next_ref(endpoint_id, &unique).map_err(|error| bad_ref(&error))?;
        sink.mint(&next)?;
        Ok(next)
    }
}

fn unknown(need: &dyn Debug) -> StoreError {
    StoreError::Contract { detail: format!("cannot obtain {need:?}") }
}

fn bad_ref(error: &SecretRefParseError) -> StoreError {
    StoreError::Contract { detail: format!("a minted secret has no reference: {error}") }
}

//! What is left to do once a change is committed.

use greentic_deploy_spec::SecretRef;
use greentic_deploy_spec::engine::{Applied, EnvState, Event, Outcome};
use serde::{Deserialize, Serialize};

use crate::Warning;
use crate::ports::Ports;

/// Something that is done after a commit, and again when that was interrupted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "follow-up", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FollowUp {
    /// Delete a secret that nothing names any more.
    DeleteSecret {
        /// The secret.
        secret_ref: SecretRef,
    },
    /// Put a new operator key in use.
    ActivateKey {
        /// The key.
        key_id: String,
    },
}

impl FollowUp {
    /// Whether it is not to be done any more: a change since, such as bringing a backup back, names
    /// the secret again.
    #[must_use]
    pub fn is_over(&self, state: &EnvState) -> bool {
        match self {
            Self::DeleteSecret { secret_ref } => state.names_secret(secret_ref),
            Self::ActivateKey { .. } => false,
        }
    }

    /// Does it; whoever calls this has looked whether it [is over](Self::is_over). Doing it again is fine.
    ///
    /// # Errors
    /// What is left undone.
    pub fn run(&self, ports: &Ports) -> Result<(), Warning> {
        match self {
            Self::DeleteSecret { secret_ref } => {
                let lagging = |detail| {
                    let secret_ref = secret_ref.to_string();
                    Warning::SecretLagging { secret_ref, detail }
                };
                let sink = ports.secrets.as_ref();
                let sink =
                    sink.ok_or_else(|| lagging("this store has no secret sink".to_owned()))?;
                sink.delete(secret_ref).map_err(|error| lagging(error.to_string()))
            }
            Self::ActivateKey { key_id } => {
                let lagging = |detail| Warning::OperatorKeyLagging { detail };
                let signer = ports.signer.as_ref();
                let signer =
                    signer.ok_or_else(|| lagging("this store has no operator key".to_owned()))?;
                signer.activate(key_id).map_err(|error| lagging(error.to_string()))
            }
        }
    }
}

/// What follows a change.
pub(super) fn follow_ups(applied: &Applied) -> Vec<FollowUp> {
    let secrets = applied.events.iter().filter_map(|event| match event {
        Event::SecretReleased { secret_ref } => {
            Some(FollowUp::DeleteSecret { secret_ref: secret_ref.clone() })
        }
        _ => None,
    });
    secrets.chain(rotations(&applied.outcome)).collect()
}

fn rotations(outcome: &Outcome) -> Vec<FollowUp> {
    match outcome {
        Outcome::OperatorKeyRotated(rotated) => {
            vec![FollowUp::ActivateKey { key_id: rotated.key_id.clone() }]
        }
        Outcome::Batch(steps) => steps.iter().flat_map(rotations).collect(),
        _ => Vec::new(),
    }
}

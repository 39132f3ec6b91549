use greentic_deploy_spec::{DeploymentId, Environment, Revision, RevisionId, TOTAL_BASIS_POINTS};

use crate::{DeployerError, TrafficSplitOutcome};

/// The revision that a verb is about.
///
/// # Errors
/// [`DeployerError::RevisionNotFound`].
pub fn require_revision(
    env: &Environment,
    revision_id: RevisionId,
) -> Result<&Revision, DeployerError> {
    env.revision(revision_id).ok_or_else(|| DeployerError::RevisionNotFound {
        env_id: env.environment_id.clone(),
        revision_id,
    })
}

/// The outcome of applying the traffic split that the environment records for a deployment.
///
/// # Errors
/// [`DeployerError::SplitNotFound`] when none is recorded, [`DeployerError::InvalidSplit`] when its
/// weights do not sum to 10,000.
pub fn enforce_split_invariants(
    env: &Environment,
    deployment_id: DeploymentId,
) -> Result<TrafficSplitOutcome, DeployerError> {
    let split = env.split_of(deployment_id).ok_or_else(|| DeployerError::SplitNotFound {
        env_id: env.environment_id.clone(),
        deployment_id,
    })?;
    let sum = split.entries.iter().map(|entry| u64::from(entry.weight_bps)).sum();
    if sum != u64::from(TOTAL_BASIS_POINTS) {
        return Err(DeployerError::InvalidSplit { deployment_id, sum });
    }
    Ok(TrafficSplitOutcome {
        applied_deployment_id: deployment_id,
        applied_entries: split.entries.clone(),
    })
}

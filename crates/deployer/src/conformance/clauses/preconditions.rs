use greentic_deploy_spec::{DeploymentId, Environment};

use crate::DeployerError;
use crate::conformance::contract::{Check, Clause, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::fixture::{DEPLOYMENT_A, UNKNOWN};
use crate::conformance::trial::{Trial, Verb};

clauses! { "preconditions";
    /// Every verb refuses a revision that is not recorded as `revision-not-found`.
    "unknown-revision" => unknown_revision;
    /// A traffic split that does not sum to 10,000 is refused as `invalid-split`.
    "invalid-split" => invalid_split;
    /// A traffic split that is not recorded is refused as `split-not-found`.
    "missing-split" => missing_split;
}

/// What needs to look at the provider.
pub(super) const OF_THE_PROVIDER: &[Clause] = of_the_provider::CLAUSES;

async fn unknown_revision(trial: &Trial<'_>) -> Check {
    for verb in Verb::ALL {
        let named = verb.name();
        match trial.call(verb, UNKNOWN).await {
            Err(DeployerError::RevisionNotFound { .. }) => {}
            Ok(()) => {
                return Err(ConformanceFailure::UnknownRevisionAccepted { verb: named }.into());
            }
            Err(source) => {
                let verb = named;
                return Err(ConformanceFailure::UnknownRevisionWrongError { verb, source }.into());
            }
        }
    }
    Ok(())
}

async fn invalid_split(trial: &Trial<'_>) -> Check {
    let sum = 9_000;
    let env = with_a_thousand_less(&trial.env, DEPLOYMENT_A)?;
    match trial.split(&env, DEPLOYMENT_A).await {
        Err(DeployerError::InvalidSplit { .. }) => Ok(()),
        Ok(_) => Err(ConformanceFailure::InvalidSplitAccepted { sum }.into()),
        Err(source) => Err(ConformanceFailure::InvalidSplitWrongError { sum, source }.into()),
    }
}

async fn missing_split(trial: &Trial<'_>) -> Check {
    let env = without_split(&trial.env, DEPLOYMENT_A);
    match trial.split(&env, DEPLOYMENT_A).await {
        Err(DeployerError::SplitNotFound { .. }) => Ok(()),
        Ok(_) => Err(ConformanceFailure::MissingSplitAccepted.into()),
        Err(source) => Err(ConformanceFailure::MissingSplitWrongError { source }.into()),
    }
}

/// The environment with 9,000 basis points in the split.
fn with_a_thousand_less(
    env: &Environment,
    deployment_id: DeploymentId,
) -> Result<Environment, ConformanceFailure> {
    let mut env = env.clone();
    let mut splits = env.traffic_splits.iter_mut();
    let split = splits.find(|split| split.deployment_id == deployment_id);
    let entry = split.and_then(|split| split.entries.first_mut());
    let entry = entry.ok_or_else(|| ConformanceFailure::lacks_split(deployment_id))?;
    entry.weight_bps = entry.weight_bps.saturating_sub(1_000);
    Ok(env)
}

fn without_split(env: &Environment, deployment_id: DeploymentId) -> Environment {
    let mut env = env.clone();
    env.traffic_splits.retain(|split| split.deployment_id != deployment_id);
    env
}

mod of_the_provider {
    use super::*;

    clauses! { "preconditions";
        /// What is refused does not reach the provider.
        "nothing-is-called" => nothing_is_called;
    }

    async fn nothing_is_called(trial: &Trial<'_>) -> Check {
        let before = trial.state().await?;
        for verb in Verb::ALL {
            // What it answers is another clause's matter.
            let _ = trial.call(verb, UNKNOWN).await;
            let call = format!("`{}` of a revision that is not recorded", verb.name());
            trial.unchanged(call, &before).await?;
        }
        let invalid = with_a_thousand_less(&trial.env, DEPLOYMENT_A)?;
        for env in [invalid, without_split(&trial.env, DEPLOYMENT_A)] {
            let _ = trial.split(&env, DEPLOYMENT_A).await;
            let call = "`apply_traffic_split` of an invalid or missing split".to_owned();
            trial.unchanged(call, &before).await?;
        }
        Ok(())
    }
}

use greentic_deploy_spec::DeploymentId;

use crate::TrafficSplitOutcome;
use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::fixture::{DEPLOYMENT_A, DEPLOYMENT_B};
use crate::conformance::trial::{Trial, again, happy};

clauses! { "splits";
    /// Applying a split that is applied already succeeds.
    "idempotent" => twice("apply_traffic_split", DEPLOYMENT_A);
    /// Applying the split of the deployment beside it, twice, succeeds.
    "idempotent-beside" => twice("apply_traffic_split[dep_b]", DEPLOYMENT_B);
    /// The outcome names the deployment that was asked for, and the shares that are recorded for it.
    "outcome" => outcome;
}

async fn twice(trial: &Trial<'_>, verb: &'static str, id: DeploymentId) -> Check {
    happy(verb, trial.split(&trial.env, id).await)?;
    again(verb, trial.split(&trial.env, id).await).map(drop)
}

async fn outcome(trial: &Trial<'_>) -> Check {
    let both = [
        ("apply_traffic_split[cross-dep:a]", DEPLOYMENT_A),
        ("apply_traffic_split[cross-dep:b]", DEPLOYMENT_B),
    ];
    for (verb, id) in both {
        let told = happy(verb, trial.split(&trial.env, id).await)?;
        let split = trial.env.split_of(id).ok_or_else(|| ConformanceFailure::lacks_split(id))?;
        let recorded = TrafficSplitOutcome {
            applied_deployment_id: id,
            applied_entries: split.entries.clone(),
        };
        if told != recorded {
            let (expected, reported) = (in_words(&recorded), in_words(&told));
            let failure = ConformanceFailure::CrossDeploymentInterference { expected, reported };
            return Err(failure.into());
        }
    }
    Ok(())
}

fn in_words(outcome: &TrafficSplitOutcome) -> String {
    let shares = outcome.applied_entries.iter();
    let shares = shares.map(|entry| format!("{} at {}", entry.revision_id, entry.weight_bps));
    let shares = shares.collect::<Vec<_>>().join(", ");
    format!("{} ({shares})", outcome.applied_deployment_id)
}

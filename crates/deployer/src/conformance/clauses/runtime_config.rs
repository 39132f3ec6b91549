use greentic_deploy_spec::materialize_runtime_config;
use serde_json::Value;

use crate::conformance::contract::{Check, clauses};
use crate::conformance::failure::ConformanceFailure;
use crate::conformance::trial::Trial;

clauses! { "runtime-config";
    /// The runtime configuration that is reported is the one that the environment records.
    "projection" => projection;
}

async fn projection(trial: &Trial<'_>) -> Check {
    let value = |config| serde_json::to_value(config).unwrap_or(Value::Null);
    let expected = materialize_runtime_config(&trial.env);
    let reported = trial.deployer.report_runtime_config(&trial.env);
    if expected == reported {
        return Ok(());
    }
    let (expected, reported) = (value(expected), value(reported));
    Err(ConformanceFailure::RuntimeConfigDrift { expected, reported }.into())
}

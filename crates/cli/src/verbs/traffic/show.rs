use clap::Args;
use greentic_deploy_spec::TrafficSplitEntry;
use greentic_env_store::EnvironmentReads;
use greentic_operations::TrafficSummary;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::operate::deployment;
use crate::verbs::summaries::percent;

/// Show how the traffic of a deployment is shared.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op traffic show --deployment hello")]
pub(crate) struct Show {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The deployment, by bundle or ULID; the only one there is unless said.
    #[arg(long = "deployment", value_name = "BUNDLE")]
    deployment_id: Option<String>,
}

impl Run for Show {
    const NAME: Name = Name { noun: "traffic", op: "show" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let environment = session.store()?.load_env(&env_id)?;
        let deployment = deployment(self.deployment_id.as_deref())?.resolve(&environment)?;
        let split = environment.split_of(deployment.deployment_id);
        let split = split
            .ok_or_else(|| CliError::NoTraffic { bundle_id: deployment.bundle_id.to_string() })?;
        Answer::of(&TrafficSummary::of(split))
    }
}

impl Report for TrafficSummary {
    fn view(&self) -> View {
        let row = |entry: &TrafficSplitEntry| {
            vec![entry.revision_id.to_string(), percent(entry.weight_bps.into())]
        };
        View::new()
            .fields([
                ("bundle", Some(self.bundle_id.to_string())),
                ("deployment", Some(self.deployment_id.to_string())),
                ("generation", Some(self.generation.to_string())),
            ])
            .table(&["REVISION", "TRAFFIC"], self.entries.iter().map(row), "nothing serves")
    }
}

use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_env_store::EnvironmentReads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::summaries::{BundleSummary, word};

/// List the bundles that are deployed in an environment.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op bundles list")]
pub(crate) struct List {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
}

#[derive(Serialize)]
struct Bundles {
    environment_id: EnvId,
    bundles: Vec<BundleSummary>,
}

impl Run for List {
    const NAME: Name = Name { noun: "bundles", op: "list" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let environment_id = session.env_id(self.environment_id.as_deref())?;
        let environment = session.store()?.load_env(&environment_id)?;
        let summary = |bundle| BundleSummary::of(&environment, bundle);
        let bundles = environment.bundles.iter().map(summary).collect();
        Answer::of(&Bundles { environment_id, bundles })
    }
}

impl Report for Bundles {
    fn view(&self) -> View {
        let row = |bundle: &BundleSummary| {
            vec![
                bundle.bundle_id.to_string(),
                bundle.deployment_id.to_string(),
                bundle.customer_id.to_string(),
                word(&bundle.status),
                bundle.reached_by(),
            ]
        };
        let headings = &["BUNDLE", "DEPLOYMENT", "CUSTOMER", "STATUS", "REACHED BY"];
        let empty = "no bundles yet; deploy one with: gtc op deploy BUNDLE";
        View::new().table(headings, self.bundles.iter().map(row), empty)
    }
}

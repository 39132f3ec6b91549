use clap::Args;
use greentic_env_store::EnvironmentReads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::summaries::EnvSummary;

/// List the environments.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op env list")]
pub(crate) struct List {}

#[derive(Serialize)]
struct Environments {
    environments: Vec<EnvSummary>,
}

impl Run for List {
    const NAME: Name = Name { noun: "env", op: "list" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let store = session.store()?;
        let mut environments = Vec::new();
        for env_id in store.list_env_ids()? {
            environments.push(EnvSummary::of(&store.load_env(&env_id)?));
        }
        Answer::of(&Environments { environments })
    }
}

impl Report for Environments {
    fn view(&self) -> View {
        let row = |one: &EnvSummary| {
            let address = one.listen_addr.map_or_else(|| "-".to_owned(), |addr| addr.to_string());
            vec![
                one.environment_id.to_string(),
                one.name.clone(),
                address,
                one.pack_count.to_string(),
                one.bundle_count.to_string(),
                one.revision_count.to_string(),
            ]
        };
        let headings = &["ENVIRONMENT", "NAME", "LISTENS ON", "PACKS", "BUNDLES", "REVISIONS"];
        let empty = "no environments yet; make one with: gtc op env init";
        View::new().table(headings, self.environments.iter().map(row), empty)
    }
}

use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_env_store::EnvironmentReads;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::summaries::{RevisionRow, percent};

/// List the revisions of an environment, with where they are in their life and their share of the
/// traffic.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op revisions list")]
pub(crate) struct List {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
}

#[derive(Serialize)]
struct Revisions {
    environment_id: EnvId,
    revisions: Vec<RevisionRow>,
}

impl Run for List {
    const NAME: Name = Name { noun: "revisions", op: "list" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let environment_id = session.env_id(self.environment_id.as_deref())?;
        let environment = session.store()?.load_env(&environment_id)?;
        let summary = |revision| RevisionRow::of(&environment, revision);
        let revisions = environment.revisions.iter().map(summary).collect();
        Answer::of(&Revisions { environment_id, revisions })
    }
}

impl Report for Revisions {
    fn view(&self) -> View {
        let row = |revision: &RevisionRow| {
            vec![
                revision.summary.bundle_id.to_string(),
                format!("#{}", revision.summary.sequence),
                revision.summary.revision_id.to_string(),
                revision.summary.lifecycle.to_string(),
                revision.weight_bps.map_or_else(|| "-".to_owned(), percent),
                revision.created_at.clone(),
            ]
        };
        let headings = &["BUNDLE", "NUMBER", "REVISION", "LIFECYCLE", "TRAFFIC", "CREATED"];
        let empty = "no revisions yet; deploy a bundle with: gtc op deploy BUNDLE";
        View::new().table(headings, self.revisions.iter().map(row), empty)
    }
}

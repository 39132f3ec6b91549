use clap::Args;
use greentic_operations::{RemoveBundleRequest, RemovedBundle};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::operate::{deployment, operate};

/// Remove a deployment that serves nothing any more, with its archived revisions.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op bundles remove hello")]
pub(crate) struct Remove {
    /// The environment.
    #[arg(skip)]
    environment_id: Option<String>,
    /// The deployment, by bundle or ULID; the only one there is unless said.
    #[arg(value_name = "BUNDLE")]
    deployment_id: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

impl Run for Remove {
    const NAME: Name = Name { noun: "bundles", op: "remove" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let request = RemoveBundleRequest {
            env_id: env_id.clone(),
            deployment: deployment(self.deployment_id.as_deref())?,
            key: self.change.key()?,
        };
        operate(session, &env_id, &self.change, |operator, mode| {
            operator.remove_bundle(&request, mode)
        })
    }
}

impl Report for RemovedBundle {
    fn view(&self) -> View {
        View::new().fields([
            ("removed", Some(self.bundle_id.to_string())),
            ("deployment", Some(self.deployment_id.to_string())),
            ("revisions removed", Some(self.pruned_revision_ids.len().to_string())),
        ])
    }
}

use std::path::PathBuf;

use clap::Args;
use greentic_operations::{StageOptions, StageRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name};
use crate::session::Session;
use crate::verbs::operate::{deployment, operate};
use crate::verbs::{Run, files};

/// Stage a bundle as a new revision of a deployment. `gtc op deploy` does this and all that follows.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Example:\n  gtc op revisions stage --deployment hello --bundle hello.gtbundle"
)]
pub(crate) struct Stage {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The deployment, by bundle or ULID; the only one there is unless said.
    #[arg(long = "deployment", value_name = "BUNDLE")]
    deployment_id: Option<String>,
    /// What is staged: a `.gtbundle` or `.gtpack` file, or a folder.
    #[arg(long = "bundle", value_name = "PATH")]
    bundle_path: Option<PathBuf>,
    /// How long a drain of the revision may take; 30 seconds unless said.
    #[arg(long, value_name = "SECONDS")]
    drain_seconds: Option<u32>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

impl Run for Stage {
    const NAME: Name = Name { noun: "revisions", op: "stage" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let mut options = StageOptions::default();
        if let Some(seconds) = self.drain_seconds {
            options.drain_seconds = seconds;
        }
        let request = StageRequest {
            env_id: env_id.clone(),
            deployment: deployment(self.deployment_id.as_deref())?,
            bundle: files::given(self.bundle_path, "the bundle", "name it with --bundle PATH")?,
            options,
            key: self.change.key()?,
        };
        operate(session, &env_id, &self.change, |operator, mode| operator.stage(&request, mode))
    }
}

//! Traffic as it was, and no traffic.

use clap::Args;
use greentic_operations::{ClearedTraffic, DeploymentRequest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::operate::{deployment, operate};

/// Which deployment.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Which {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The deployment, by bundle or ULID; the only one there is unless said.
    #[arg(long = "deployment", value_name = "BUNDLE")]
    deployment_id: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Go back to the split before the last one.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op traffic rollback --deployment hello")]
pub(crate) struct Rollback {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

/// Take a deployment out of service.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op traffic clear --deployment hello")]
pub(crate) struct Clear {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

impl Which {
    fn request(&self, session: &Session) -> Result<DeploymentRequest, CliError> {
        Ok(DeploymentRequest {
            env_id: session.env_id(self.environment_id.as_deref())?,
            deployment: deployment(self.deployment_id.as_deref())?,
            key: self.change.key()?,
        })
    }
}

impl Run for Rollback {
    const NAME: Name = Name { noun: "traffic", op: "rollback" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let request = self.which.request(session)?;
        operate(session, &request.env_id, &self.which.change, |operator, mode| {
            operator.rollback_traffic(&request, mode)
        })
    }
}

impl Run for Clear {
    const NAME: Name = Name { noun: "traffic", op: "clear" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let request = self.which.request(session)?;
        operate(session, &request.env_id, &self.which.change, |operator, mode| {
            operator.clear_traffic(&request, mode)
        })
    }
}

impl Report for ClearedTraffic {
    fn view(&self) -> View {
        let view = View::new().fields([
            ("environment", Some(self.environment_id.to_string())),
            ("out of service", Some(self.deployment_id.to_string())),
        ]);
        match &self.cleared {
            Some(split) => view.text("what served before:").and(split.view()),
            None => view.text("it served nothing before"),
        }
    }
}

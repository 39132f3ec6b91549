//! Steps in the life of a revision.

use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_env_store::EnvironmentReads as _;
use greentic_operations::{
    Mode, OpError, Operator, Report as Operated, RevisionRequest, RevisionSummary,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::gateway::{is_running, waiting_in};
use crate::verbs::operate::{deployment, operate, revision};

/// Which revision.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct Which {
    /// The environment.
    #[arg(skip)]
    environment_id: Option<String>,
    /// The revision: `@latest`, `@previous`, `#2`, or its ULID.
    #[arg(value_name = "REVISION")]
    revision_id: Option<String>,
    /// Its deployment, by bundle or ULID; the only one there is unless said.
    #[arg(long, value_name = "BUNDLE")]
    deployment: Option<String>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// Start a revision and make it ready. Nothing serves it before it has a share of the traffic.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op revisions warm @latest")]
pub(crate) struct Warm {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

/// End new conversations of a revision; those that it has go on to their end.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op revisions drain @previous")]
pub(crate) struct Drain {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

/// End a revision for good.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op revisions archive '#1'")]
pub(crate) struct Archive {
    #[command(flatten)]
    #[serde(flatten)]
    which: Which,
}

type Step = fn(&Operator, &RevisionRequest, Mode) -> Result<Operated<RevisionSummary>, OpError>;

impl Which {
    fn env_id(&self, session: &Session) -> Result<EnvId, CliError> {
        session.env_id(self.environment_id.as_deref())
    }

    /// Warns of conversations that end with the revision, where a gateway knows of some.
    fn tell_waiting(&self, session: &Session) -> Result<(), CliError> {
        let (env_id, store) = (self.env_id(session)?, session.store()?);
        let environment = store.load_env(&env_id)?;
        let within = deployment(self.deployment.as_deref())?;
        let id = revision(self.revision_id.as_deref())?.resolve(&environment, &within)?.revision_id;
        let waiting = waiting_in(&store.env_path(&env_id)?, id).unwrap_or_default();
        if waiting > 0 {
            session.progress().warn(&format!(
                "{waiting} conversation(s) wait in revision {id} and end with it; a drain lets them go on: gtc op revisions drain {id}"
            ));
        }
        Ok(())
    }

    fn take(&self, session: &Session, step: Step) -> Result<Answer, CliError> {
        let env_id = self.env_id(session)?;
        let request = RevisionRequest {
            env_id: env_id.clone(),
            revision: revision(self.revision_id.as_deref())?,
            within: deployment(self.deployment.as_deref())?,
            key: self.change.key()?,
        };
        operate(session, &env_id, &self.change, |operator, mode| step(operator, &request, mode))
    }
}

impl Run for Warm {
    const NAME: Name = Name { noun: "revisions", op: "warm" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        self.which.take(session, Operator::warm)
    }
}

impl Run for Drain {
    const NAME: Name = Name { noun: "revisions", op: "drain" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = self.which.env_id(session)?;
        let answer = self.which.take(session, Operator::drain)?;
        if !is_running(&session.store()?.env_path(&env_id)?) {
            session.progress().warn(&format!(
                "a gateway ends the drain when nothing is left of the revision, and none runs: gtc serve {env_id}"
            ));
        }
        Ok(answer)
    }
}

impl Run for Archive {
    const NAME: Name = Name { noun: "revisions", op: "archive" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        self.which.tell_waiting(session)?;
        self.which.take(session, Operator::archive)
    }
}

impl Report for RevisionSummary {
    fn view(&self) -> View {
        View::new().fields([
            ("revision", Some(self.revision_id.to_string())),
            ("number", Some(format!("#{}", self.sequence))),
            ("bundle", Some(self.bundle_id.to_string())),
            ("lifecycle", Some(self.lifecycle.to_string())),
        ])
    }
}

use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_deploy_spec::engine::Command;
use greentic_env_store::{
    Committed, DocumentDiff, EnvironmentHistory, EnvironmentReads, Request, undo,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::diff::before;
use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::changes::{Done, carry_out, diff_view};

/// Take changes of an environment back, as a new change.
///
/// What has effects outside of the documents is not taken back this way; the error names the verb to
/// use instead.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Examples:\n  gtc op env undo --dry-run\n  gtc op env undo --to 12")]
pub(crate) struct Undo {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The generation to go back to; the one before the newest unless said.
    #[arg(long, value_name = "GENERATION")]
    to: Option<u64>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Serialize)]
struct Undone {
    environment_id: EnvId,
    back_to: u64,
    generation: u64,
    changes: Vec<DocumentDiff>,
}

impl Run for Undo {
    const NAME: Name = Name { noun: "env", op: "undo" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let store = session.store()?;
        let now = store.snapshot(&env_id)?.generation();
        let back_to = match self.to {
            Some(to) => to,
            None => before(&env_id, now)?,
        };
        let mut request = Request::new(Command::Batch(Vec::new()));
        request.key = self.change.key()?;
        let done = carry_out(&store, &env_id, &self.change, |store| {
            Ok(undo(store, &env_id, back_to, request)?)
        })?;
        let committed: Committed = match done {
            Done::Rehearsed(rehearsed) => return Answer::of(&rehearsed),
            Done::Committed(committed) => committed,
        };
        session.tell_warnings(&committed.warnings);
        let generation = committed.after.generation();
        let changes = store.diff(&env_id, now, generation)?;
        Answer::of(&Undone { environment_id: env_id, back_to, generation, changes })
    }
}

impl Report for Undone {
    fn view(&self) -> View {
        let Self { back_to, generation, .. } = self;
        let text = format!("as at generation {back_to}, recorded as generation {generation}");
        View::new().text(text).and(diff_view(&self.changes))
    }
}

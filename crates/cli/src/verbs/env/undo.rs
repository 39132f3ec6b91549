use clap::Args;
use greentic_operations::{UndoRequest, Undone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::args::Change;
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::changes::diff_view;
use crate::verbs::operate::operate;

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
    /// The generation to go back to. Unless said, the newest change is taken back: the newest
    /// generation, or an edit by hand that none records yet.
    #[arg(long, value_name = "GENERATION")]
    to: Option<u64>,
    #[command(flatten)]
    #[serde(flatten)]
    change: Change,
}

impl Run for Undo {
    const NAME: Name = Name { noun: "env", op: "undo" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let key = self.change.key()?;
        let request = UndoRequest { env_id: env_id.clone(), to: self.to, key };
        operate(session, &env_id, &self.change, |operator, mode| operator.undo(&request, mode))
    }
}

impl Report for Undone {
    fn view(&self) -> View {
        let Self { back_to, generation, .. } = self;
        let text = format!("as at generation {back_to}, recorded as generation {generation}");
        View::new().text(text).and(diff_view(&self.changes))
    }
}

use clap::Args;
use greentic_deploy_spec::{Actor, AuditResult, EnvId};
use greentic_env_store::{CommitInfo, EnvironmentHistory, HistoryPage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::summaries::time;

/// Show who changed an environment, when and how; the newest change first.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc op env history --limit 10")]
pub(crate) struct History {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// How many changes to show at most, 50 unless said.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: Option<u32>,
    /// Only changes before this generation.
    #[arg(long, value_name = "GENERATION")]
    before: Option<u64>,
}

const SHOWN: u32 = 50;

#[derive(Serialize)]
struct Past {
    environment_id: EnvId,
    commits: Vec<CommitInfo>,
}

impl Run for History {
    const NAME: Name = Name { noun: "env", op: "history" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let limit = self.limit.unwrap_or(SHOWN).min(10_000) as usize;
        let commits =
            session.store()?.history(&env_id, HistoryPage { before: self.before, limit })?;
        Answer::of(&Past { environment_id: env_id, commits })
    }
}

impl Report for Past {
    fn view(&self) -> View {
        let row = |commit: &CommitInfo| {
            let event = &commit.event;
            vec![
                commit.generation.to_string(),
                time(event.ts),
                who(&event.actor),
                format!("{} {}", event.noun, event.verb),
                match &event.result {
                    AuditResult::Error { kind, .. } => kind.clone(),
                    _ => "ok".to_owned(),
                },
            ]
        };
        let headings = &["GENERATION", "TIME", "WHO", "WHAT", "RESULT"];
        View::new().table(headings, self.commits.iter().map(row), "no changes are recorded")
    }
}

fn who(actor: &Actor) -> String {
    match (&actor.user, actor.uid) {
        (Some(user), _) => user.clone(),
        (None, Some(uid)) => format!("{} {uid}", actor.kind),
        (None, None) => actor.kind.clone(),
    }
}

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use greentic_deploy_spec::EnvId;
use greentic_env_store::{
    DocumentDiff, EnvironmentHistory, EnvironmentReads, HistoryPage, LocalFsStore,
};
use greentic_operations::generation_before;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;
use crate::verbs::changes::diff_view;

/// Show what changed between two generations of an environment; without flags, the last change.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(
    after_help = "Examples:\n  gtc op env diff --from 3 --to 5\n  gtc op env diff --since 2h"
)]
pub(crate) struct Diff {
    /// The environment.
    #[arg(value_name = "ENV")]
    environment_id: Option<String>,
    /// The generation before; the one before `--to` unless said.
    #[arg(long, value_name = "GENERATION", conflicts_with = "since")]
    from: Option<u64>,
    /// The generation after; the newest unless said.
    #[arg(long, value_name = "GENERATION")]
    to: Option<u64>,
    /// What changed since a time (2026-01-31T12:00:00Z) or for a while (30m, 2h, 7d).
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
}

#[derive(Serialize)]
struct Differences {
    environment_id: EnvId,
    from: u64,
    to: u64,
    changes: Vec<DocumentDiff>,
}

impl Run for Diff {
    const NAME: Name = Name { noun: "env", op: "diff" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        let env_id = session.env_id(self.environment_id.as_deref())?;
        let store = session.store()?;
        let to = match self.to {
            Some(to) => to,
            None => store.snapshot(&env_id)?.generation(),
        };
        let from = match (self.from, &self.since) {
            (Some(from), _) => from,
            (None, Some(since)) => {
                let at = moment(since, store.ports().clock.now())?;
                generation_at(&store, &env_id, at)?
            }
            (None, None) => generation_before(&env_id, to)?,
        };
        let changes = store.diff(&env_id, from, to)?;
        Answer::of(&Differences { environment_id: env_id, from, to, changes })
    }
}

/// The newest generation that was there at a time; the oldest that is kept when there was none yet.
fn generation_at(store: &LocalFsStore, env_id: &EnvId, at: DateTime<Utc>) -> Result<u64, CliError> {
    let mut oldest = 0;
    let mut before = None;
    loop {
        let page = store.history(env_id, HistoryPage { before, limit: 500 })?;
        if let Some(found) = page.iter().find(|commit| commit.event.ts <= at) {
            return Ok(found.generation);
        }
        let Some(last) = page.last() else { return Ok(oldest) };
        oldest = last.generation;
        before = Some(last.generation);
    }
}

/// A time, or a while before now.
fn moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, CliError> {
    let wrong = || CliError::Argument {
        value: text.to_owned(),
        expected: "time",
        how: "write 2026-01-31T12:00:00Z, or a while such as 30m, 2h or 7d".to_owned(),
    };
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Ok(at.to_utc());
    }
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: i64 = number.parse().ok().filter(|number| *number >= 0).ok_or_else(wrong)?;
    let length = match unit {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    };
    length.and_then(|length| now.checked_sub_signed(length)).ok_or_else(wrong)
}

impl Report for Differences {
    fn view(&self) -> View {
        let range = format!("generation {} to {}", self.from, self.to);
        View::new().text(range).and(diff_view(&self.changes))
    }
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn a_moment_is_a_time_or_a_while_ago() {
        let now = "2026-03-01T12:00:00Z".parse().expect("a time");
        let at = |text| moment(text, now).map(|at| at.to_rfc3339()).ok();
        assert_eq!(at("2026-02-01T00:00:00+01:00").as_deref(), Some("2026-01-31T23:00:00+00:00"));
        assert_eq!(at("90s").as_deref(), Some("2026-03-01T11:58:30+00:00"));
        assert_eq!(at("2h").as_deref(), Some("2026-03-01T10:00:00+00:00"));
        assert_eq!(at("1d").as_deref(), Some("2026-02-28T12:00:00+00:00"));
        for wrong in ["", "h", "-1h", "2w", "2ü", "99999999999999999d", "yesterday"] {
            assert_eq!(at(wrong), None, "{wrong}");
        }
    }
}

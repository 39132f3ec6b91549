use std::time::Duration;

use clap::Args;
use greentic_env_store::conformance::{self, LocalStores, Report as Suited, Suite};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Clause, Clauses};
use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::Run;

/// Show clause by clause whether the local store keeps the contract of stores. Ends with 1 when it
/// does not.
///
/// It is run in temporary folders: no environment of yours is touched.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Examples:\n  gtc conformance store\n  gtc conformance store store.etags")]
pub(crate) struct Store {
    /// Only these clauses (`store.etags.are-strong`) or areas (`store.etags`).
    #[arg(value_name = "CLAUSE")]
    #[serde(default)]
    clauses: Vec<String>,
    /// List the clauses, and run none.
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    list: bool,
    /// How long one clause may take, in seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    time_limit: Option<u64>,
}

impl Run for Store {
    const NAME: Name = Name { noun: "conformance", op: "store" };

    fn run(self, session: &Session) -> Result<Answer, CliError> {
        if self.list {
            return Answer::of(&all_clauses());
        }
        let limit = self.time_limit.map_or(conformance::DEFAULT_TIME_LIMIT, Duration::from_secs);
        let mut suite = Suite::new(LocalStores).time_limit(limit);
        if !self.clauses.is_empty() {
            let names: Vec<&str> = self.clauses.iter().map(String::as_str).collect();
            suite = suite.only(&names).map_err(|error| CliError::Clause { name: error.name })?;
        }
        session.progress().step("running the clauses of the store's contract");
        let report = suite.run();
        let summary = report.summary;
        let failure = (!report.passed()).then(|| CliError::Conformance {
            what: "store",
            name: report.store.clone(),
            failed: summary.failed,
            all: summary.passed + summary.failed,
        });
        Ok(Answer::of(&report)?.failing(failure))
    }
}

fn all_clauses() -> Clauses {
    let clause = |clause: &conformance::Clause| Clause {
        clause: clause.id(),
        area: clause.area(),
        text: clause.text(),
    };
    Clauses { clauses: conformance::clauses().map(clause).collect() }
}

impl Report for Suited {
    fn view(&self) -> View {
        View::new().text(self.to_string().trim_end().to_owned())
    }
}

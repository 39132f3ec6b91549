//! `gtc conformance`: contracts that stores and deployers keep.

mod deployer;
mod store;

use std::time::Duration;

use greentic_conformance::{Contract, DEFAULT_TIME_LIMIT, Report as Judged, Suite};
use serde::Serialize;

pub(crate) use deployer::Deployer;
pub(crate) use store::Store;

use crate::error::CliError;
use crate::output::{Answer, Report, View};

super::verbs! { Store, Deployer }

/// The clauses of a contract.
#[derive(Serialize)]
struct Clauses {
    clauses: Vec<Clause>,
}

#[derive(Serialize)]
struct Clause {
    clause: &'static str,
    area: &'static str,
    text: &'static str,
}

fn all_clauses<C: Contract>() -> Clauses {
    let clause = |clause: &greentic_conformance::Clause<C>| Clause {
        clause: clause.id,
        area: clause.area,
        text: clause.text,
    };
    Clauses { clauses: C::clauses().map(clause).collect() }
}

impl Report for Clauses {
    fn view(&self) -> View {
        let rows = self.clauses.iter().map(|one| vec![one.clause.to_owned(), one.text.to_owned()]);
        View::new().table(&["CLAUSE", "WHAT HOLDS"], rows, "no clauses")
    }
}

/// The clauses of these names, or all when there is none; each may take so many seconds.
fn suite<C: Contract>(names: &[String], seconds: Option<u64>) -> Result<Suite<C>, CliError> {
    let suite = Suite::new().time_limit(seconds.map_or(DEFAULT_TIME_LIMIT, Duration::from_secs));
    if names.is_empty() {
        return Ok(suite);
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    suite.only(&names).map_err(|error| CliError::Clause { name: error.name })
}

/// A report as an answer, which fails when the contract is not kept.
fn judged(report: &Judged) -> Result<Answer, CliError> {
    let summary = report.summary;
    let (what, name) = (report.keeper, report.name.clone());
    let failure = match summary.failed {
        0 if report.passed() => None,
        0 => Some(CliError::NothingShown { what, name }),
        failed => {
            let all = summary.passed + failed;
            Some(CliError::Conformance { what, name, failed, all })
        }
    };
    Ok(Answer::of(report)?.failing(failure))
}

impl Report for Judged {
    fn view(&self) -> View {
        View::new().text(self.to_string().trim_end().to_owned())
    }
}

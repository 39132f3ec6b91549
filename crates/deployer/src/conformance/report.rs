use std::fmt;

use serde::Serialize;

use super::clause::{Check, Clause, Stop};
use crate::error::with_causes;

/// What the bench found.
///
/// As text (`Display`) for people: first what failed, then one line for each clause. As JSON
/// ([`Report::to_json`]) for tools. Both keep their layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The version of the layout.
    pub schema: &'static str,
    /// The deployer.
    pub deployer: String,
    passed: bool,
    /// How many clauses held.
    pub summary: Summary,
    /// Each clause, in the order of the bench.
    pub clauses: Vec<ClauseReport>,
}

/// How many clauses held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Summary {
    /// Clauses that held.
    pub passed: usize,
    /// Clauses that did not.
    pub failed: usize,
    /// Clauses that need what the subject does not tell.
    pub not_run: usize,
}

/// What was found about one clause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ClauseReport {
    /// The clause's id.
    pub clause: &'static str,
    /// What it is about.
    pub area: &'static str,
    /// What should hold.
    pub text: &'static str,
    /// Whether it held.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Whether a clause held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// It held.
    Passed,
    /// It did not.
    Failed {
        /// [`super::ConformanceFailure::code`].
        code: &'static str,
        /// What was seen, with its causes.
        seen: String,
    },
    /// The subject does not tell what it needs.
    NotRun {
        /// What is missing.
        why: &'static str,
    },
}

impl From<Check> for Verdict {
    fn from(check: Check) -> Self {
        match check {
            Ok(()) => Self::Passed,
            Err(Stop::NotRun(why)) => Self::NotRun { why },
            Err(Stop::Failed(failure)) => {
                Self::Failed { code: failure.code(), seen: shortened(with_causes(&failure)) }
            }
        }
    }
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "FAILED",
            Self::NotRun { .. } => "not-run",
        }
    }
}

/// Reports are for reading: whole documents do not belong there.
fn shortened(text: String) -> String {
    const LIMIT: usize = 800;
    match text.char_indices().nth(LIMIT) {
        None => text,
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
    }
}

impl Report {
    const SCHEMA: &'static str = "greentic.deployer-conformance.v1";

    pub(super) fn new(deployer: String, verdicts: Vec<(&Clause, Verdict)>) -> Self {
        let mut summary = Summary::default();
        let report = |(clause, verdict): (&Clause, Verdict)| {
            match verdict {
                Verdict::Passed => summary.passed += 1,
                Verdict::Failed { .. } => summary.failed += 1,
                Verdict::NotRun { .. } => summary.not_run += 1,
            }
            ClauseReport { clause: clause.id, area: clause.area, text: clause.text, verdict }
        };
        let clauses = verdicts.into_iter().map(report).collect();
        let passed = summary.failed == 0 && summary.passed > 0;
        Self { schema: Self::SCHEMA, deployer, passed, summary, clauses }
    }

    /// Whether every clause that was run held, and at least one was.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// The clauses that did not hold.
    pub fn failed(&self) -> impl Iterator<Item = &ClauseReport> {
        self.clauses.iter().filter(|clause| matches!(clause.verdict, Verdict::Failed { .. }))
    }

    /// The report as one JSON value.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Summary { passed, failed, not_run } = self.summary;
        let name = &self.deployer;
        writeln!(f, "deployer `{name}`: {passed} passed, {failed} failed, {not_run} not run")?;
        for clause in self.failed() {
            writeln!(f, "\n{clause}")?;
        }
        writeln!(f)?;
        for clause in &self.clauses {
            write!(f, "{:<7} {}", clause.verdict.word(), clause.clause)?;
            match clause.verdict {
                Verdict::NotRun { why } => writeln!(f, ": {why}")?,
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for ClauseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {}\n        {}", self.verdict.word(), self.clause, self.text)?;
        match &self.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Failed { code, seen } => write!(f, "\n        seen ({code}): {seen}"),
            Verdict::NotRun { why } => write!(f, "\n        not run because {why}"),
        }
    }
}

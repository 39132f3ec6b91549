use std::fmt;

use serde::Serialize;

use super::clause::Clause;
use super::subject::Capabilities;

/// What the suite found.
///
/// As text (`Display`) for people: first what failed, then one line for each clause. As JSON
/// ([`Report::to_json`]) for tools. Both keep their layout.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Report {
    /// The version of the layout.
    pub schema: &'static str,
    /// The store.
    pub store: String,
    /// What the store says that it can do.
    pub capabilities: Capabilities,
    passed: bool,
    /// How many clauses held.
    pub summary: Summary,
    /// Each clause that was run, in the order of the suite.
    pub clauses: Vec<ClauseReport>,
}

/// How many clauses held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// Clauses that held.
    pub passed: usize,
    /// Clauses that did not.
    pub failed: usize,
    /// Clauses that do not speak of this store.
    pub skipped: usize,
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
        /// What should have been seen.
        expected: String,
        /// What was seen.
        seen: String,
    },
    /// It does not speak of this store.
    Skipped {
        /// Why.
        why: String,
    },
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "FAILED",
            Self::Skipped { .. } => "skipped",
        }
    }
}

impl Report {
    pub(super) const SCHEMA: &'static str = "greentic.store-conformance.v1";

    pub(super) fn new(
        store: String,
        capabilities: Capabilities,
        verdicts: Vec<(&Clause, Verdict)>,
    ) -> Self {
        let mut summary = Summary::default();
        let report = |(clause, verdict): (&Clause, Verdict)| {
            match verdict {
                Verdict::Passed => summary.passed += 1,
                Verdict::Failed { .. } => summary.failed += 1,
                Verdict::Skipped { .. } => summary.skipped += 1,
            }
            ClauseReport { clause: clause.id, area: clause.area, text: clause.text, verdict }
        };
        let clauses = verdicts.into_iter().map(report).collect();
        let passed = summary.failed == 0 && summary.passed > 0;
        Self { schema: Self::SCHEMA, store, capabilities, passed, summary, clauses }
    }

    /// Whether every clause that speaks of the store held, and at least one did.
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
        let Summary { passed, failed, skipped } = self.summary;
        writeln!(f, "store `{}`: {passed} passed, {failed} failed, {skipped} skipped", self.store)?;
        let capabilities: Vec<_> = self.capabilities.iter().map(|c| c.as_str()).collect();
        writeln!(f, "it says that it has: {}", named(&capabilities))?;
        for clause in self.failed() {
            writeln!(f, "\n{clause}")?;
        }
        writeln!(f)?;
        for clause in &self.clauses {
            write!(f, "{:<7} {}", clause.verdict.word(), clause.clause)?;
            match &clause.verdict {
                Verdict::Skipped { why } => writeln!(f, ": {why}")?,
                _ => writeln!(f)?,
            }
        }
        Ok(())
    }
}

fn named(capabilities: &[&str]) -> String {
    if capabilities.is_empty() { "nothing more".to_owned() } else { capabilities.join(", ") }
}

impl fmt::Display for ClauseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {}\n        {}", self.verdict.word(), self.clause, self.text)?;
        match &self.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Failed { expected, seen } => {
                write!(f, "\n        expected: {expected}\n        seen:     {seen}")
            }
            Verdict::Skipped { why } => write!(f, "\n        skipped because {why}"),
        }
    }
}

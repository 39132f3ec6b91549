use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::{Broken, Capabilities, Capability, Check, Clause, Contract};

/// What a bench found.
///
/// As text (`Display`) for people: first what failed, then one line for each clause. As JSON
/// ([`Report::to_json`]) for tools. Both keep their layout; it is the same for every contract, but for
/// the name under which the JSON has what was judged ([`Contract::KEEPER`]).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What keeps the contract: [`Contract::KEEPER`].
    pub keeper: &'static str,
    /// What was judged.
    pub name: String,
    /// What it says that it can do beyond what all can, where the bench asks for it.
    pub capabilities: Option<Vec<String>>,
    /// How many clauses held.
    pub summary: Summary,
    /// Each clause of the suite, in its order.
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
    /// Clauses that do not speak of what was judged.
    pub skipped: usize,
    /// Clauses that speak of it, and could not be checked.
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
    Failed(Broken),
    /// It does not speak of what was judged: that lacks nothing.
    Skipped {
        /// Why.
        why: String,
    },
    /// It could not be checked, since the subject does not tell what it needs: nothing was shown.
    NotRun {
        /// What is missing.
        why: String,
    },
}

impl From<Check> for Verdict {
    fn from(check: Check) -> Self {
        check.map_or_else(Self::Failed, |()| Self::Passed)
    }
}

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed(_) => "FAILED",
            Self::Skipped { .. } => "skipped",
            Self::NotRun { .. } => "not-run",
        }
    }
}

impl Report {
    /// What was found about each clause of a suite, in its order.
    #[must_use]
    pub fn new<C: Contract>(
        name: impl Into<String>,
        verdicts: impl IntoIterator<Item = (&'static Clause<C>, Verdict)>,
    ) -> Self {
        let mut summary = Summary::default();
        let report = |(clause, verdict): (&Clause<C>, Verdict)| {
            summary.count(&verdict);
            ClauseReport { clause: clause.id, area: clause.area, text: clause.text, verdict }
        };
        let clauses = verdicts.into_iter().map(report).collect();
        Self { keeper: C::KEEPER, name: name.into(), capabilities: None, summary, clauses }
    }

    /// The report, with what the subject says that it can do.
    #[must_use]
    pub fn with_capabilities<K: Capability>(mut self, capabilities: &Capabilities<K>) -> Self {
        self.capabilities = Some(capabilities.iter().map(|one| one.to_string()).collect());
        self
    }

    /// Whether no clause failed, and at least one held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.summary.failed == 0 && self.summary.passed > 0
    }

    /// The clauses that did not hold.
    pub fn failed(&self) -> impl Iterator<Item = &ClauseReport> {
        self.clauses.iter().filter(|clause| matches!(clause.verdict, Verdict::Failed(_)))
    }

    /// The report as one JSON value.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl Summary {
    fn count(&mut self, verdict: &Verdict) {
        let count = match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Failed(_) => &mut self.failed,
            Verdict::Skipped { .. } => &mut self.skipped,
            Verdict::NotRun { .. } => &mut self.not_run,
        };
        *count += 1;
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let schema = format!("greentic.{}-conformance.v1", self.keeper);
        map.serialize_entry("schema", &schema)?;
        map.serialize_entry(self.keeper, &self.name)?;
        if let Some(capabilities) = &self.capabilities {
            map.serialize_entry("capabilities", capabilities)?;
        }
        map.serialize_entry("passed", &self.passed())?;
        map.serialize_entry("summary", &self.summary)?;
        map.serialize_entry("clauses", &self.clauses)?;
        map.end()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} `{}`: {}", self.keeper, self.name, self.summary)?;
        if let Some(capabilities) = &self.capabilities {
            let has = match capabilities.as_slice() {
                [] => "nothing more".to_owned(),
                all => all.join(", "),
            };
            writeln!(f, "it says that it has: {has}")?;
        }
        for clause in self.failed() {
            writeln!(f, "\n{clause}")?;
        }
        writeln!(f)?;
        for ClauseReport { clause, verdict, .. } in &self.clauses {
            write!(f, "{:<7} {clause}", verdict.word())?;
            match verdict {
                Verdict::Skipped { why } | Verdict::NotRun { why } => writeln!(f, ": {why}")?,
                Verdict::Passed | Verdict::Failed(_) => writeln!(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, failed, skipped, not_run } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped, {not_run} not run")
    }
}

impl fmt::Display for ClauseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {}\n        {}", self.verdict.word(), self.clause, self.text)?;
        match &self.verdict {
            Verdict::Passed => Ok(()),
            Verdict::Failed(broken) => write!(f, "{broken}"),
            Verdict::Skipped { why } => write!(f, "\n        skipped because {why}"),
            Verdict::NotRun { why } => write!(f, "\n        not run because {why}"),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(expected) = &self.expected {
            write!(f, "\n        expected: {expected}")?;
        }
        match self.code {
            None => write!(f, "\n        seen:     {}", self.seen),
            Some(code) => write!(f, "\n        seen ({code}): {}", self.seen),
        }
    }
}

use std::any::Any;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use super::clause::{Broken, Check, Clause};
use super::clauses::clauses;
use super::report::{Report, Verdict};
use super::subject::Subject;
use super::trial::{Progress, Trial};

/// How long a clause may take, unless [`Suite::time_limit`] says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Runs all clauses.
#[must_use]
pub fn run(subject: impl Subject + 'static) -> Report {
    Suite::new(subject).run()
}

/// Clauses, and the store that they are run against.
pub struct Suite {
    subject: Arc<dyn Subject>,
    clauses: Vec<&'static Clause>,
    time_limit: Duration,
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite").field("clauses", &self.clauses).finish_non_exhaustive()
    }
}

/// A clause or area that the suite does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no clause and no area `{name}`; `conformance::clauses()` lists them")]
pub struct UnknownClause {
    /// What was asked for.
    pub name: String,
}

impl Suite {
    /// All clauses.
    #[must_use]
    pub fn new(subject: impl Subject + 'static) -> Self {
        Self {
            subject: Arc::new(subject),
            clauses: clauses().collect(),
            time_limit: DEFAULT_TIME_LIMIT,
        }
    }

    /// Only these clauses, each named by its id (`store.etags.strong`), or by its area
    /// (`store.etags`).
    ///
    /// # Errors
    /// [`UnknownClause`] when a name is neither.
    pub fn only(mut self, names: &[&str]) -> Result<Self, UnknownClause> {
        let named = |clause: &Clause, name: &str| {
            clause.id == name || name.strip_prefix("store.") == Some(clause.area)
        };
        for name in names {
            if !clauses().any(|clause| named(clause, name)) {
                return Err(UnknownClause { name: (*name).to_owned() });
            }
        }
        self.clauses.retain(|clause| names.iter().any(|name| named(clause, name)));
        Ok(self)
    }

    /// Lets each clause take this long. One that takes longer fails, and its thread is left behind.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Runs the clauses one after the other, each against a fresh store.
    #[must_use]
    pub fn run(&self) -> Report {
        let capabilities = self.subject.capabilities();
        let verdict = |clause: &&'static Clause| match clause.skipped_by(&capabilities) {
            Some(why) => (*clause, Verdict::Skipped { why }),
            None => (*clause, self.verdict(clause)),
        };
        let verdicts = self.clauses.iter().map(verdict).collect();
        Report::new(self.subject.name(), capabilities, verdicts)
    }

    fn verdict(&self, clause: &'static Clause) -> Verdict {
        match self.check(clause) {
            Ok(()) => Verdict::Passed,
            Err(Broken { expected, seen }) => Verdict::Failed { expected, seen },
        }
    }

    /// Runs a clause on a thread of its own, so that a store that panics or hangs fails one clause
    /// and not the suite.
    fn check(&self, clause: &'static Clause) -> Check {
        let subject = Arc::clone(&self.subject);
        let progress = Progress::default();
        let (done, finished) = channel();
        let work = {
            let progress = progress.clone();
            move || {
                let check = Trial::new(subject, progress).and_then(clause.check);
                // Nobody listens any more once the time is over.
                let _ = done.send(check);
            }
        };
        let thread = std::thread::Builder::new().name(clause.id.to_owned()).spawn(work);
        let thread = thread.map_err(|error| {
            Broken::new("a thread for the clause", format!("the machine gives none: {error}"))
        })?;
        match finished.recv_timeout(self.time_limit) {
            Ok(check) => check,
            Err(RecvTimeoutError::Timeout) => Err(Broken::new(
                format!("the clause to end within {:?}", self.time_limit),
                format!("it still waits for {}", progress.told()),
            )),
            Err(RecvTimeoutError::Disconnected) => Err(Broken::new(
                "no panic",
                thread.join().err().map_or_else(String::new, |panic| message(&*panic)),
            )),
        }
    }
}

/// What a panic says.
pub(super) fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    format!("a panic: {}", text.unwrap_or("without a message"))
}

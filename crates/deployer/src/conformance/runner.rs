use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::clause::{Check, Clause, Stop};
use super::clauses::clauses;
use super::failure::ConformanceFailure;
use super::report::{Report, Verdict};
use super::subject::{Provider, Subject};
use super::trial::Trial;
use crate::Deployer;

/// How long a clause may take, unless [`Suite::time_limit`] says otherwise.
pub const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

/// Judges a deployer alone by the clauses that need no more: on [`super::build_fixture_env`], without
/// answers, all on the same provider.
///
/// # Errors
/// The first clause that does not hold.
pub async fn run_conformance<D: Deployer + ?Sized>(deployer: &D) -> Result<(), ConformanceFailure> {
    let trial = Trial::alone(&deployer);
    for clause in clauses() {
        match (clause.check)(&trial).await {
            Ok(()) | Err(Stop::NotRun(_)) => {}
            Err(Stop::Failed(failure)) => return Err(failure),
        }
    }
    Ok(())
}

/// Runs all clauses.
///
/// # Panics
/// Outside of a tokio runtime with its clock.
pub async fn run(subject: &dyn Subject) -> Report {
    Suite::new().run(subject).await
}

/// Clauses, and how long each may take.
#[derive(Clone, Debug)]
pub struct Suite {
    clauses: Vec<&'static Clause>,
    time_limit: Duration,
}

impl Default for Suite {
    fn default() -> Self {
        Self { clauses: clauses().collect(), time_limit: DEFAULT_TIME_LIMIT }
    }
}

/// A clause or area that the bench does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no clause and no area `{name}`; `conformance::clauses()` lists them")]
pub struct UnknownClause {
    /// What was asked for.
    pub name: String,
}

impl Suite {
    /// All clauses.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these clauses, each named by its id (`deployer.idempotency.warm`), or by its area
    /// (`deployer.idempotency`).
    ///
    /// # Errors
    /// [`UnknownClause`] when a name is neither.
    pub fn only(mut self, names: &[&str]) -> Result<Self, UnknownClause> {
        let named = |clause: &Clause, name: &str| {
            clause.id == name || name.strip_prefix("deployer.") == Some(clause.area)
        };
        for name in names {
            if !clauses().any(|clause| named(clause, name)) {
                return Err(UnknownClause { name: (*name).to_owned() });
            }
        }
        self.clauses.retain(|clause| names.iter().any(|name| named(clause, name)));
        Ok(self)
    }

    /// Lets each clause take this long. One that takes longer fails, and is dropped where it waits.
    #[must_use]
    pub fn time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// Runs the clauses one after the other, each against a fresh provider.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its clock.
    pub async fn run(&self, subject: &dyn Subject) -> Report {
        let mut verdicts = Vec::with_capacity(self.clauses.len());
        for clause in &self.clauses {
            let check = unless_it_panics(self.within_time(clause, subject)).await;
            verdicts.push((*clause, Verdict::from(check)));
        }
        Report::new(subject.name(), verdicts)
    }

    async fn within_time(&self, clause: &Clause, subject: &dyn Subject) -> Check {
        let limit = self.time_limit;
        match tokio::time::timeout(limit, on_fresh(clause, subject)).await {
            Ok(check) => check,
            Err(_) => Err(ConformanceFailure::TimedOut { limit }.into()),
        }
    }
}

async fn on_fresh(clause: &Clause, subject: &dyn Subject) -> Check {
    let what = "give a fresh provider";
    let provider = subject.fresh().await;
    let provider: Box<dyn Provider> =
        provider.map_err(|source| ConformanceFailure::Subject { what, source })?;
    (clause.check)(&Trial::with(&*provider)).await
}

/// A deployer that panics fails one clause and not the bench.
async fn unless_it_panics(check: impl Future<Output = Check>) -> Check {
    let mut check = Box::pin(check);
    std::future::poll_fn(|context| {
        // What a panic leaves half done is dropped with the clause's provider.
        let polled = catch_unwind(AssertUnwindSafe(|| check.as_mut().poll(context)));
        polled.unwrap_or_else(|panic| {
            let message = message(&*panic);
            Poll::Ready(Err(ConformanceFailure::Panicked { message }.into()))
        })
    })
    .await
}

/// What a panic says.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a message").to_owned()
}

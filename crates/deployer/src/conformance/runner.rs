use std::time::Duration;

use greentic_conformance::{Broken, Report, Verdict, unless_it_panics};

use super::clauses::clauses;
use super::contract::{Check, Clause, Stop, Suite};
use super::failure::ConformanceFailure;
use super::subject::{Provider, Subject};
use super::trial::Trial;
use crate::Deployer;

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
    run_suite(&Suite::new(), subject).await
}

/// Runs the clauses of a suite one after the other, each against a fresh provider. One that takes too
/// long is dropped where it waits.
///
/// # Panics
/// Outside of a tokio runtime with its clock.
pub async fn run_suite(suite: &Suite, subject: &dyn Subject) -> Report {
    let mut verdicts = Vec::new();
    for clause in suite.clauses() {
        verdicts.push((clause, verdict(clause, subject, suite.limit()).await));
    }
    Report::new(subject.name(), verdicts)
}

async fn verdict(clause: &Clause, subject: &dyn Subject, limit: Duration) -> Verdict {
    let check = unless_it_panics(on_fresh(clause, subject));
    let in_time = tokio::time::timeout(limit, check).await;
    match in_time.unwrap_or_else(|_| Err(Broken::timed_out(limit, "an answer"))) {
        Ok(Ok(())) => Verdict::Passed,
        Ok(Err(stop)) => stop.into(),
        Err(broken) => Verdict::Failed(broken),
    }
}

async fn on_fresh(clause: &Clause, subject: &dyn Subject) -> Check {
    let what = "give a fresh provider";
    let provider = subject.fresh().await;
    let provider: Box<dyn Provider> =
        provider.map_err(|source| ConformanceFailure::Subject { what, source })?;
    (clause.check)(&Trial::with(&*provider)).await
}

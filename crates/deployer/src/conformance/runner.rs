use std::time::Duration;

use greentic_conformance::{Broken, Report, Verdict, unless_it_panics};

use super::clauses::clauses;
use super::contract::{Clause, Stop, Suite};
use super::failure::ConformanceFailure;
use super::subject::Subject;
use super::trial::Trial;
use crate::{Capabilities, Deployer};

/// Judges a deployer alone by the clauses that need no more and speak of it: on
/// [`super::build_fixture_env`], without answers, all on the same provider.
///
/// # Errors
/// The first clause that does not hold.
pub async fn run_conformance<D: Deployer + ?Sized>(deployer: &D) -> Result<(), ConformanceFailure> {
    let trial = Trial::alone(&deployer);
    let capabilities = deployer.capabilities();
    for clause in clauses().filter(|clause| clause.skipped(&capabilities).is_none()) {
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
/// long is dropped where it waits. One that does not speak of a deployer with these capabilities is
/// skipped, with the reason.
///
/// # Panics
/// Outside of a tokio runtime with its clock.
pub async fn run_suite(suite: &Suite, subject: &dyn Subject) -> Report {
    let mut told = None;
    let mut verdicts = Vec::new();
    for clause in suite.clauses() {
        verdicts.push((clause, verdict(clause, subject, suite.limit(), &mut told).await));
    }
    let report = Report::new(subject.name(), verdicts);
    match told {
        Some(capabilities) => report.with_capabilities(&capabilities),
        None => report,
    }
}

async fn verdict(
    clause: &Clause,
    subject: &dyn Subject,
    limit: Duration,
    told: &mut Option<Capabilities>,
) -> Verdict {
    let check = unless_it_panics(on_fresh(clause, subject, told));
    let in_time = tokio::time::timeout(limit, check).await;
    match in_time.unwrap_or_else(|_| Err(Broken::timed_out(limit, "an answer"))) {
        Ok(verdict) => verdict,
        Err(broken) => Verdict::Failed(broken),
    }
}

/// Checks a clause on a provider of its own, whose deployer tells its capabilities.
async fn on_fresh(
    clause: &Clause,
    subject: &dyn Subject,
    told: &mut Option<Capabilities>,
) -> Verdict {
    let provider = match subject.fresh().await {
        Ok(provider) => provider,
        Err(source) => {
            let what = "give a fresh provider";
            return Stop::from(ConformanceFailure::Subject { what, source }).into();
        }
    };
    let capabilities = provider.deployer().capabilities();
    let skipped = clause.skipped(&capabilities);
    *told = Some(capabilities);
    match skipped {
        Some(skipped) => skipped,
        None => (clause.check)(&Trial::with(&*provider))
            .await
            .map_or_else(Verdict::from, |()| Verdict::Passed),
    }
}

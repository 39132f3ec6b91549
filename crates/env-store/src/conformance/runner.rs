use std::sync::Arc;

use greentic_conformance::Report;

use super::contract::Suite;
use super::subject::Subject;
use super::trial::Trial;

/// Runs all clauses.
#[must_use]
pub fn run(subject: impl Subject + 'static) -> Report {
    run_suite(&Suite::new(), subject)
}

/// Runs the clauses of a suite one after the other, each against a fresh store and on a thread of its
/// own. A thread that takes too long is left behind.
#[must_use]
pub fn run_suite(suite: &Suite, subject: impl Subject + 'static) -> Report {
    let subject: Arc<dyn Subject> = Arc::new(subject);
    let capabilities = subject.capabilities();
    let verdicts = suite.clauses().map(|clause| {
        let skipped = clause.skipped(&capabilities);
        let verdict = skipped.unwrap_or_else(|| {
            let (subject, check) = (Arc::clone(&subject), clause.check);
            suite.on_thread(clause, move |at| Trial::new(subject, at).and_then(check)).into()
        });
        (clause, verdict)
    });
    Report::new(subject.name(), verdicts).with_capabilities(&capabilities)
}

use std::collections::BTreeSet;
use std::time::Duration;

use greentic_deployer::conformance::{
    self, ConformanceFailure, Report, Suite, Verdict, run_conformance, run_suite,
};
use greentic_deployer::{Capabilities, Capability, Deployer, DeployerError};

use super::fake::Fake;
use super::fakes::Fakes;
use super::lies::Lie;

/// Each lie, with what the bench must say of it: the code, and the clauses that fail.
const CASES: [(Lie, &str, &[&str]); 38] = [
    (Lie::Once("stage_revision"), "not-idempotent", &["idempotency.stage"]),
    (Lie::Once("warm_revision"), "not-idempotent", &["idempotency.warm"]),
    (Lie::Once("drain_revision"), "not-idempotent", &["idempotency.drain"]),
    (Lie::Once("archive_revision"), "not-idempotent", &["idempotency.archive"]),
    (Lie::Once("apply_traffic_split"), "not-idempotent", &["splits.idempotent"]),
    (Lie::SplitOnceBeside, "not-idempotent", &["splits.idempotent-beside"]),
    (Lie::TakesUnknown, "unknown-revision-accepted", &["preconditions.unknown-revision"]),
    (Lie::UnknownInOwnWords, "unknown-revision-wrong-error", &["preconditions.unknown-revision"]),
    (Lie::TakesAnySum, "invalid-split-accepted", &["preconditions.invalid-split"]),
    (Lie::SumInOwnWords, "invalid-split-wrong-error", &["preconditions.invalid-split"]),
    (Lie::TakesMissing, "missing-split-accepted", &["preconditions.missing-split"]),
    (Lie::MissingInOwnWords, "missing-split-wrong-error", &["preconditions.missing-split"]),
    (Lie::TellsOther, "cross-deployment-interference", &["splits.outcome"]),
    (Lie::TellsOtherShares, "cross-deployment-interference", &["splits.outcome"]),
    (Lie::ReportsNothing, "runtime-config-drift", &["runtime-config.projection"]),
    (Lie::Promises(Capability::Observe), "capability-misdeclared", &["capabilities.observe"]),
    (Lie::Promises(Capability::Plan), "capability-misdeclared", &["capabilities.plan"]),
    (Lie::Promises(Capability::Reconcile), "capability-misdeclared", &["capabilities.reconcile"]),
    (Lie::Promises(Capability::Destroy), "capability-misdeclared", &["capabilities.destroy"]),
    (Lie::Promises(Capability::Fence), "capability-misdeclared", &["capabilities.fence"]),
    (
        Lie::InSilence(Capability::Observe),
        "capability-misdeclared",
        &["capabilities.without-observe"],
    ),
    (Lie::InSilence(Capability::Plan), "capability-misdeclared", &["capabilities.without-plan"]),
    (
        Lie::InSilence(Capability::Reconcile),
        "capability-misdeclared",
        &["capabilities.without-reconcile"],
    ),
    (
        Lie::InSilence(Capability::Destroy),
        "capability-misdeclared",
        &["capabilities.without-destroy"],
    ),
    (Lie::InSilence(Capability::Fence), "capability-misdeclared", &["capabilities.without-fence"]),
    (Lie::ChangesByObserving, "provider-changed", &["environment.observe-changes-nothing"]),
    (Lie::ChangesByPlanning, "provider-changed", &["environment.plan-changes-nothing"]),
    (Lie::ReconcilesForEver, "never-done", &["environment.reconcile-again"]),
    (Lie::PlansForEver, "never-done", &["environment.plan-after-reconcile"]),
    (Lie::DestroysForEver, "never-done", &["environment.destroy-again"]),
    (Lie::TakesStale, "stale-accepted", &["environment.stale-fence"]),
    (Lie::StaleInOwnWords, "stale-wrong-error", &["environment.stale-fence"]),
    (Lie::AsksFirst, "provider-changed", &["preconditions.nothing-is-called"]),
    (Lie::SplitsFirst, "provider-changed", &["preconditions.nothing-is-called"]),
    (Lie::MakesMore, "provider-changed", &["resumption.second-call-changes-nothing"]),
    (Lie::GivesUp, "not-resumable", &["resumption.after-a-failure"]),
    (Lie::Forgets, "not-resumable", &["resumption.after-a-lost-answer"]),
    (Lie::CannotWarm, "happy-path-failed", &["idempotency.warm"]),
];

fn failed(report: &Report) -> Vec<&'static str> {
    report.failed().map(|clause| clause.clause).collect()
}

fn code(report: &Report, clause: &str) -> &'static str {
    let found = report.clauses.iter().find(|one| one.clause == clause).unwrap();
    match &found.verdict {
        Verdict::Failed(broken) => broken.code.unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_deployer_that_keeps_the_contract_passes() {
    for fakes in [Fakes::honest(), Fakes::plain()] {
        let report = conformance::run(&fakes).await;
        assert!(report.passed(), "{report}");
        assert_eq!(report.summary.not_run, 0, "{report}");
    }
    run_conformance(&Fake::honest()).await.unwrap();
    run_conformance(&Fake::plain()).await.unwrap();
}

#[tokio::test]
async fn a_clause_about_what_a_deployer_does_not_say_that_it_can_is_skipped_with_the_reason() {
    let report = conformance::run(&Fakes::plain()).await;
    let skipped = report.clauses.iter().filter_map(|one| match &one.verdict {
        Verdict::Skipped { why } => Some((one.clause, why.as_str())),
        _ => None,
    });
    let skipped: Vec<_> = skipped.collect();
    let lacks = |what| format!("the deployer does not say that it has `{what}`");
    for (clause, what) in [
        ("deployer.capabilities.observe", "observe"),
        ("deployer.environment.plan-after-reconcile", "plan"),
        ("deployer.environment.stale-fence", "reconcile"),
    ] {
        assert!(skipped.contains(&(clause, &lacks(what))), "{clause}: {report}");
    }
    assert_eq!(skipped.len(), 11, "{report}");
    let able = conformance::run(&Fakes::honest()).await;
    assert_eq!(able.summary.skipped, 5, "{able}");
    assert_eq!(able.capabilities.unwrap().len(), Capabilities::all().iter().count());
}

#[tokio::test]
async fn a_deployer_behind_a_pointer_is_judged_too() {
    let deployer: Box<dyn Deployer> = Box::new(Fake::honest());
    run_conformance(&*deployer).await.unwrap();
}

#[tokio::test]
async fn each_lie_is_found_and_named() {
    for (lie, expected, clauses) in CASES {
        let report = conformance::run(&Fakes::lying(lie)).await;
        for clause in clauses {
            let clause = format!("deployer.{clause}");
            assert!(failed(&report).contains(&clause.as_str()), "{lie:?}: {report}");
            assert_eq!(code(&report, &clause), expected, "{lie:?}: {report}");
        }
        assert!(!report.passed());
    }
}

#[test]
fn each_clause_finds_at_least_one_lie() {
    let found: BTreeSet<_> =
        CASES.iter().flat_map(|case| case.2).map(|clause| format!("deployer.{clause}")).collect();
    let all: BTreeSet<_> = conformance::clauses().map(|clause| clause.id.to_owned()).collect();
    assert_eq!(found, all);
}

#[tokio::test]
async fn alone_a_deployer_fails_with_the_first_clause_that_does_not_hold() {
    let failure = run_conformance(&Fake::lying(Lie::Once("warm_revision"))).await.unwrap_err();
    let ConformanceFailure::NotIdempotent { verb: "warm_revision", source } = failure else {
        panic!("{failure}");
    };
    assert_eq!(source, DeployerError::Provider("done before".to_owned()));
    let failure = run_conformance(&Fake::lying(Lie::TakesAnySum)).await.unwrap_err();
    assert!(matches!(failure, ConformanceFailure::InvalidSplitAccepted { sum: 9_000 }));
}

#[tokio::test]
async fn a_panic_fails_its_clauses_and_no_others() {
    let report = conformance::run(&Fakes::lying(Lie::Panics)).await;
    assert_eq!(code(&report, "deployer.idempotency.warm"), "panicked");
    assert!(!failed(&report).contains(&"deployer.idempotency.drain"), "{report}");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_fails_when_its_time_is_over() {
    let suite = Suite::new().time_limit(Duration::from_secs(5));
    let report = run_suite(&suite, &Fakes::lying(Lie::Hangs)).await;
    assert_eq!(code(&report, "deployer.idempotency.warm"), "timed-out");
    assert!(!failed(&report).contains(&"deployer.idempotency.drain"), "{report}");
}

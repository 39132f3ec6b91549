use async_trait::async_trait;
use greentic_deployer::Deployer;
use greentic_deployer::conformance::{self, Provider, Subject, SubjectError, Suite, run_suite};
use serde_json::json;

use super::fake::Fake;
use super::fakes::Fakes;
use super::lies::Lie;

/// Tells nothing but its deployer.
struct Silent(Fake);

impl Provider for Silent {
    fn deployer(&self) -> &dyn Deployer {
        &self.0
    }
}

struct SilentFakes;

#[async_trait]
impl Subject for SilentFakes {
    fn name(&self) -> String {
        "silent".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        Ok(Box::new(Silent(Fake::plain())))
    }
}

struct NoProvider;

#[async_trait]
impl Subject for NoProvider {
    fn name(&self) -> String {
        "none".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        Err("the cluster is gone".into())
    }
}

#[tokio::test]
async fn a_clause_that_needs_what_is_not_told_is_not_run_and_not_passed() {
    let report = conformance::run(&SilentFakes).await;
    assert!(report.passed(), "{report}");
    assert_eq!((report.summary.passed, report.summary.not_run), (16, 4), "{report}");
    let text = report.to_string();
    let line = "not-run deployer.resumption.after-a-failure: \
                the provider cannot `inject()` this fault";
    assert!(text.contains(line), "{text}");
}

#[tokio::test]
async fn a_subject_that_fails_is_told_with_its_reason() {
    let suite = Suite::new().only(&["deployer.idempotency.stage"]).unwrap();
    let report = run_suite(&suite, &NoProvider).await;
    assert!(report.to_string().contains("fresh provider: the cluster is gone"), "{report}");
}

#[tokio::test]
async fn a_report_as_text_tells_what_failed_first() {
    let suite = Suite::new().only(&["deployer.idempotency"]).unwrap();
    let report = run_suite(&suite, &Fakes::lying(Lie::Once("drain_revision"))).await;
    let expected = "\
deployer `fake`: 3 passed, 1 failed, 0 skipped, 0 not run
it says that it has: observe, plan, reconcile, destroy, fence

FAILED  deployer.idempotency.drain
        Draining a revision that is drained already succeeds.
        seen (not-idempotent): `drain_revision` failed the second time; a verb that has nothing \
                    left to do succeeds: done before

passed  deployer.idempotency.stage
passed  deployer.idempotency.warm
FAILED  deployer.idempotency.drain
passed  deployer.idempotency.archive
";
    assert_eq!(report.to_string(), expected);
}

#[tokio::test]
async fn a_report_as_json_has_every_clause() {
    let suite = Suite::new().only(&["deployer.splits.idempotent"]).unwrap();
    let report = run_suite(&suite, &Fakes::plain().telling(Lie::Once("apply_traffic_split"))).await;
    let seen = "`apply_traffic_split` failed the second time; a verb that has nothing left to do \
                succeeds: done before";
    let expected = json!({
        "schema": "greentic.deployer-conformance.v1",
        "deployer": "fake",
        "capabilities": [],
        "passed": false,
        "summary": { "passed": 0, "failed": 1, "skipped": 0, "not-run": 0 },
        "clauses": [{
            "clause": "deployer.splits.idempotent",
            "area": "splits",
            "text": "Applying a split that is applied already succeeds.",
            "verdict": "failed",
            "code": "not-idempotent",
            "seen": seen,
        }],
    });
    assert_eq!(report.to_json(), expected);
}

#[test]
fn ids_of_clauses_stay_as_they_are() {
    let ids: Vec<_> = conformance::clauses().map(|clause| clause.id).collect();
    assert_eq!(
        ids,
        [
            "deployer.idempotency.stage",
            "deployer.idempotency.warm",
            "deployer.idempotency.drain",
            "deployer.idempotency.archive",
            "deployer.preconditions.unknown-revision",
            "deployer.preconditions.invalid-split",
            "deployer.preconditions.missing-split",
            "deployer.splits.idempotent",
            "deployer.splits.idempotent-beside",
            "deployer.splits.outcome",
            "deployer.runtime-config.projection",
            "deployer.capabilities.observe",
            "deployer.capabilities.plan",
            "deployer.capabilities.reconcile",
            "deployer.capabilities.destroy",
            "deployer.capabilities.fence",
            "deployer.capabilities.without-observe",
            "deployer.capabilities.without-plan",
            "deployer.capabilities.without-reconcile",
            "deployer.capabilities.without-destroy",
            "deployer.capabilities.without-fence",
            "deployer.preconditions.nothing-is-called",
            "deployer.resumption.second-call-changes-nothing",
            "deployer.resumption.after-a-failure",
            "deployer.resumption.after-a-lost-answer",
            "deployer.environment.observe-changes-nothing",
            "deployer.environment.plan-changes-nothing",
            "deployer.environment.reconcile-again",
            "deployer.environment.plan-after-reconcile",
            "deployer.environment.destroy-again",
            "deployer.environment.stale-fence",
        ]
    );
}

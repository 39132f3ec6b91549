//! What is not ready does not serve.

use std::fs;

use greentic_deploy_spec::HealthCheckId;
use greentic_operations::{DeploymentSelector, Mode, OpError, StageOptions, StageRequest};

use crate::lab::Lab;

fn failed_checks(error: OpError) -> Vec<HealthCheckId> {
    let hint = error.hint().unwrap();
    assert!(hint.contains("gtc op revisions warm"), "{hint}");
    match error {
        OpError::HealthGate { failed_checks, .. } => failed_checks,
        other => panic!("{other:?}"),
    }
}

fn lifecycle(lab: &Lab) -> String {
    lab.environment().revisions.last().unwrap().lifecycle.to_string()
}

/// A second version that is staged and not warmed.
fn staged() -> Lab {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let request = StageRequest {
        env_id: lab.env_id.clone(),
        deployment: DeploymentSelector::Only,
        bundle: lab.worker("hello", "two"),
        options: StageOptions::default(),
        key: None,
    };
    let told = lab.operator.stage(&request, Mode::Commit).unwrap().result;
    assert_eq!((told.sequence, told.lifecycle.as_str()), (2, "staged"));
    lab
}

#[test]
fn a_provider_that_cannot_run_it_fails_it_and_the_next_try_may_pass() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    lab.calls.refuse("warm");
    let request = lab.request("hello", "two");
    let error = lab.try_deploy(&request).unwrap_err();
    assert!(error.to_string().contains("warm does not work today"), "{error}");
    assert_eq!((error.code(), error.kind()), ("health-gate-failed", "conflict"));
    assert_eq!(failed_checks(error), [HealthCheckId::ProviderHealth]);
    assert_eq!(lifecycle(&lab), "failed");
    let split = lab.environment().traffic_splits[0].clone();
    assert_eq!(split.weight_of(first.revision_id), Some(10_000));
    // The next command that is named works, and so does the same deploy.
    let again = lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert_eq!(failed_checks(again), [HealthCheckId::ProviderHealth]);
    lab.calls.accept_all();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!(lifecycle(&lab), "ready");
    lab.try_deploy(&request).unwrap();
    lab.check_only(2);
}

#[test]
fn files_that_are_not_those_that_were_staged_fail_it() {
    let lab = staged();
    let revision = lab.environment().revisions[1].clone();
    let pack = lab.folder_of(&revision).packs()[0].path.clone();
    let bytes = fs::read(&pack).unwrap();
    fs::write(&pack, [bytes.as_slice(), b"\n"].concat()).unwrap();
    lab.calls.take();
    let error = lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert!(error.to_string().contains("hello.gtpack"), "{error}");
    assert_eq!(failed_checks(error), [HealthCheckId::RuntimeConfig]);
    assert_eq!(lab.calls.take(), [""; 0], "the provider need not be asked");
    assert_eq!(lifecycle(&lab), "failed");
    fs::write(&pack, bytes).unwrap();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!(lifecycle(&lab), "ready");
}

#[test]
fn a_revision_that_is_ready_is_left_alone() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let generation = lab.generation();
    lab.calls.take();
    lab.operator.warm(&lab.on("@latest"), Mode::Commit).unwrap();
    assert_eq!((lab.generation(), lab.calls.take().len()), (generation, 0));
}

#[test]
fn without_a_deployer_nothing_is_recorded() {
    let lab = staged();
    let mut operator = lab.operator.clone();
    operator.registry = std::sync::Arc::default();
    let generation = lab.generation();
    let error = operator.warm(&lab.on("@latest"), Mode::Commit).unwrap_err();
    assert_eq!(error.code(), "env-pack-unknown", "{error}");
    assert_eq!(lab.generation(), generation);
}

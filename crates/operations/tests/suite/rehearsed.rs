//! A dry run tells what would be recorded, and records nothing.

use std::collections::BTreeSet;

use greentic_deploy_spec::EnvId;
use greentic_env_store::{DocumentDiff, EnvironmentHistory};
use greentic_operations::{Mode, RemoveBundleRequest, Report, SetTrafficRequest};

use crate::lab::Lab;

/// What a change touches, without values: times and what follows from them differ from run to run.
fn touched(diffs: &[DocumentDiff]) -> BTreeSet<String> {
    let steps = diffs.iter().flat_map(|diff| {
        diff.patch.0.iter().map(|step| format!("{} {}", diff.document, step.path()))
    });
    steps.collect()
}

/// Runs dry, then in earnest, and compares.
fn check<T>(lab: &Lab, run: impl Fn(Mode) -> Report<T>) -> T {
    let (before, generation) = (lab.files(), lab.generation());
    lab.calls.take();
    let dry = run(Mode::DryRun);
    assert_eq!(lab.files(), before, "a dry run writes nothing");
    assert_eq!(lab.calls.take(), [""; 0], "a dry run calls no provider");
    let changes = touched(&dry.changes.unwrap());
    assert!(!changes.is_empty());
    let real = run(Mode::Commit);
    assert!(real.changes.is_none());
    let env_id: &EnvId = &lab.env_id;
    let made = lab.store.inner.diff(env_id, generation, lab.generation()).unwrap();
    assert_eq!(changes, touched(&made));
    real.result
}

#[test]
fn of_every_verb_the_changes_are_those_of_the_commit() {
    let lab = Lab::new();
    let operator = &lab.operator;
    let (one, two) = (lab.request("hello", "one"), lab.request("hello", "two"));
    let first = check(&lab, |mode| operator.deploy(&one, mode).unwrap());
    let second = check(&lab, |mode| operator.deploy(&two, mode).unwrap());
    let old = lab.on(&first.revision_id.to_string());
    check(&lab, |mode| operator.rollback_traffic(&lab.of("hello"), mode).unwrap());
    let split = SetTrafficRequest {
        env_id: lab.env_id.clone(),
        deployment: "hello".parse().unwrap(),
        entries: vec![("@latest".parse().unwrap(), "100%".parse().unwrap())],
        updated_by: "tests".to_owned(),
        authorization_ref: None,
        key: None,
    };
    check(&lab, |mode| operator.set_traffic(&split, mode).unwrap());
    check(&lab, |mode| operator.drain(&old, mode).unwrap());
    check(&lab, |mode| operator.archive(&old, mode).unwrap());
    check(&lab, |mode| operator.clear_traffic(&lab.of("hello"), mode).unwrap());
    let new = lab.on(&second.revision_id.to_string());
    check(&lab, |mode| operator.archive(&new, mode).unwrap());
    let remove = RemoveBundleRequest {
        env_id: lab.env_id.clone(),
        deployment: "hello".parse().unwrap(),
        key: None,
    };
    check(&lab, |mode| operator.remove_bundle(&remove, mode).unwrap());
    assert_eq!(lab.folders().revisions, []);
}

#[test]
fn what_would_be_refused_is_refused() {
    let lab = Lab::untrusting();
    let request = lab.request("hello", "one");
    assert!(lab.operator.deploy(&request, Mode::DryRun).is_err());
    assert!(!lab.env_root().join("revisions").exists());
}

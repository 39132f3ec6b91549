//! The verbs one by one: what is recorded, and what the provider is asked.

use std::fs;

use greentic_deploy_spec::DrainReport;
use greentic_operations::{
    DeploymentRequest, FinishDrainRequest, Mode, OpError, RemoveBundleRequest, SetTrafficRequest,
    StageOptions, StageRequest, UndoRequest,
};

use crate::lab::{Lab, key};

fn shares(lab: &Lab, shares: &[(&str, &str)]) -> SetTrafficRequest {
    SetTrafficRequest {
        env_id: lab.env_id.clone(),
        deployment: "hello".parse().unwrap(),
        entries: shares
            .iter()
            .map(|(revision, weight)| (revision.parse().unwrap(), weight.parse().unwrap()))
            .collect(),
        updated_by: "tests".to_owned(),
        authorization_ref: None,
        key: None,
    }
}

/// Two versions, of which the second has all traffic.
fn two() -> Lab {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    lab.deploy("hello", "two");
    lab.calls.take();
    lab
}

#[test]
fn traffic_is_shared_taken_back_and_taken_away() {
    let lab = two();
    let split = shares(&lab, &[("#1", "90%"), ("hello@latest", "1000bps")]);
    let told = lab.operator.set_traffic(&split, Mode::Commit).unwrap().result;
    assert_eq!(told.entries.iter().map(|one| one.weight_bps).collect::<Vec<_>>(), [9_000, 1_000]);
    let back = lab.operator.rollback_traffic(&lab.of("hello"), Mode::Commit).unwrap().result;
    assert_eq!((back.entries.len(), back.has_previous), (1, false));
    let gone = lab.operator.clear_traffic(&lab.of("hello"), Mode::Commit).unwrap().result;
    assert!(gone.cleared.is_some());
    assert_eq!(lab.environment().traffic_splits, []);
    let again = lab.operator.clear_traffic(&lab.of("hello"), Mode::Commit).unwrap().result;
    assert!(again.cleared.is_none());
    assert_eq!(lab.calls.take(), ["split", "split"]);
}

#[test]
fn a_revision_whose_files_are_gone_gets_no_traffic_until_its_bundle_is_deployed_again() {
    let lab = two();
    let first = lab.environment().revisions[0].clone();
    fs::remove_dir_all(lab.env_root().join("revisions").join(first.revision_id.to_string()))
        .unwrap();
    let generation = lab.generation();
    let errors = [
        lab.operator.set_traffic(&shares(&lab, &[("#1", "100%")]), Mode::Commit).unwrap_err(),
        lab.operator.rollback_traffic(&lab.of("hello"), Mode::Commit).unwrap_err(),
        lab.operator.warm(&lab.on("#1"), Mode::Commit).unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, OpError::Files { .. }), "{error}");
        assert!(error.hint().unwrap().contains("gtc op deploy BUNDLE"));
        assert!(!error.may_be_committed());
    }
    assert_eq!((lab.generation(), lab.calls.take().len()), (generation, 0));
    // The cure that is named works.
    lab.deploy("hello", "one");
}

#[test]
fn weights_that_are_not_one_whole_change_nothing() {
    let lab = two();
    let generation = lab.generation();
    let error =
        lab.operator.set_traffic(&shares(&lab, &[("#1", "90%"), ("#2", "20%")]), Mode::Commit);
    assert_eq!(error.unwrap_err().kind(), "invalid-argument");
    assert_eq!((lab.generation(), lab.calls.take().len()), (generation, 0));
}

#[test]
fn a_rollback_that_the_provider_missed_is_finished_by_the_command_that_is_named() {
    let lab = two();
    lab.calls.refuse("split");
    let error = lab.operator.rollback_traffic(&lab.of("hello"), Mode::Commit).unwrap_err();
    assert!(error.may_be_committed());
    let first = lab.environment().revisions[0].revision_id;
    assert_eq!(error.hint().unwrap(), format!("gtc op traffic set {first}=10000bps --env local"));
}

#[test]
fn what_goes_back_goes_back_once_under_a_key() {
    let lab = two();
    let weights = |lab: &Lab| {
        let environment = lab.environment();
        let of = |one| environment.traffic_splits[0].weight_of(one).unwrap_or(0);
        environment.revisions.iter().map(|one| of(one.revision_id)).collect::<Vec<_>>()
    };
    let rollback = DeploymentRequest { key: key("back"), ..lab.of("hello") };
    let first = lab.operator.rollback_traffic(&rollback, Mode::Commit).unwrap();
    let generation = lab.generation();
    assert_eq!(lab.operator.rollback_traffic(&rollback, Mode::Commit).unwrap(), first);
    assert_eq!((lab.generation(), weights(&lab)), (generation, vec![10_000, 0]));

    let undo = UndoRequest { env_id: lab.env_id.clone(), to: None, key: key("undo") };
    lab.calls.take();
    let undone = lab.operator.undo(&undo, Mode::Commit).unwrap();
    assert_eq!((undone.result.back_to, undone.result.generation), (generation - 1, generation + 1));
    assert_eq!(undone.result.changes.first().unwrap().document, "environment");
    assert_eq!(weights(&lab), [0, 10_000]);
    lab.operator.set_traffic(&shares(&lab, &[("#1", "100%")]), Mode::Commit).unwrap();
    let later = lab.generation();
    assert_eq!(lab.operator.undo(&undo, Mode::Commit).unwrap(), undone);
    assert_eq!((lab.generation(), weights(&lab)), (later, vec![10_000, 0]));
    assert_eq!(lab.calls.take(), ["split", "split", "split"]);
    let error = lab.operator.set_traffic(
        &SetTrafficRequest { key: key("undo"), ..shares(&lab, &[("#1", "100%")]) },
        Mode::Commit,
    );
    assert_eq!(error.unwrap_err().code(), "idempotency-conflict");
}

#[test]
fn what_is_sent_again_under_its_key_answers_the_same_and_leaves_what_came_after_it() {
    let lab = two();
    let set = SetTrafficRequest { key: key("set"), ..shares(&lab, &[("#1", "100%")]) };
    let clear = DeploymentRequest { key: key("clear"), ..lab.of("hello") };
    let told = lab.operator.set_traffic(&set, Mode::Commit).unwrap().result;
    let cleared = lab.operator.clear_traffic(&clear, Mode::Commit).unwrap().result;
    assert_eq!(cleared.cleared.as_ref(), Some(&told));
    assert_eq!(lab.operator.set_traffic(&set, Mode::Commit).unwrap().result, told);
    assert_eq!(lab.environment().traffic_splits, []);
    assert_eq!(lab.operator.clear_traffic(&clear, Mode::Commit).unwrap().result, cleared);
    lab.operator.set_traffic(&shares(&lab, &[("#2", "100%")]), Mode::Commit).unwrap();
    let now = lab.environment().traffic_splits;
    assert_eq!(lab.operator.set_traffic(&set, Mode::Commit).unwrap().result, told);
    assert_eq!(lab.operator.clear_traffic(&clear, Mode::Commit).unwrap().result, cleared);
    assert_eq!(lab.environment().traffic_splits, now);
}

#[test]
fn an_undo_takes_an_edit_by_hand_back_before_anything_else_and_answers_the_same_under_its_key() {
    let lab = two();
    let (before, generation) = (lab.environment(), lab.generation());
    let path = lab.env_root().join("environment.json");
    let text = fs::read_to_string(&path).unwrap();
    let edited = text.replacen("\"name\": \"local\"", "\"name\": \"by hand\"", 1);
    fs::write(&path, &edited).unwrap();
    assert_eq!(lab.environment().name, "by hand");
    let undo = UndoRequest { env_id: lab.env_id.clone(), to: None, key: key("undo") };
    let rehearsed = lab.operator.undo(&undo, Mode::DryRun).unwrap().result;
    assert_eq!(rehearsed.back_to, generation);
    let undone = lab.operator.undo(&undo, Mode::Commit).unwrap();
    // The edit is a commit of its own, by nobody of this program.
    assert_eq!((undone.result.back_to, undone.result.generation), (generation, generation + 2));
    assert_eq!(undone.result.changes.len(), 1, "{:?}", undone.result.changes);
    assert_eq!(lab.environment(), before);
    assert_eq!(lab.operator.undo(&undo, Mode::Commit).unwrap().result, undone.result);
    let next = UndoRequest { to: Some(generation + 1), key: None, ..undo };
    lab.operator.undo(&next, Mode::Commit).unwrap();
    assert_eq!(lab.environment().name, "by hand");
}

#[test]
fn an_edit_of_white_space_is_nothing_to_take_back() {
    let lab = two();
    let generation = lab.generation();
    let path = lab.env_root().join("environment.json");
    fs::write(&path, fs::read_to_string(&path).unwrap() + "\n").unwrap();
    let undo = UndoRequest { env_id: lab.env_id.clone(), to: None, key: key("undo") };
    let undone = lab.operator.undo(&undo, Mode::Commit).unwrap().result;
    assert_eq!((undone.back_to, undone.generation), (generation - 1, generation + 2));
    assert_eq!(lab.operator.undo(&undo, Mode::Commit).unwrap().result, undone);
}

#[test]
fn an_undo_of_a_clear_brings_the_split_back_with_a_generation_that_none_had() {
    let lab = two();
    let newest = lab.environment().traffic_splits[0].generation;
    lab.operator.clear_traffic(&lab.of("hello"), Mode::Commit).unwrap();
    let undo = UndoRequest { env_id: lab.env_id.clone(), to: None, key: None };
    lab.operator.undo(&undo, Mode::Commit).unwrap();
    assert_eq!(lab.environment().traffic_splits[0].generation, newest + 1);
}

#[test]
fn an_undo_of_traffic_is_followed_judged_and_counted_like_any_change_of_it() {
    let lab = two();
    let generation = lab.environment().traffic_splits[0].generation;
    let undo = UndoRequest { env_id: lab.env_id.clone(), to: None, key: None };
    lab.operator.set_traffic(&shares(&lab, &[("#1", "100%")]), Mode::Commit).unwrap();
    lab.calls.refuse("split");
    let error = lab.operator.undo(&undo, Mode::Commit).unwrap_err();
    let second = lab.environment().revisions[1].revision_id;
    assert_eq!(error.hint().unwrap(), format!("gtc op traffic set {second}=10000bps --env local"));
    assert_eq!(lab.environment().traffic_splits[0].generation, generation + 2);
    lab.calls.accept_all();
    let first = lab.environment().revisions[0].revision_id;
    fs::remove_dir_all(lab.env_root().join("revisions").join(first.to_string())).unwrap();
    let error = lab.operator.undo(&undo, Mode::Commit).unwrap_err();
    assert!(matches!(error, OpError::Files { .. }), "{error}");
}

#[test]
fn a_revision_is_drained_archived_and_removed_with_its_deployment() {
    let lab = two();
    let old = lab.on("#1");
    let drained = lab.operator.drain(&old, Mode::Commit).unwrap().result;
    assert_eq!(drained.lifecycle.as_str(), "draining");
    let mut finish = FinishDrainRequest {
        revision: old.clone(),
        report: DrainReport { open_requests: 1, parked_sessions: 0 },
    };
    let error = lab.operator.finish_drain(&finish, Mode::Commit).unwrap_err();
    assert_eq!(error.code(), "drain-not-finished");
    finish.report = DrainReport::SETTLED;
    let ended = lab.operator.finish_drain(&finish, Mode::Commit).unwrap().result;
    assert_eq!(ended.lifecycle.as_str(), "inactive");
    lab.operator.archive(&old, Mode::Commit).unwrap();
    assert_eq!(lab.calls.take(), ["drain", "archive"]);
    let remove = RemoveBundleRequest {
        env_id: lab.env_id.clone(),
        deployment: "hello".parse().unwrap(),
        key: key("remove"),
    };
    let error = lab.operator.remove_bundle(&remove, Mode::Commit).unwrap_err();
    assert_eq!(error.code(), "deployment-live");
    assert!(error.hint().unwrap().contains("gtc op traffic clear"));
    lab.operator.clear_traffic(&lab.of("hello"), Mode::Commit).unwrap();
    lab.operator.archive(&lab.on("#2"), Mode::Commit).unwrap();
    let removed = lab.operator.remove_bundle(&remove, Mode::Commit).unwrap().result;
    assert_eq!(removed.pruned_revision_ids.len(), 2);
    assert_eq!((lab.environment().revisions.len(), lab.folders().revisions.len()), (0, 0));
    // The same bundle again is a deployment of its own.
    let again = lab.deploy("hello", "one");
    assert_ne!(again.deployment_id, removed.deployment_id);
    lab.check_only(1);
}

#[test]
fn a_provider_that_missed_a_verb_gets_it_from_the_same_command() {
    let lab = two();
    for verb in ["drain", "archive"] {
        let run = || match verb {
            "drain" => lab.operator.drain(&lab.on("#1"), Mode::Commit),
            _ => lab.operator.archive(&lab.on("#1"), Mode::Commit),
        };
        lab.calls.refuse(verb);
        let error = run().unwrap_err();
        assert!(matches!(&error, OpError::Provider { .. }), "{error:?}");
        lab.calls.accept_all();
        lab.calls.take();
        run().unwrap();
        assert_eq!(lab.calls.take(), [verb]);
    }
}

#[test]
fn a_revision_with_traffic_is_neither_drained_nor_archived() {
    let lab = two();
    for error in [
        lab.operator.drain(&lab.on("@latest"), Mode::Commit).unwrap_err(),
        lab.operator.archive(&lab.on("@latest"), Mode::Commit).unwrap_err(),
    ] {
        assert_eq!((error.code(), error.kind()), ("revision-has-traffic", "conflict"));
        assert!(error.hint().unwrap().contains("gtc op traffic set"));
    }
    assert_eq!(lab.calls.take(), [""; 0]);
}

#[test]
fn a_bundle_is_staged_once_under_a_key_and_for_one_deployment() {
    let lab = two();
    let mut other = lab.request("other", "one");
    other.route.path_prefixes = vec!["/other".to_owned()];
    lab.try_deploy(&other).unwrap();
    let stage = |deployment: &str| {
        let request = StageRequest {
            env_id: lab.env_id.clone(),
            deployment: deployment.parse().unwrap(),
            bundle: lab.worker("hello", "three"),
            options: StageOptions::default(),
            key: key("stage"),
        };
        lab.operator.stage(&request, Mode::Commit)
    };
    let staged = stage("hello").unwrap().result;
    assert_eq!((staged.sequence, staged.lifecycle.as_str()), (3, "staged"));
    let generation = lab.generation();
    assert_eq!(stage("hello").unwrap().result, staged);
    assert_eq!(stage("other").unwrap_err().code(), "idempotency-conflict");
    assert_eq!(lab.generation(), generation);
}

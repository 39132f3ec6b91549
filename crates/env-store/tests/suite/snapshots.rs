//! Snapshots in an environment's folder, in the layout of the public tools.

use std::fs;

use greentic_deploy_spec::IdempotencyOutcome;
use greentic_deploy_spec::engine::Command;
use greentic_env_store::{EnvironmentReads, Request};
use serde_json::json;

use super::local_lab::{Lab, commits, create, local, named, tree};
use super::worker::{ANSWERS, answers, doc, left, run, runtime};

/// Any request: what is restored replaces its command.
fn request() -> Request {
    Request::new(Command::Destroy)
}

#[test]
fn a_snapshot_has_the_files_byte_for_byte_and_says_what_was_absent() {
    let lab = left();
    let store = lab.open();
    let info = store.take_snapshot(&local()).expect("a snapshot");
    assert_eq!(store.snapshots(&local()).expect("them"), std::slice::from_ref(&info));
    assert_eq!(commits(&store).len(), 11, "a snapshot is no change");
    let place = |file: &str| format!("snapshots/{}/{file}", info.id);
    for file in &info.files {
        assert_eq!(lab.read(&place(file)), lab.read(file), "{file}");
    }
    let manifest = lab.json(&place("manifest.json"));
    assert_eq!(manifest["schema"], "greentic.snapshot-manifest.v1");
    assert_eq!(manifest["env_id"], "local");
    let files = manifest["files"].as_object().expect("a map");
    assert_eq!(files.get("environment.json"), Some(&json!(true)));
    assert_eq!(files.get(ANSWERS), Some(&json!(true)));
    assert_eq!(files.get("env-packs/secrets/answers.json"), Some(&json!(false)));
    assert_eq!(files.get("trust-root.json"), None, "what is trusted is no part of it");
    let text = fs::read_to_string(lab.at(&place("environment.json"))).expect("a file");
    assert!(!text.contains("BEGIN"), "no key is in it");
}

#[test]
fn restoring_brings_everything_back_but_trust_in_one_commit() {
    let lab = left();
    let store = lab.open();
    let before = store.snapshot(&local()).expect("it");
    let info = store.take_snapshot(&local()).expect("a snapshot");
    run(&store, Command::UpdateEnvironment(doc(named("Other"))));
    run(&store, Command::SaveRuntime(doc(runtime("10.0.0.1:1"))));
    run(&store, answers("us-east-1"));
    run(
        &store,
        Command::SavePackAnswers {
            slot: greentic_deploy_spec::CapabilitySlot::Secrets,
            answers: json!({"vault": 1}),
        },
    );
    run(&store, Command::RotateOperatorKey);
    let trusted = store.snapshot(&local()).expect("it").trust_root().cloned();
    let keyed = || Request::keyed(Command::Destroy, "restore".parse().expect("a key"));
    let restored = store.restore_snapshot(&local(), &info.id, keyed()).expect("restored");
    assert_eq!(restored.after.generation(), 17, "one commit");
    assert_eq!(restored.after.environment(), before.environment());
    assert_eq!(restored.after.runtime(), before.runtime());
    assert_eq!(restored.after.state().pack_answers, before.state().pack_answers);
    assert_eq!(restored.after.trust_root().cloned(), trusted, "trust is not brought back");
    assert_eq!(lab.read("env-packs/secrets/answers.json"), None, "what was absent is absent");
    let again = store.restore_snapshot(&local(), &info.id, keyed()).expect("its answer");
    assert_eq!(again.idempotency, IdempotencyOutcome::Replayed);
}

#[test]
fn snapshots_are_listed_oldest_first_and_interrupted_ones_are_none() {
    let lab = left();
    let store = lab.open();
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(store.take_snapshot(&local()).expect("a snapshot"));
        lab.later(chrono::TimeDelta::seconds(1));
    }
    lab.write("snapshots/01JTKW0000000000000000000D/environment.json", "{}");
    lab.write("snapshots/notes/manifest.json", "{}");
    assert_eq!(store.snapshots(&local()).expect("them"), all);
}

#[test]
fn what_is_no_whole_snapshot_is_refused_and_changes_nothing() {
    let damages: [(&str, &str, &str); 7] = [
        ("manifest.json", "", "backup-unreadable"),
        (
            "manifest.json",
            "{\"schema\": \"greentic.snapshot-manifest.v2\", \"env_id\": \"local\", \"files\": {}}",
            "schema-mismatch",
        ),
        (
            "manifest.json",
            "{\"schema\": \"greentic.snapshot-manifest.v1\", \"env_id\": \"other\", \"files\": {}}",
            "backup-of-another-environment",
        ),
        ("environment.json", "{\"schema\": ", "backup-unreadable"),
        ("environment.json", "{}", "backup-unreadable"),
        ("runtime.json", "[]", "backup-unreadable"),
        (ANSWERS, "{\"a\": 1, \"a\": 2}", "backup-unreadable"),
    ];
    for (file, bytes, code) in damages {
        let lab = left();
        let store = lab.open();
        let info = store.take_snapshot(&local()).expect("a snapshot");
        lab.write(&format!("snapshots/{}/{file}", info.id), bytes);
        let before = store.snapshot(&local()).expect("it");
        let error = store.restore_snapshot(&local(), &info.id, request()).expect_err("damaged");
        assert_eq!(error.code(), code, "{file}: {}", lab.told(&error));
        assert_eq!(store.snapshot(&local()).expect("it"), before, "{file}");
    }
}

#[test]
fn a_snapshot_that_lacks_a_file_or_is_not_there_names_the_path() {
    let lab = left();
    let store = lab.open();
    let info = store.take_snapshot(&local()).expect("a snapshot");
    lab.remove(&format!("snapshots/{}/runtime.json", info.id));
    let lacking = store.restore_snapshot(&local(), &info.id, request()).expect_err("lacking");
    let told = lab.told(&lacking);
    assert!(told.contains(&format!("snapshots/{}/runtime.json", info.id)), "{told}");
    for id in ["01JTKW0000000000000000000D", "", "..", "../../other", "01JTKW\u{0}"] {
        let error = store.restore_snapshot(&local(), id, request()).expect_err("not there");
        let told = lab.told(&error);
        assert!(told.contains("manifest.json") && told.contains("list the snapshots"), "{told}");
    }
    assert_eq!(commits(&store).len(), 11, "nothing was changed");
}

#[test]
fn a_snapshot_with_an_environment_that_breaks_a_rule_is_refused() {
    let lab = left();
    let store = lab.open();
    let info = store.take_snapshot(&local()).expect("a snapshot");
    let place = format!("snapshots/{}/environment.json", info.id);
    let mut environment = lab.json(&place);
    environment["traffic_splits"][0]["entries"][0]["weight_bps"] = 1.into();
    lab.write(&place, environment.to_string());
    let error = store.restore_snapshot(&local(), &info.id, request()).expect_err("it is invalid");
    assert!(lab.told(&error).contains("sum to 10000"), "{}", lab.told(&error));
}

#[test]
fn a_destroyed_environment_is_not_restored_by_a_snapshot() {
    let lab = Lab::new();
    let store = lab.open();
    create(&store);
    let info = store.take_snapshot(&local()).expect("a snapshot");
    run(&store, Command::Destroy);
    let error = store.restore_snapshot(&local(), &info.id, request()).expect_err("it is gone");
    assert_eq!(error.code(), "environment-not-found");
    assert!(tree(&lab.at("snapshots")).len() > 1, "the snapshot is still there");
}

#[test]
fn a_snapshot_that_cannot_be_read_does_not_hide_the_others() {
    let lab = left();
    let store = lab.open();
    let broken = store.take_snapshot(&local()).expect("a snapshot");
    let sound = store.take_snapshot(&local()).expect("a snapshot");
    lab.write(&format!("snapshots/{}/manifest.json", broken.id), b"{");
    assert_eq!(store.snapshots(&local()).expect("them"), [sound]);
    let error = store.restore_snapshot(&local(), &broken.id, request()).expect_err("broken");
    assert_eq!(error.code(), "backup-unreadable", "{error}");
}

//! An environment as one file, to be kept elsewhere or to become an environment elsewhere.

use std::fs;
use std::path::PathBuf;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{BackupArtifact, CapabilitySlot, Document, MAX_DOCUMENT_BYTES};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, Request, backup};
use serde_json::{Value, json};

use super::local_lab::{Lab, chain, commits, create, local, named, tree};
use super::worker::{answers, doc, left, run};

/// Any request: what is imported replaces its command.
fn request() -> Request {
    Request::new(Command::Destroy)
}

/// A worker environment, and the file that it is exported to.
fn exported() -> (Lab, PathBuf) {
    let lab = left();
    let file = lab.home().join("local.backup.json");
    lab.open().export_to_file(&local(), &file).expect("a backup");
    (lab, file)
}

#[test]
fn a_backup_becomes_the_same_environment_elsewhere_but_trusts_nobody() {
    let (lab, file) = exported();
    let recorded = lab.open().snapshot(&local()).expect("it");
    let artifact = backup::read(&fs::read(&file).expect("a file")).expect("a backup");
    let elsewhere = Lab::new();
    let store = elsewhere.open();
    let imported = store.import_from_file(&local(), &file, request()).expect("imported");
    let in_memory = backup::import(&elsewhere.memory(), &local(), &artifact, request());
    for after in
        [imported.after, in_memory.expect("imported").after, store.snapshot(&local()).expect("it")]
    {
        assert_eq!(after.generation(), 1, "one commit");
        assert_eq!(after.environment(), recorded.environment());
        assert_eq!(after.runtime(), recorded.runtime());
        assert_eq!(after.state().pack_answers, recorded.state().pack_answers);
        assert_eq!(after.trust_root(), None, "who is trusted is decided there");
        assert!(after.routing().is_some(), "slot tables are made of the splits");
    }
    assert_eq!(store.verify(&local()).expect("a journal").problems, [""; 0]);
    let text = fs::read_to_string(&file).expect("a file");
    assert!(!text.contains("BEGIN"), "no key is in it");
}

#[test]
fn a_backup_is_taken_in_only_where_nothing_is_and_put_back_only_where_something_is() {
    let (lab, file) = exported();
    let store = lab.open();
    run(&store, Command::UpdateEnvironment(doc(named("After"))));
    let there = store.import_from_file(&local(), &file, request()).expect_err("it is there");
    assert_eq!(there.code(), "environment-exists", "{}", chain(&there));
    let artifact = backup::read(&fs::read(&file).expect("a file")).expect("a backup");
    let restored = backup::restore(&store, &local(), &artifact, request()).expect("restored");
    assert_eq!(restored.after.generation(), 13);
    assert_eq!(restored.after.require().expect("it").name, "Local");
    assert!(restored.after.trust_root().is_some(), "trust stays as it is");
    let nowhere = Lab::new();
    let error = backup::restore(&nowhere.open(), &local(), &artifact, request());
    assert_eq!(error.expect_err("nothing is there").code(), "environment-not-found");
    assert!(tree(nowhere.home()).is_empty(), "nothing is made");
}

#[test]
fn exporting_writes_a_whole_new_file_or_none() {
    let (lab, file) = exported();
    let store = lab.open();
    let before = fs::read(&file).expect("a file");
    let there = store.export_to_file(&local(), &file).expect_err("it is there");
    assert!(there.to_string().contains("it is there already, choose another name"), "{there}");
    assert_eq!(fs::read(&file).expect("a file"), before, "it stays as it is");
    let nowhere = lab.home().join("no/such/folder/backup.json");
    let error = store.export_to_file(&local(), &nowhere).expect_err("there is no folder");
    assert!(error.to_string().contains("no/such/folder"), "{error}");
    let nobody = store.export_to_file(&"nobody".parse().expect("an id"), &lab.home().join("x"));
    assert_eq!(nobody.expect_err("it").code(), "environment-not-found");
    let names: Vec<_> = tree(lab.home()).into_keys().filter(|name| !name.contains('/')).collect();
    assert_eq!(names, ["environments", "local.backup.json"]);
}

#[test]
fn documents_that_together_could_not_be_read_again_are_refused() {
    let lab = Lab::new();
    let store = lab.memory();
    create(&store);
    let save = |slot| {
        let answers = "x".repeat(MAX_DOCUMENT_BYTES / 4 - 2).into();
        store.execute(&local(), Request::new(Command::SavePackAnswers { slot, answers }))
    };
    save(CapabilitySlot::State).expect("one is fine");
    let error = save(CapabilitySlot::Secrets).expect_err("two are too much");
    assert_eq!(error.code(), "environment-too-large", "{}", chain(&error));
}

/// A backup that somebody changed, with the digest that fits when `sign` is set.
fn tampered(file: &PathBuf, sign: bool, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let text = fs::read(file).expect("a file");
    let mut artifact: Value = serde_json::from_slice(&text).expect("JSON");
    change(&mut artifact);
    if sign {
        let canonical = greentic_deploy_spec::canonical_value(&artifact["snapshot"]);
        artifact["snapshot_digest"] = greentic_deploy_spec::sha256_hex(canonical.as_bytes()).into();
    }
    artifact.to_string().into_bytes()
}

#[test]
fn what_is_no_backup_is_refused_and_makes_nothing() {
    let (_lab, file) = exported();
    let sound = fs::read(&file).expect("a file");
    let other = |artifact: &mut Value| {
        artifact["snapshot"]["environment"]["environment_id"] = "other".into();
    };
    let bad: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "backup-unreadable"),
        ("garbage", b"\x00\xff\xfe no backup".to_vec(), "backup-unreadable"),
        ("cut", sound[..sound.len() / 2].to_vec(), "backup-unreadable"),
        ("deep", b"[".repeat(100_000), "backup-unreadable"),
        ("large", b" ".repeat(MAX_DOCUMENT_BYTES + 1), "io"),
        (
            "another document",
            b"{\"schema\": \"greentic.environment.v1\"}".to_vec(),
            "backup-unreadable",
        ),
        (
            "changed",
            tampered(&file, false, |artifact| {
                artifact["snapshot"]["environment"]["name"] = "Mallory".into();
            }),
            "backup-changed",
        ),
        (
            "a later schema",
            tampered(&file, true, |artifact| {
                artifact["schema"] = "greentic.backup.v9".into();
            }),
            "schema-mismatch",
        ),
        ("another environment's", tampered(&file, true, other), "backup-of-another-environment"),
        (
            "of another environment, it says",
            tampered(&file, true, |artifact| {
                artifact["manifest"]["env_id"] = "other".into();
            }),
            "backup-of-another-environment",
        ),
        (
            "no snapshot",
            tampered(&file, true, |artifact| {
                artifact["snapshot"] = json!({"environment": 7});
            }),
            "backup-unreadable",
        ),
        (
            "an invalid environment",
            tampered(&file, true, |artifact| {
                artifact["snapshot"]["environment"]["traffic_splits"][0]["entries"] = json!([]);
            }),
            "basis-points-sum",
        ),
        (
            "another environment's runtime",
            tampered(&file, true, |artifact| {
                artifact["snapshot"]["runtime"]["environment_id"] = "other".into();
            }),
            "env-id-mismatch",
        ),
    ];
    for (name, bytes, code) in bad {
        let lab = Lab::new();
        let file = lab.home().join("bad.json");
        fs::write(&file, bytes).expect("a file");
        let error = lab.open().import_from_file(&local(), &file, request()).expect_err(name);
        assert_eq!(error.code(), code, "{name}: {}", chain(&error));
        assert!(!error.to_string().contains("`local`, not `local`"), "{name}: {error}");
        assert_eq!(tree(lab.home()).len(), 1, "{name}: nothing is made");
    }
    let lab = Lab::new();
    let missing = lab.open().import_from_file(&local(), &lab.home().join("none"), request());
    assert!(missing.expect_err("no file").to_string().contains("/none`"), "it names the file");
}

#[test]
fn a_backup_cannot_smuggle_in_who_is_trusted() {
    let (_lab, file) = exported();
    let bytes = tampered(&file, true, |artifact| {
        artifact["snapshot"]["trusted_key_ids"] = json!(["00"]);
        artifact["snapshot"]["trust_root"] =
            json!({"schema": "greentic.trust-root.v1", "keys": []});
    });
    let lab = Lab::new();
    let file = lab.home().join("smuggled.json");
    fs::write(&file, bytes).expect("a file");
    let store = lab.open();
    // Unknown keys may come from a later version; they are not listened to.
    if store.import_from_file(&local(), &file, request()).is_ok() {
        assert_eq!(store.snapshot(&local()).expect("it").trust_root(), None);
        assert_eq!(lab.read("trust-root.json"), None);
    }
}

#[test]
fn a_backup_has_what_reads_show_edits_by_hand_included() {
    let lab = left();
    let store = lab.open();
    let mut environment = lab.json("environment.json");
    environment["note"] = "by hand".into();
    lab.write("environment.json", environment.to_string());
    let now = "2026-06-17T00:00:00Z".parse().expect("a time");
    let artifact: Document<BackupArtifact> =
        backup::export(&store, &local(), "one", now).expect("a backup");
    assert_eq!(artifact.snapshot["environment"]["note"], "by hand");
    assert_eq!((artifact.manifest.generation, artifact.manifest.created_at), (11, now));
    assert_eq!(commits(&store).len(), 11, "a backup is no change");
    run(&store, answers("us-east-1"));
}

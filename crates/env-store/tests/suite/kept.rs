//! Snapshots that an environment keeps in its folder.

use std::fs;
use std::sync::Arc;

use greentic_env_store::ports::MemorySigner;
use greentic_env_store::{HistoryRetention, LocalFsStore};
use tempfile::TempDir;

use crate::verbs::{env_id, verbs};

#[test]
fn an_interrupted_snapshot_is_none_and_compact_removes_all_of_it() {
    let root = TempDir::new().expect("a folder");
    let store = LocalFsStore::builder(root.path().to_owned())
        .signer(Arc::new(MemorySigner::new(1)))
        .build();
    let table = verbs();
    table.iter().find(|verb| verb.name == "delete-pack-answers").expect("it").prepare(&store);
    let whole = store.take_snapshot(&env_id()).expect("a snapshot");

    let snapshots = store.env_path(&env_id()).expect("a folder").join("snapshots");
    let interrupted = snapshots.join("01JTKW0000000000000000SNAP");
    let (from, to) = (snapshots.join(&whole.id), interrupted.join("env-packs/secrets"));
    fs::create_dir_all(&to).expect("a folder");
    fs::copy(from.join("environment.json"), interrupted.join("environment.json")).expect("a copy");
    fs::copy(from.join("env-packs/secrets/answers.json"), to.join("answers.json")).expect("a copy");
    fs::write(interrupted.join(".manifest.json.01.unfinished"), "{").expect("a cut manifest");

    let whole = [whole];
    assert_eq!(store.snapshots(&env_id()).expect("snapshots"), whole);
    let report = store.compact(&env_id(), &HistoryRetention::default()).expect("it compacts");
    assert_eq!(report.removed_files.len(), 3, "{report:?}");
    assert!(!interrupted.exists(), "a part of an interrupted snapshot is left");
    assert_eq!(store.snapshots(&env_id()).expect("snapshots"), whole);
}

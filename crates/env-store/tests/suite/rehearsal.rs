//! A rehearsal shows what would be committed, and commits nothing.

use std::collections::BTreeMap;
use std::path::Path;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, BundleId, CustomerId, Document, EnvId, PartyId, RevenueShareEntry,
};
use greentic_env_store::{
    EnsureLocalEnvironmentPayload, EnvironmentHistory, EnvironmentMutations, EnvironmentReads,
    LocalFsStore, Rehearsal, Request, StoreError, undo,
};

fn add_bundle(name: &str) -> Command {
    let share = RevenueShareEntry { party_id: PartyId::from("greentic"), basis_points: 10_000 };
    let payload = AddBundlePayload {
        bundle_id: BundleId::from(name),
        customer_id: CustomerId::from("local-dev"),
        revenue_share: vec![share],
        route_binding: None,
        authorization_ref: None,
        config_overrides: BTreeMap::new(),
    };
    let bundle = Document::new(payload).expect("a payload");
    Command::AddBundle { deployment_id: None, bundle }
}

/// Every file below a folder with its bytes, but for what SQLite keeps beside its database.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("below").display().to_string();
            if path.is_dir() {
                folders.push(path);
            } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
                all.insert(name, std::fs::read(&path).expect("a file"));
            }
        }
    }
    all
}

fn fixture() -> (tempfile::TempDir, LocalFsStore, EnvId) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = LocalFsStore::new(folder.path().join("environments"));
    let env_id: EnvId = "local".parse().expect("an id");
    let payload = EnsureLocalEnvironmentPayload { public_base_url: None };
    store.ensure_local_environment(&env_id, payload).expect("an environment");
    (folder, store, env_id)
}

#[test]
fn what_is_rehearsed_is_what_the_change_comes_to_and_nothing_is_written() {
    let (folder, store, env_id) = fixture();
    store.bootstrap_trust_root(&env_id).expect("a trust root");
    let before = (store.snapshot(&env_id).expect("a snapshot"), files(folder.path()));
    let rehearsal = Rehearsal::of(&store, store.ports());
    let rehearsed =
        rehearsal.execute(&env_id, Request::new(add_bundle("hello"))).expect("it is legal");
    assert_eq!((store.snapshot(&env_id).expect("a snapshot"), files(folder.path())), before);
    let made = store.execute(&env_id, Request::new(add_bundle("hello"))).expect("it is legal");
    assert_eq!(rehearsed.after.generation(), made.after.generation());
    let real = store.diff(&env_id, made.after.generation() - 1, made.after.generation());
    let paths = |diffs: &[greentic_env_store::DocumentDiff]| {
        let all = diffs.iter().flat_map(|diff| {
            diff.patch.0.iter().map(|step| format!("{} {}", diff.document, step.path()))
        });
        all.collect::<Vec<_>>()
    };
    assert_eq!(paths(&rehearsal.changes(&env_id)), paths(&real.expect("a diff")));
}

#[test]
fn later_steps_of_a_rehearsal_see_the_earlier_ones() {
    let (folder, store, env_id) = fixture();
    let rehearsal = Rehearsal::of(&store, store.ports());
    let untrusted = rehearsal.execute(&env_id, Request::new(add_bundle("hello")));
    assert!(
        matches!(untrusted, Err(StoreError::OperatorKey(_) | StoreError::Conflict(_))),
        "{untrusted:?}"
    );
    assert!(rehearsal.changes(&env_id).is_empty());
    rehearsal.bootstrap_trust_root(&env_id).expect("a key that stands in");
    rehearsal.execute(&env_id, Request::new(add_bundle("hello"))).expect("it is trusted now");
    let again = rehearsal.execute(&env_id, Request::new(add_bundle("hello")));
    assert!(matches!(again, Err(StoreError::AlreadyExists(_))), "{again:?}");
    assert_eq!(rehearsal.load_env(&env_id).expect("it is there").bundles.len(), 1);
    assert!(!folder.path().join("operator").exists(), "a rehearsal makes no key");
}

#[test]
fn an_undo_and_the_end_of_an_environment_can_be_rehearsed() {
    let (_folder, store, env_id) = fixture();
    let rehearsal = Rehearsal::of(&store, store.ports());
    let refused = undo(&rehearsal, &env_id, 99, Request::new(Command::Destroy));
    assert!(matches!(refused, Err(StoreError::GenerationNotKept { .. })), "{refused:?}");
    rehearsal.execute(&env_id, Request::new(Command::Destroy)).expect("nothing is deployed");
    assert!(!rehearsal.env_exists(&env_id).expect("it is known"));
    assert!(rehearsal.list_env_ids().expect("a list").is_empty());
    assert!(matches!(rehearsal.snapshot(&env_id), Err(StoreError::NotFound { .. })));
    assert!(store.env_exists(&env_id).expect("it is there"));
}

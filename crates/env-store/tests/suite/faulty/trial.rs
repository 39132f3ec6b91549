//! One verb with one fault.

use std::collections::BTreeMap;
use std::sync::Arc;

use greentic_deploy_spec::AuditEvent;
use greentic_env_store::files::OsFileSystem;
use greentic_env_store::*;
use serde_json::Value;

use super::world::{Shape, World, files_below, named_secrets, shape};
use crate::faulty_files::{Fault, FaultyFiles, Operation};
use crate::local_lab::chain;
use crate::verbs::env_id;

/// A verb, or anything else that changes files.
pub(super) struct Case {
    pub(super) name: String,
    /// What is there before. It is copied for each try.
    pub(super) base: World,
    pub(super) run: Run,
    pub(super) kind: Kind,
}

/// What a case does with a store.
pub(super) type Run = Box<dyn Fn(&LocalFsStore, &World) -> Result<(), StoreError> + Send + Sync>;

/// What a case does to the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One commit, which a retry with the same key does not make twice.
    Commit,
    /// Nothing that readers see. It can be repeated.
    Upkeep,
    /// A file elsewhere, which must not be there yet.
    Export,
}

/// What a case leads to when nothing fails.
pub(super) struct Reference {
    before: Option<Shape>,
    after: Option<Shape>,
    pub(super) operations: Vec<Operation>,
}

impl Case {
    /// Runs it without a fault.
    pub(super) fn reference(&self) -> Reference {
        let (world, files) = (self.base.copy(), FaultyFiles::sound());
        let before = shape(&sound(&world, 1));
        let done = (self.run)(&world.store(2, Arc::new(files.clone())), &world);
        done.unwrap_or_else(|error| panic!("{}: {}", self.name, chain(&error)));
        let operations = files.operations();
        let after = shape(&sound(&world, 3));
        assert_eq!(
            self.kind == Kind::Commit,
            before != after,
            "{} is no {:?}",
            self.name,
            self.kind
        );
        self.check_end(&world, &format!("{} without a fault", self.name));
        Reference { before, after, operations }
    }

    /// Lets one operation fail, looks at what is there, and tries again.
    pub(super) fn run_with(&self, reference: &Reference, number: usize, fault: Fault) {
        let (world, files) = (self.base.copy(), FaultyFiles::failing(number, fault));
        let told = (self.run)(&world.store(2, Arc::new(files.clone())), &world);
        let Some(failed) = files.failed() else {
            // How often a file is looked at depends on what the clock of the disk tells about it.
            assert!(told.is_ok(), "{} fails without a fault: {told:?}", self.name);
            return;
        };
        let told_text = told.as_ref().map_or_else(|error| chain(error), |()| "success".to_owned());
        let context = format!("{}: {fault:?} of {failed:?}, told: {told_text}", self.name);
        let found = shape(&sound(&world, 3));
        let is_before = found == reference.before;
        let is_after = found == reference.after;
        match &told {
            Ok(()) => assert!(
                is_after,
                "told of success: {context}, differs in {}",
                differs(&found, &reference.after)
            ),
            Err(error) if error.may_be_committed() => {
                assert!(is_before || is_after, "neither before nor after: {context}");
            }
            Err(error) => {
                assert!(is_before, "told of failure, and it is there: {context}");
                check_text(error, &world, &context);
                if reference.before.is_none() && self.kind == Kind::Commit {
                    check_folder(&world, &failed, fault, &context);
                }
            }
        }
        let again = (self.run)(&sound(&world, 4), &world);
        let done_already = self.kind == Kind::Export && world.backup().exists();
        if let Err(error) = again {
            assert!(done_already, "the next try fails with {}: {context}", chain(&error));
        }
        let found = shape(&sound(&world, 5));
        assert!(
            found == reference.after,
            "the next try: {context}, differs in {}",
            differs(&found, &reference.after)
        );
        self.check_end(&world, &context);
    }

    /// What must hold in the end, whatever happened before.
    fn check_end(&self, world: &World, context: &str) {
        let store = sound(world, 6);
        if self.kind == Kind::Export {
            check_backup(world, context);
        }
        if store.history(&env_id(), HistoryPage::default()).is_err() {
            return;
        }
        check_secrets(&store, world, context);
        let compacted = store.compact(&env_id(), &HistoryRetention::default());
        compacted.unwrap_or_else(|error| panic!("compact: {}: {context}", chain(&error)));
        let verified = store.verify(&env_id()).unwrap_or_else(|error| panic!("{error}: {context}"));
        assert_eq!(verified.problems, Vec::<String>::new(), "{context}");
        let files = files_below(&world.env_path());
        let left = files.iter().filter(|file| file.ends_with(".unfinished"));
        assert_eq!(left.collect::<Vec<_>>(), Vec::<&String>::new(), "left over: {context}");
        check_snapshots(&store, &files, context);
        check_projection(&store, world, context);
        check_audit(&store, world, context);
    }
}

fn sound(world: &World, attempt: u64) -> LocalFsStore {
    world.store(attempt, Arc::new(OsFileSystem))
}

/// The lines that one state has and the other does not.
fn differs(found: &Option<Shape>, expected: &Option<Shape>) -> String {
    let lines = |state: &Option<Shape>| -> Vec<String> {
        let text = format!("{state:#?}");
        text.lines().map(str::to_owned).collect()
    };
    let (found, expected) = (lines(found), lines(expected));
    let more = found.iter().filter(|line| !expected.contains(line)).map(|line| format!("+{line}"));
    let less = expected.iter().filter(|line| !found.contains(line)).map(|line| format!("-{line}"));
    more.chain(less).collect()
}

/// An error names what was tried and where.
fn check_text(error: &StoreError, world: &World, context: &str) {
    let text = chain(error);
    let place = world.path().to_string_lossy();
    assert!(text.contains("cannot ") && text.contains(&*place), "what and where? {context}");
    assert!(text.contains("a fault of the test"), "why? {context}");
}

/// A verb that fails makes no folder for an environment.
fn check_folder(world: &World, failed: &Operation, fault: Fault, context: &str) {
    // Something is left where cleaning up is what fails, where nobody knows whose lock it is, and
    // where nothing works any more.
    let cleaning = ["stat", "lock", "remove_file", "remove_dir"].contains(&failed.name);
    if fault != Fault::Crash && !cleaning {
        let left = files_below(&world.env_path());
        assert!(!world.env_path().exists(), "it left a folder with {left:?}: {context}");
    }
}

fn check_backup(world: &World, context: &str) {
    let bytes = std::fs::read(world.backup()).expect("a backup");
    backup::read(&bytes).unwrap_or_else(|error| panic!("{error}: {context}"));
}

fn check_secrets(store: &LocalFsStore, world: &World, context: &str) {
    let there = world.secrets();
    for named in named_secrets(store) {
        assert!(there.contains(&named), "secret {named} is not there: {context}");
    }
}

/// Of a snapshot that was interrupted, nothing is left.
fn check_snapshots(store: &LocalFsStore, files: &[String], context: &str) {
    let snapshots = store.snapshots(&env_id()).unwrap_or_else(|error| panic!("{error}: {context}"));
    for file in files.iter().filter(|file| file.starts_with("snapshots/")) {
        let whole = snapshots.iter().any(|info| file.contains(&info.id));
        assert!(whole, "{file} is of no snapshot: {context}");
    }
}

/// The file that other tools read shows what is recorded.
fn check_projection(store: &LocalFsStore, world: &World, context: &str) {
    let recorded = store.snapshot(&env_id()).ok();
    let recorded = recorded.as_ref().and_then(|snapshot| snapshot.environment());
    let shown = std::fs::read(world.env_path().join("environment.json")).ok();
    let shown: Option<Value> = shown.map(|bytes| serde_json::from_slice(&bytes).expect("JSON"));
    assert_eq!(shown.as_ref(), recorded.map(|document| document.raw()), "{context}");
}

/// The audit log has each commit that is kept, once.
fn check_audit(store: &LocalFsStore, world: &World, context: &str) {
    let log = std::fs::read_to_string(world.env_path().join("audit/events.jsonl"));
    let log = log.unwrap_or_else(|error| panic!("{error}: {context}"));
    let mut lines: BTreeMap<String, usize> = BTreeMap::new();
    for line in log.lines() {
        let event: AuditEvent = serde_json::from_str(line)
            .unwrap_or_else(|error| panic!("{error} in `{line}`: {context}"));
        *lines.entry(event.event_id).or_default() += 1;
    }
    for commit in store.history(&env_id(), HistoryPage::default()).expect("a history") {
        let count = lines.get(&commit.event.event_id).copied().unwrap_or_default();
        assert_eq!(count, 1, "generation {} in the audit log: {context}", commit.generation);
    }
}

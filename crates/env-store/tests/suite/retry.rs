//! A verb that is sent again under its key: answered as before, and nothing changes a second time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use greentic_deploy_spec::IdempotencyOutcome;
use greentic_env_store::files::{FileStat, FileSystem, OsFileSystem, Placement, PrivateFile};
use greentic_env_store::ports::{MemorySecretSink, MemorySigner, Ports};
use greentic_env_store::{
    CommitInfo, Committed, EnvSnapshot, EnvironmentHistory, EnvironmentMutations, HistoryPage,
    LocalFsStore, MemoryStore, Request, StoreError,
};
use tempfile::TempDir;

use crate::verbs::{Verb, env_id, key, rename, verbs};

const KEY: &str = "the-key";

/// A store of either kind.
trait Store: EnvironmentMutations + EnvironmentHistory {}

impl<S: EnvironmentMutations + EnvironmentHistory> Store for S {}

/// What a store takes from outside, which outlives the store.
#[derive(Clone)]
struct Outside {
    signer: Arc<MemorySigner>,
    secrets: Arc<MemorySecretSink>,
}

impl Outside {
    fn new() -> Self {
        Self { signer: Arc::new(MemorySigner::new(7)), secrets: Arc::default() }
    }

    fn local(&self, root: &Path, files: Arc<dyn FileSystem>) -> LocalFsStore {
        LocalFsStore::builder(root.to_owned())
            .signer(self.signer.clone())
            .secrets(self.secrets.clone())
            .file_system(files)
            .build()
    }

    fn memory(&self) -> MemoryStore {
        let mut ports = Ports::system(greentic_deploy_spec::engine::local_user("alice"));
        ports.signer = Some(self.signer.clone());
        ports.secrets = Some(self.secrets.clone());
        MemoryStore::builder().ports(ports).build()
    }
}

/// Everything that a second change could touch.
#[derive(Debug, PartialEq)]
struct Traces {
    history: Vec<CommitInfo>,
    newest: EnvSnapshot,
    /// The bytes of every file but the journal's own, with the audit log among them.
    files: BTreeMap<PathBuf, String>,
    secrets: Vec<String>,
}

impl Traces {
    fn of(store: &dyn Store, root: Option<&Path>, outside: &Outside) -> Self {
        let history = store.history(&env_id(), HistoryPage::default()).expect("a history");
        let newest = store.at(&env_id(), history[0].generation).expect("the newest generation");
        let mut files = BTreeMap::new();
        root.into_iter().for_each(|root| read_folder(root, &mut files));
        Self { history, newest, files, secrets: outside.secrets.references() }
    }

    fn audit_lines(&self) -> usize {
        let log = self.files.iter().find(|(path, _)| path.ends_with("audit/events.jsonl"));
        log.map_or(0, |(_, text)| text.lines().count())
    }
}

fn read_folder(folder: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            read_folder(&path, files);
        } else if !name.starts_with("journal.db") {
            let text = std::fs::read_to_string(&path).expect("a file of text");
            files.insert(path, text);
        }
    }
}

fn send(store: &dyn Store, verb: &Verb, what: &str) -> Committed {
    let request = Request::keyed(verb.command.clone(), key(KEY));
    let sent = store.execute(&env_id(), request);
    sent.unwrap_or_else(|error| panic!("{what}: {error} ({error:?})"))
}

/// The answer of a retry is about the moment of the first one, whatever came after it.
fn change_something_else(store: &dyn Store) {
    if store.env_exists(&env_id()).expect("a store that can be read") {
        store.execute(&env_id(), Request::new(rename("later"))).expect("a later change");
    }
}

/// The answer of a retry is the one that was given, or would have been given, the first time.
fn assert_same_answer(first: &Committed, again: &Committed, what: &str) {
    assert_eq!(again.outcome, first.outcome, "{what}: another outcome");
    assert_eq!(again.after, first.after, "{what}: another state after it");
    assert_eq!(again.audit, first.audit, "{what}: another event");
    assert_eq!(again.idempotency, IdempotencyOutcome::Replayed, "{what}: it was done again");
}

fn assert_other_request_is_refused(store: &dyn Store, verb: &Verb, what: &str) {
    let request = Request::keyed(verb.other.clone(), key(KEY));
    let refused = store.execute(&env_id(), request);
    let conflict =
        matches!(&refused, Err(StoreError::IdempotencyConflict { key }) if key.as_str() == KEY);
    assert!(conflict, "{what}: another request passed under the same key: {refused:?}");
}

#[test]
fn a_retried_verb_gives_the_same_answer_and_changes_nothing_in_memory() {
    for verb in verbs() {
        let outside = Outside::new();
        let store = outside.memory();
        verb.prepare(&store);
        let first = send(&store, &verb, &verb.name);
        change_something_else(&store);
        let before = Traces::of(&store, None, &outside);
        let again = send(&store, &verb, &verb.name);
        assert_same_answer(&first, &again, &verb.name);
        assert_eq!(Traces::of(&store, None, &outside), before, "{}", verb.name);
        assert_other_request_is_refused(&store, &verb, &verb.name);
        assert_eq!(Traces::of(&store, None, &outside), before, "{}: refused", verb.name);
    }
}

#[test]
fn a_retried_verb_gives_the_same_answer_and_changes_nothing_in_a_folder() {
    for verb in verbs() {
        let (root, outside) = (TempDir::new().expect("a folder"), Outside::new());
        let open = || outside.local(root.path(), Arc::new(OsFileSystem));
        let traces = |store: &LocalFsStore| Traces::of(store, Some(root.path()), &outside);

        let store = open();
        verb.prepare(&store);
        let first = send(&store, &verb, &verb.name);
        let before = traces(&store);
        let again = send(&store, &verb, &verb.name);
        assert_same_answer(&first, &again, &verb.name);
        assert_eq!(traces(&store), before, "{}: at once", verb.name);
        change_something_else(&store);
        let before = traces(&store);

        let beside = open();
        assert_same_answer(&first, &send(&beside, &verb, &verb.name), &verb.name);
        assert_eq!(traces(&beside), before, "{}: by another process", verb.name);
        drop((store, beside));

        let reopened = open();
        assert_same_answer(&first, &send(&reopened, &verb, &verb.name), &verb.name);
        assert_eq!(traces(&reopened), before, "{}: reopened", verb.name);
        assert_other_request_is_refused(&reopened, &verb, &verb.name);
        let after = traces(&reopened);
        assert_eq!(after.audit_lines(), before.audit_lines() + 1, "{}: the refusal", verb.name);
        assert_eq!(after.history, before.history, "{}: refused", verb.name);
    }
}

#[test]
fn a_verb_whose_answer_a_crash_took_is_not_done_again() {
    for verb in verbs() {
        for crash in [Crash::Files, Crash::Audit, Crash::Answer] {
            let what = format!("{}, {crash:?}", verb.name);
            let (root, outside) = (TempDir::new().expect("a folder"), Outside::new());
            let open = || outside.local(root.path(), Arc::new(OsFileSystem));
            verb.prepare(&open());
            let crashing = Arc::new(Crashing { crash, armed: AtomicBool::new(true) });
            let store = outside.local(root.path(), Arc::clone(&crashing) as Arc<dyn FileSystem>);
            let sent = catch_unwind(AssertUnwindSafe(|| send(&store, &verb, &what)));
            // A process that is killed drops nothing.
            std::mem::forget(store);
            assert!(sent.is_err() || crash == Crash::Files, "{what}: nothing crashed");

            let store = open();
            let commits = verb.before.len() + 1;
            let first = send(&store, &verb, &what);
            let replayed = first.idempotency == IdempotencyOutcome::Replayed;
            assert!(replayed, "{what}: a commit was lost");
            let before = Traces::of(&store, Some(root.path()), &outside);
            assert_eq!(before.history.len(), commits, "{what}: generations");
            assert_eq!(before.history[0].event, first.audit, "{what}: another event");
            assert_eq!(before.audit_lines(), commits, "{what}: lines in the audit log");
            let repaired = store.repair(&env_id()).expect("a repair");
            assert!(repaired.written.is_empty(), "{what}: lagging: {:?}", repaired.written);

            assert_same_answer(&first, &send(&store, &verb, &what), &what);
            assert_eq!(Traces::of(&store, Some(root.path()), &outside), before, "{what}");
            assert_other_request_is_refused(&store, &verb, &what);
        }
    }
}

#[test]
fn a_verb_sent_many_times_at_once_under_one_key_is_done_once() {
    for verb in verbs() {
        let (root, outside) = (TempDir::new().expect("a folder"), Outside::new());
        let local = outside.local(root.path(), Arc::new(OsFileSystem));
        let beside = outside.local(root.path(), Arc::new(OsFileSystem));
        let memory = Outside::new().memory();
        verb.prepare(&local);
        verb.prepare(&memory);
        assert_done_once(&[&local, &beside], &verb);
        assert_done_once(&[&memory], &verb);
    }
}

fn assert_done_once(handles: &[&dyn Store], verb: &Verb) {
    let answers: Vec<Committed> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|number| {
                scope.spawn(move || send(handles[number % handles.len()], verb, &verb.name))
            })
            .collect();
        senders.into_iter().map(|sender| sender.join().expect("a sender")).collect()
    });
    let applied = answers.iter().filter(|one| one.idempotency == IdempotencyOutcome::Applied);
    assert_eq!(applied.count(), 1, "{}: done by exactly one", verb.name);
    for one in &answers {
        assert_eq!(one.outcome, answers[0].outcome, "{}: answers differ", verb.name);
        assert_eq!(one.after, answers[0].after, "{}: states differ", verb.name);
    }
    let history = handles[0].history(&env_id(), HistoryPage::default()).expect("a history");
    assert_eq!(history.len(), verb.before.len() + 1, "{}: generations", verb.name);
}

/// What a process dies before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    /// The first file that shows the commit.
    Files,
    /// The line in the audit log.
    Audit,
    /// The answer.
    Answer,
}

/// A file system under which the process dies once, by a panic, between a commit and its answer.
#[derive(Debug)]
struct Crashing {
    crash: Crash,
    armed: AtomicBool,
}

impl Crashing {
    fn die(&self, crash: Crash) {
        if self.crash == crash && self.armed.swap(false, Ordering::SeqCst) {
            panic!("the process dies here");
        }
    }

    /// Files that show a commit are written after it; all others may be written before.
    fn die_before_files(&self, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let shows = ["environment.json", "runtime", "routing", "trust-root", "answers", "index"];
        if shows.iter().any(|part| name.trim_start_matches('.').starts_with(part)) {
            self.die(Crash::Files);
        }
    }
}

impl FileSystem for Crashing {
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        OsFileSystem.stat(path)
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        OsFileSystem.read(path, limit)
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>> {
        OsFileSystem.read_from(path, offset)
    }

    fn read_private(&self, path: &Path, limit: u64) -> io::Result<PrivateFile> {
        OsFileSystem.read_private(path, limit)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        OsFileSystem.names(path)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.create_dir(path)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.die_before_files(path);
        OsFileSystem.create(path, bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.die(Crash::Audit);
        OsFileSystem.append(path, bytes)?;
        self.die(Crash::Answer);
        Ok(())
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        OsFileSystem.truncate(path, length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFileSystem.rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsFileSystem.link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.die_before_files(path);
        OsFileSystem.remove_file(path)
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.remove_dir(path)
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        OsFileSystem.sync(path)
    }

    fn lock(&self, path: &Path, patience: Duration) -> io::Result<Box<dyn Send + Sync>> {
        OsFileSystem.lock(path, patience)
    }

    fn placement(&self, path: &Path) -> io::Result<Placement> {
        OsFileSystem.placement(path)
    }
}

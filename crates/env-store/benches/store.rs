//! What a verb, an open and a crowd of writers cost in a local store, each against a floor of the same
//! run: the least that any implementation has to do with the same bytes on the same disk.

#![expect(clippy::panic, reason = "a benchmark that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures how long things take")]

#[path = "../tests/suite/large.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod large;
#[path = "../tests/suite/verbs.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod verbs;

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::Criterion;
use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{Document, Environment, sha256_hex};
use greentic_env_store::ports::MemorySigner;
use greentic_env_store::{EnvironmentMutations as _, EnvironmentReads as _, LocalFsStore, Request};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use verbs::{command, env_id, split};

/// Bytes of a typical row of the journal: what one change of weights leaves there.
const ROW: usize = 3_400;
/// Verbs of one measurement of writers.
const TURNS: u64 = 160;
const PROCESSES: u64 = 16;

fn store(root: &Path) -> LocalFsStore {
    let signer = Arc::new(MemorySigner::new(1));
    LocalFsStore::builder(root.to_owned()).signer(signer).build()
}

/// An environment with this many revisions.
fn environment(root: &Path, revisions: u64) -> LocalFsStore {
    let store = store(root);
    large::grow_by(&store, |_| revisions.saturating_sub(2));
    store
}

fn change(store: &LocalFsStore, number: u64) {
    let weight = 1 + u32::try_from(number % 9_998).unwrap_or_default();
    let request = Request::new(command("set-traffic-split", split(weight)));
    store.execute(&env_id(), request).expect("a legal verb");
}

/// The files that a change of weights touches, beside the environment itself.
const BESIDE: [&str; 2] = ["runtime-config.json", "routing.json"];

/// What every durable verb has to do: append the same bytes and sync them, copy the state, write the
/// canonical form and its digest, and replace the files that others read and that the verb changes.
struct Floor {
    folder: TempDir,
    log: File,
    state: EnvState,
    beside: Vec<Vec<u8>>,
}

impl Floor {
    fn new(store: &LocalFsStore) -> Self {
        let folder = TempDir::new_in(store.root()).expect("a folder");
        let log = File::create(folder.path().join("log")).expect("a file");
        let state = EnvState::clone(store.snapshot(&env_id()).expect("it").state());
        let env_root = store.env_path(&env_id()).expect("a folder");
        let read = |name: &str| fs::read(env_root.join(name)).expect("a file");
        Self { folder, log, state, beside: BESIDE.map(read).to_vec() }
    }

    fn run(&mut self) {
        self.log.write_all(&[7; ROW]).expect("a row");
        self.log.sync_data().expect("a sync");
        let state = black_box(self.state.clone());
        let document = state.environment.as_ref().expect("an environment");
        black_box(sha256_hex(document.canonical().as_bytes()));
        let text = document.to_pretty().expect("a text");
        self.replace("environment.json", text.as_bytes());
        for (name, bytes) in BESIDE.iter().zip(&self.beside) {
            self.replace(name, bytes);
        }
    }

    fn replace(&self, name: &str, bytes: &[u8]) {
        let unfinished = self.folder.path().join("unfinished");
        fs::write(&unfinished, bytes).expect("a file");
        fs::rename(unfinished, self.folder.path().join(name)).expect("a rename");
    }
}

/// One row in an SQLite database that is set up as the journal is.
struct Sqlite {
    _folder: TempDir,
    connection: Connection,
}

impl Sqlite {
    fn new(root: &Path) -> Self {
        let folder = TempDir::new_in(root).expect("a folder");
        let connection = Connection::open(folder.path().join("db")).expect("a database");
        let set_up = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE rows (id INTEGER PRIMARY KEY, row TEXT NOT NULL)";
        connection.execute_batch(set_up).expect("tables");
        Self { _folder: folder, connection }
    }

    fn run(&self) {
        let row = "r".repeat(ROW);
        self.connection.execute("INSERT INTO rows (row) VALUES (?1)", [row]).expect("a row");
    }
}

fn verbs_of(criterion: &mut Criterion, revisions: u64) {
    let root = TempDir::new().expect("a folder");
    let store = environment(root.path(), revisions);
    let mut group = criterion.benchmark_group(format!("store-verb-{revisions}"));
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    let mut number = 0;
    group.bench_function("verb", |bencher| {
        bencher.iter(|| {
            number += 1;
            change(&store, number);
        });
    });
    let mut floor = Floor::new(&store);
    group.bench_function("floor", |bencher| bencher.iter(|| floor.run()));
    let sqlite = Sqlite::new(root.path());
    group.bench_function("sqlite", |bencher| bencher.iter(|| sqlite.run()));
    group.finish();
}

fn opening(criterion: &mut Criterion) {
    let root = TempDir::new().expect("a folder");
    drop(environment(root.path(), 1_000));
    let file = root.path().join("local/environment.json");
    let mut group = criterion.benchmark_group("store-open");
    group.sample_size(20).measurement_time(Duration::from_secs(4));
    group.bench_function("open-and-load", |bencher| {
        bencher.iter(|| store(root.path()).snapshot(&env_id()).expect("a snapshot"));
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let bytes = fs::read(&file).expect("the file");
            let raw: Value = serde_json::from_slice(&bytes).expect("JSON");
            let typed: Environment = serde_json::from_slice(&bytes).expect("an environment");
            black_box((raw, typed))
        });
    });
    group.bench_function("document", |bencher| {
        bencher.iter(|| {
            let bytes = fs::read(&file).expect("the file");
            Document::<Environment>::from_json(&bytes).expect("an environment")
        });
    });
    group.finish();
}

/// Writers in processes of their own, which begin together. Gives how long all of them took.
fn crowd(root: &Path, processes: u64) -> Duration {
    let mut children: Vec<Child> = (0..processes)
        .map(|_| {
            let mut writer = Command::new(std::env::current_exe().expect("this program"));
            writer.arg(WRITE).arg(root).arg((TURNS / processes).to_string());
            writer.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a writer")
        })
        .collect();
    for child in &mut children {
        // It says that it is ready.
        let ready = child.stdout.as_mut().expect("its output").read_exact(&mut [0]);
        ready.expect("a ready writer");
    }
    let started = Instant::now();
    children.iter_mut().for_each(|child| drop(child.stdin.take()));
    for mut child in children {
        assert!(child.wait().expect("its end").success(), "a writer failed");
    }
    started.elapsed()
}

const WRITE: &str = "write-alone";

/// What a writer does: opens the environment, waits for the start, and writes.
fn write_alone(root: &Path, turns: u64) {
    let store = store(root);
    store.snapshot(&env_id()).expect("a snapshot");
    let mut output = std::io::stdout().lock();
    output.write_all(b"r").and_then(|()| output.flush()).expect("an output");
    std::io::stdin().read_to_end(&mut Vec::new()).expect("a start");
    (0..turns).for_each(|number| change(&store, number));
}

fn writers(criterion: &mut Criterion) {
    let root = TempDir::new().expect("a folder");
    drop(environment(root.path(), 2));
    let mut group = criterion.benchmark_group("store-writers");
    group.sample_size(10);
    for (name, processes) in [("sixteen", PROCESSES), ("one", 1)] {
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|times| (0..times).map(|_| crowd(root.path(), processes)).sum());
        });
    }
    group.finish();
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    if let [_, word, root, turns] = words.as_slice()
        && word == WRITE
    {
        return write_alone(Path::new(root), turns.parse().expect("a number"));
    }
    let mut criterion = Criterion::default().configure_from_args();
    verbs_of(&mut criterion, 1);
    verbs_of(&mut criterion, 1_000);
    opening(&mut criterion);
    writers(&mut criterion);
    criterion.final_summary();
}

//! Environments in folders that are made once and copied.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::routing::Routing;
use greentic_deploy_spec::{Document, SecretRef};
use greentic_env_store::files::{FileSystem, OsFileSystem};
use greentic_env_store::ports::{Clock, Ids, MemorySecretSink, SecretSink};
use greentic_env_store::{
    EnvironmentMutations, EnvironmentReads, LocalFsStore, Request, StoreError,
};

use serde_json::{Value, json};

use crate::verbs::{env_id, key, rename};

/// What somebody did to an environment outside of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// Nothing.
    Untouched,
    /// Edited one file by hand, cut others, and wrote what is derived.
    Edited,
    /// Changed what is trusted.
    OtherTrust,
    /// Made it look as the public tools leave it: without a journal.
    Public,
    /// Took a backup, and removed it.
    Backup,
    /// Took a snapshot, and changed it with the store.
    Snapshot,
}

/// The time of all changes.
#[derive(Clone, Copy, Debug)]
struct OneMoment;

impl Clock for OneMoment {
    fn now(&self) -> DateTime<Utc> {
        "2026-06-16T08:53:20Z".parse().expect("a time")
    }
}

/// Ids that follow each other, and that no other attempt has.
#[derive(Debug)]
struct Counted(AtomicU64);

impl Ids for Counted {
    fn ulid(&self) -> ulid::Ulid {
        let made = OneMoment.now().timestamp_millis().cast_unsigned();
        ulid::Ulid::from_parts(made, u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
}

/// A folder with environments and an operator key, removed when this is dropped.
pub(super) struct World {
    _folder: tempfile::TempDir,
    path: PathBuf,
    secrets: Arc<MemorySecretSink>,
}

/// The first public key of RFC 8032, section 7.1.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

fn key_id() -> String {
    greentic_deploy_spec::key_id_for_public_key_pem(PUBLIC_KEY).expect("a key")
}

impl World {
    fn empty() -> Self {
        let folder = folder();
        let path = folder.path().canonicalize().expect("a folder");
        Self { _folder: folder, path, secrets: Arc::default() }
    }

    /// An environment that commands lead to and somebody touched, to be copied.
    pub(super) fn of(commands: &[Command], base: Base) -> Self {
        let world = Self::empty();
        let store = world.store(0, Arc::new(OsFileSystem));
        for command in commands {
            let done = store.execute(&env_id(), Request::new(command.clone()));
            done.unwrap_or_else(|error| panic!("{}: {error}", command.name()));
        }
        if base == Base::Backup {
            store.export_to_file(&env_id(), &world.backup()).expect("a backup");
        }
        if base == Base::Snapshot {
            store.take_snapshot(&env_id()).expect("a snapshot");
            let later = Request::new(rename("After the snapshot"));
            store.execute(&env_id(), later).expect("it is renamed");
        }
        drop(store);
        world.touch(base);
        world
    }

    fn touch(&self, base: Base) {
        match base {
            Base::Untouched | Base::Snapshot => {}
            Base::Edited => self.edit(),
            Base::OtherTrust => {
                let file = self.env_path().join("trust-root.json");
                let mut root: Value = read(&file);
                let key = json!({"key_id": key_id(), "public_key_pem": PUBLIC_KEY});
                root["keys"].as_array_mut().expect("keys").push(key);
                write(&file, &root);
            }
            Base::Public => {
                for name in ["journal.db", "journal.db-wal", "journal.db-shm", "routing.json"] {
                    drop(fs::remove_file(self.env_path().join(name)));
                }
            }
            Base::Backup => fs::remove_dir_all(self.env_path()).expect("it is removed"),
        }
    }

    /// The same in a folder of its own.
    pub(super) fn copy(&self) -> Self {
        let copy = Self::empty();
        copy_folder(&self.path, &copy.path);
        for reference in self.secrets.references() {
            let reference = SecretRef::try_new(reference).expect("a reference");
            copy.secrets.mint(&reference).expect("a secret");
        }
        copy
    }

    /// A store that sees nothing of what another attempt has in memory.
    pub(super) fn store(&self, attempt: u64, files: Arc<dyn FileSystem>) -> LocalFsStore {
        LocalFsStore::builder(self.path.join("environments"))
            .clock(Arc::new(OneMoment))
            .ids(Arc::new(Counted(AtomicU64::new(attempt << 32))))
            .secrets(Arc::clone(&self.secrets) as Arc<dyn SecretSink>)
            .file_system(files)
            .build()
    }

    pub(super) fn env_path(&self) -> PathBuf {
        self.path.join("environments/local")
    }

    /// Where a backup goes.
    pub(super) fn backup(&self) -> PathBuf {
        self.path.join("backup.json")
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        self.secrets.references()
    }

    fn edit(&self) {
        let folder = self.env_path();
        let file = folder.join("environment.json");
        let mut environment: Value = read(&file);
        environment["name"] = json!("Edited");
        write(&file, &environment);
        fs::write(folder.join("runtime-config.json"), "{}").expect("it is written");
        fs::write(folder.join("env-packs/secrets/answers.json"), "{\"cut\": ")
            .expect("it is written");
        fs::write(folder.join("messaging/index.json"), "").expect("it is written");
        let log = folder.join("audit/events.jsonl");
        let mut log = fs::OpenOptions::new().append(true).open(log).expect("a log");
        log.write_all(b"{\"schema\":\"gree").expect("it is written");
    }
}

/// The id of the newest snapshot.
pub(super) fn newest_snapshot(store: &LocalFsStore) -> Result<String, StoreError> {
    let newest = store.snapshots(&env_id())?.pop();
    Ok(newest.expect("there is a snapshot").id)
}

/// In memory where there is such a place: what is tried here does not depend on what a disk does.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> T {
    serde_json::from_slice(&fs::read(file).expect("a file")).expect("a document")
}

fn write<T: serde::Serialize>(file: &Path, value: &T) {
    fs::write(file, serde_json::to_vec_pretty(value).expect("a document")).expect("it is written");
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            fs::create_dir(&target).expect("a folder");
            copy_folder(&entry.path(), &target);
        } else {
            // Keeps the mode, which the operator key depends on.
            fs::copy(entry.path(), &target).expect("a file");
        }
    }
}

/// Every file below a folder, by path relative to it.
pub(super) fn files_below(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        let Ok(entries) = fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                left.push(path);
            } else {
                let path = path.strip_prefix(folder).expect("a path below");
                all.push(path.to_string_lossy().into_owned());
            }
        }
    }
    all.sort();
    all
}

/// What readers see, apart from names that each attempt mints anew: references of secrets, and
/// operator keys.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shape {
    generation: u64,
    documents: Value,
    routing: Option<Routing>,
    trusted: Option<usize>,
}

pub(super) fn shape(store: &LocalFsStore) -> Option<Shape> {
    let snapshot = store.snapshot(&env_id()).ok()?;
    let mut documents = json!({
        "environment": snapshot.environment().map(Document::raw),
        "runtime": snapshot.runtime().map(Document::raw),
        "answers": snapshot.state().pack_answers,
    });
    mask(&mut documents);
    Some(Shape {
        generation: snapshot.generation(),
        documents,
        routing: snapshot.routing().cloned(),
        trusted: snapshot.trust_root().map(|root| root.keys.len()),
    })
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                match name.as_str() {
                    "webhook_secret_ref" => *value = json!(value.is_string()),
                    _ => mask(value),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(mask),
        _ => {}
    }
}

/// The secrets that an environment names.
pub(super) fn named_secrets(store: &LocalFsStore) -> Vec<String> {
    let Ok(environment) = store.load_env(&env_id()) else { return Vec::new() };
    let endpoints = environment.messaging_endpoints.iter();
    let named = endpoints.filter_map(|endpoint| endpoint.webhook_secret_ref.as_ref());
    named.map(ToString::to_string).collect()
}

pub(super) fn request(command: Command) -> Request {
    Request::keyed(command, key("the same in each attempt"))
}

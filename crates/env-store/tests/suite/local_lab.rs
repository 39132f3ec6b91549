//! A local store in a folder of its own, with a clock and ids that tests know.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::{EnvId, EnvironmentHostConfig, UpdateEnvironmentPayload};
use greentic_env_store::ports::{Clock, Ids, MemorySecretSink, MemorySigner, Ports};
use greentic_env_store::{
    EnvironmentHistory, EnvironmentMutations, HistoryPage, LocalFsStore, LocalFsStoreBuilder,
    MemoryStore, StoreError,
};
use serde_json::Value;
use ulid::Ulid;

/// The time of the lab: stands still until a test moves it.
#[derive(Debug)]
pub(crate) struct LabClock(AtomicI64);

impl Clock for LabClock {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.0.load(Ordering::SeqCst), 0).expect("a time")
    }
}

/// Ids in their order, with the time of the lab.
#[derive(Debug)]
struct LabIds {
    clock: Arc<LabClock>,
    made: AtomicU64,
}

impl Ids for LabIds {
    fn ulid(&self) -> Ulid {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        let now = u64::try_from(self.clock.now().timestamp_millis()).expect("a time after 1970");
        Ulid::from_parts(now, number.into())
    }
}

/// A folder of environments.
pub(crate) struct Lab {
    folder: tempfile::TempDir,
    ports: Ports,
    clock: Arc<LabClock>,
}

/// The environment of the lab.
pub(crate) fn local() -> EnvId {
    "local".parse().expect("an id")
}

/// The environment of the lab with another name.
pub(crate) fn named(name: &str) -> UpdateEnvironmentPayload {
    UpdateEnvironmentPayload { name: Some(name.to_owned()), ..Default::default() }
}

impl Lab {
    /// A folder without environments.
    pub(crate) fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// A folder without environments, made in another one.
    pub(crate) fn within(place: &Path) -> Self {
        Self::starting_at(place, 1)
    }

    /// A lab whose ids begin with a number.
    fn starting_at(place: &Path, first_id: u64) -> Self {
        let start = "2026-06-16T08:53:20Z".parse::<DateTime<Utc>>().expect("a time");
        let clock = Arc::new(LabClock(AtomicI64::new(start.timestamp())));
        let ids = LabIds { clock: Arc::clone(&clock), made: AtomicU64::new(first_id) };
        let mut ports = Ports::system(greentic_deploy_spec::engine::local_user("alice"));
        ports.clock = Arc::clone(&clock) as Arc<dyn Clock>;
        ports.ids = Arc::new(ids);
        ports.signer = Some(Arc::new(MemorySigner::new(7)));
        ports.secrets = Some(Arc::new(MemorySecretSink::default()));
        Self { folder: tempfile::tempdir_in(place).expect("a folder"), ports, clock }
    }

    pub(crate) fn later(&self, by: TimeDelta) {
        self.clock.0.fetch_add(by.num_seconds(), Ordering::SeqCst);
    }

    /// The folder that has the folder of environments.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.home().join("environments")
    }

    pub(crate) fn builder(&self) -> LocalFsStoreBuilder {
        let Ports { clock, ids, signer, secrets, actor } = self.ports.clone();
        LocalFsStore::builder(self.root())
            .clock(clock)
            .ids(ids)
            .actor(actor)
            .signer(signer.expect("a signer"))
            .secrets(secrets.expect("a sink"))
    }

    /// A store that knows nothing yet, as another process has it.
    pub(crate) fn open(&self) -> LocalFsStore {
        self.builder().build()
    }

    /// A store in memory with the same clock, ids, keys and secrets.
    pub(crate) fn memory(&self) -> MemoryStore {
        MemoryStore::builder().ports(self.ports.clone()).build()
    }

    /// A path in the environment's folder.
    pub(crate) fn at(&self, file: &str) -> PathBuf {
        self.root().join("local").join(file)
    }

    pub(crate) fn read(&self, file: &str) -> Option<Vec<u8>> {
        fs::read(self.at(file)).ok()
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        let bytes = self.read(file).unwrap_or_else(|| panic!("there is no {file}"));
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    /// Writes a file of the environment by hand.
    pub(crate) fn write(&self, file: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(&path, bytes).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// A lab with the files of another one's environment, in a folder that is made in `place`.
    pub(crate) fn with_files(place: &Path, files: &BTreeMap<String, Entry>) -> Self {
        // Ids of its own: those in the files are used.
        static COPIES: AtomicU64 = AtomicU64::new(1);
        let lab = Self::starting_at(place, COPIES.fetch_add(1, Ordering::SeqCst) << 32);
        for (name, entry) in files {
            let path = lab.at(name);
            match &entry.bytes {
                None => fs::create_dir_all(&path).expect("a folder"),
                Some(bytes) => {
                    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                    fs::write(&path, bytes).expect("a file");
                    fs::set_permissions(&path, fs::Permissions::from_mode(entry.mode))
                        .expect("a mode");
                }
            }
        }
        lab
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.at(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
    }

    /// The files that were kept aside, with what is in them.
    pub(crate) fn recovered(&self) -> BTreeMap<String, Vec<u8>> {
        let all = tree(&self.at("recovered")).into_iter();
        all.filter_map(|(name, entry)| Some((name, entry.bytes?))).collect()
    }

    /// Texts of an error and its causes, without what differs from machine to machine.
    pub(crate) fn told(&self, error: &StoreError) -> String {
        let text = chain(error);
        text.replace(&self.home().to_string_lossy().into_owned(), "<home>")
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Makes the lab's environment, without anything in it.
pub(crate) fn create(store: &(impl EnvironmentMutations + ?Sized)) {
    let host = EnvironmentHostConfig::new(local());
    store.create_environment(&local(), "Local".to_owned(), host).expect("a new environment");
}

/// Commits as `generation actor noun verb`, oldest first.
pub(crate) fn commits(store: &(impl EnvironmentHistory + ?Sized)) -> Vec<String> {
    let page = HistoryPage { before: None, limit: usize::MAX };
    let mut all = store.history(&local(), page).expect("history");
    all.reverse();
    let line = |commit: &greentic_env_store::CommitInfo| {
        let event = &commit.event;
        format!("{} {} {} {}", commit.generation, event.actor.kind, event.noun, event.verb)
    };
    all.iter().map(line).collect()
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    /// None for a folder.
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Everything below a folder, by path relative to it.
pub(crate) fn tree(folder: &Path) -> BTreeMap<String, Entry> {
    let mut all = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            let metadata = fs::symlink_metadata(&path).expect("metadata");
            let bytes = metadata.is_file().then(|| fs::read(&path).expect("a file"));
            let name = path.strip_prefix(folder).expect("a path below").to_string_lossy();
            let mode = metadata.permissions().mode() & 0o7777;
            all.insert(name.into_owned(), Entry { mode, bytes });
            if metadata.is_dir() {
                left.push(path);
            }
        }
    }
    all
}

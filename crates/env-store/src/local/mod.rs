//! The store over a folder of this machine. docs/store.md tells what each file is for.

mod audit;
mod edits;
mod environment;
mod exchange;
mod folder;
mod head;
mod journal;
mod layout;
mod locked;
mod mirror;
mod observe;
mod policies;
mod projection;
mod reader;
mod snapshots;
mod turns;
mod upkeep;
mod verify;
mod watch;
mod writer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greentic_deploy_spec::{Actor, EnvId, Environment, EnvironmentRuntime};

use crate::files::{FileSystem, OsFileSystem};
use crate::operator_key::FileOperatorKey;
use crate::ports::{Clock, Ids, PolicySigner, Ports, SecretSink};
use crate::{
    CommitInfo, Committed, EnsureLocalEnvironmentPayload, EnvSnapshot, EnvironmentHistory,
    EnvironmentMutations, EnvironmentReads, HistoryPage, LocalEnvOutcome, Request, StoreError,
    Watch, plan_local_environment,
};

use environment::LocalEnvironment;
pub use locked::Locked;
pub use snapshots::SnapshotInfo;
pub use upkeep::{CompactReport, HistoryRetention, RepairReport};
pub use verify::VerifyReport;

/// Keeps environments in a folder of this machine, one folder for each.
///
/// Documents are files that the public tools read and write as well. What makes them true is a
/// journal in each environment's folder, which is safe against crashes and power cuts, and which
/// several processes may use at a time. Nothing is ever stuck: the kernel frees the lock of a
/// process that died, and what it left undone is finished by the next change.
///
/// A value is a handle: clones share what was read, and threads may use it at will. Dropping the
/// last clone makes files as safe on the disk as the journal is; a process that is killed instead
/// loses nothing.
///
/// The folder has to be on a local disk (see [`StoreError::UnsafeFileSystem`]).
#[derive(Clone, Debug)]
pub struct LocalFsStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    files: Arc<dyn FileSystem>,
    ports: Ports,
    patience: Duration,
    environments: Mutex<BTreeMap<EnvId, Arc<LocalEnvironment>>>,
}

/// Sets a [`LocalFsStore`] up.
#[derive(Debug)]
pub struct LocalFsStoreBuilder {
    root: PathBuf,
    files: Arc<dyn FileSystem>,
    ports: Ports,
    operator_key: Option<PathBuf>,
    patience: Duration,
}

/// How long a change waits for others by default.
const PATIENCE: Duration = Duration::from_secs(30);

impl LocalFsStore {
    /// A store over a folder that has, or will have, one folder for each environment.
    ///
    /// Uses the clock and ids of this machine; the operator key `<root>/../operator/key.pem` when
    /// the folder is named `environments`, as the public tools have it, else
    /// `<root>/.operator/key.pem`; and no secret sink. Touches nothing.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self::builder(root).build()
    }

    /// Sets a store up.
    #[must_use]
    pub fn builder(root: PathBuf) -> LocalFsStoreBuilder {
        LocalFsStoreBuilder {
            root,
            files: Arc::new(OsFileSystem),
            ports: Ports::system(this_user()),
            operator_key: None,
            patience: PATIENCE,
        }
    }

    /// The folder that has one folder for each environment.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.inner.root
    }

    /// The folder of an environment, there or not.
    ///
    /// # Errors
    /// [`StoreError::UnsafeEnvId`].
    pub fn env_path(&self, env_id: &EnvId) -> Result<PathBuf, StoreError> {
        layout::folder(&self.inner.root, env_id)
    }

    /// The lock that each change of an environment takes, and that the public tools take as well.
    ///
    /// # Errors
    /// [`StoreError::UnsafeEnvId`].
    pub fn env_lock_path(&self, env_id: &EnvId) -> Result<PathBuf, StoreError> {
        Ok(self.env_path(env_id)?.join(layout::LOCK))
    }

    /// What the store takes from outside.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.inner.ports
    }

    /// Runs one transaction: what is saved through [`Locked`] becomes one commit when the closure
    /// answers `Ok`, and nothing of it is kept when it answers `Err` or panics. Others wait
    /// meanwhile. The closure is run once.
    ///
    /// # Errors
    /// What the closure answers; [`StoreError::InTransaction`] inside of another transaction on the
    /// same environment; or why it was not committed.
    pub fn transact<T, E: From<StoreError>>(
        &self,
        env_id: &EnvId,
        work: impl FnOnce(&Locked<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.environment(env_id)?.transact(work)
    }

    /// Makes sure that an environment is there and has the default bindings of a local one.
    ///
    /// Creates it, or binds the slots that have no binding, or does nothing; each as one commit, so
    /// that calling it again is always fine. `public_base_url` is stored only when the environment
    /// is created.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] for an address that an environment cannot have; or why it
    /// cannot be read or written.
    pub fn ensure_local_environment(
        &self,
        env_id: &EnvId,
        payload: EnsureLocalEnvironmentPayload,
    ) -> Result<(Environment, LocalEnvOutcome), StoreError> {
        let recorded = match self.snapshot(env_id) {
            Ok(snapshot) => Some(snapshot.require()?.typed().clone()),
            Err(StoreError::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        let plan = plan_local_environment(env_id, recorded.as_ref(), &payload)?;
        if plan.outcome == LocalEnvOutcome::AlreadyExists {
            return Ok((plan.environment, plan.outcome));
        }
        self.transact(env_id, |locked| {
            let plan = plan_local_environment(env_id, locked.find()?.as_ref(), &payload)?;
            if plan.outcome != LocalEnvOutcome::AlreadyExists {
                locked.save(&plan.environment)?;
            }
            Ok((plan.environment, plan.outcome))
        })
    }

    fn environment(&self, env_id: &EnvId) -> Result<Arc<LocalEnvironment>, StoreError> {
        let path = layout::folder(&self.inner.root, env_id)?;
        let mut all = self.inner.environments.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(environment) = all.get(env_id) {
            return Ok(Arc::clone(environment));
        }
        let environment = Arc::new(self.handle(env_id, path));
        all.insert(env_id.clone(), Arc::clone(&environment));
        Ok(environment)
    }

    fn handle(&self, env_id: &EnvId, path: PathBuf) -> LocalEnvironment {
        let folder = folder::Folder {
            env_id: env_id.clone(),
            path,
            files: Arc::clone(&self.inner.files),
            ids: Arc::clone(&self.inner.ports.ids),
        };
        LocalEnvironment::new(folder, self.inner.ports.clone(), self.inner.patience)
    }

    /// Whether an environment can be read. One that nobody asked for by its name is let go of again,
    /// so that a list of many does not keep all of their journals open.
    fn can_be_read(&self, env_id: &EnvId) -> bool {
        let known = {
            let all = self.inner.environments.lock().unwrap_or_else(PoisonError::into_inner);
            all.get(env_id).map(Arc::clone)
        };
        match (known, layout::folder(&self.inner.root, env_id)) {
            (Some(known), _) => known.snapshot().is_ok(),
            (None, Ok(path)) => self.handle(env_id, path).snapshot().is_ok(),
            (None, Err(_)) => false,
        }
    }
}

impl LocalFsStoreBuilder {
    /// Uses this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.ports.clock = clock;
        self
    }

    /// Uses these ids.
    #[must_use]
    pub fn ids(mut self, ids: Arc<dyn Ids>) -> Self {
        self.ports.ids = ids;
        self
    }

    /// Records this actor for requests that name none, instead of the number of this user.
    #[must_use]
    pub fn actor(mut self, actor: Actor) -> Self {
        self.ports.actor = actor;
        self
    }

    /// Keeps the operator key in this file.
    #[must_use]
    pub fn operator_key(mut self, path: PathBuf) -> Self {
        self.operator_key = Some(path);
        self
    }

    /// Signs with this instead of a key in a file.
    #[must_use]
    pub fn signer(mut self, signer: Arc<dyn PolicySigner>) -> Self {
        self.ports.signer = Some(signer);
        self
    }

    /// Mints and deletes secrets here. Without it, verbs that mint secrets are
    /// [`StoreError::Unsupported`].
    #[must_use]
    pub fn secrets(mut self, secrets: Arc<dyn SecretSink>) -> Self {
        self.ports.secrets = Some(secrets);
        self
    }

    /// Waits this long for others before a change is refused with [`StoreError::Lock`].
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Does everything but SQLite's own work through this.
    #[must_use]
    pub fn file_system(mut self, files: Arc<dyn FileSystem>) -> Self {
        self.files = files;
        self
    }

    /// The store. Touches nothing.
    #[must_use]
    pub fn build(self) -> LocalFsStore {
        let Self { root, files, mut ports, operator_key, patience } = self;
        if ports.signer.is_none() {
            let path = operator_key.unwrap_or_else(|| default_operator_key(&root));
            let key = FileOperatorKey::with_file_system(path, Arc::clone(&files));
            ports.signer = Some(Arc::new(key));
        }
        let environments = Mutex::default();
        LocalFsStore { inner: Arc::new(Inner { root, files, ports, patience, environments }) }
    }
}

/// Where the public tools keep the operator key, seen from their folder of environments.
fn default_operator_key(root: &Path) -> PathBuf {
    match root.parent() {
        Some(parent) if root.ends_with("environments") => parent.join("operator/key.pem"),
        _ => root.join(layout::OPERATOR).join("key.pem"),
    }
}

fn this_user() -> Actor {
    let uid = Some(rustix::process::getuid().as_raw());
    Actor { kind: "local-user".to_owned(), user: None, uid }
}

impl EnvironmentReads for LocalFsStore {
    fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError> {
        let root = &self.inner.root;
        let names = self.inner.files.names(root).map_err(|source| StoreError::Io {
            operation: "read",
            path: root.clone(),
            source,
        })?;
        let mut ids = reader::ids_in(names);
        ids.retain(|env_id| self.can_be_read(env_id));
        ids.sort();
        Ok(ids)
    }

    fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        self.environment(env_id)?.exists()
    }

    fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        Ok(self.snapshot(env_id)?.require()?.typed().clone())
    }

    fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
        Ok(self.snapshot(env_id)?.runtime().map(|document| document.typed().clone()))
    }

    fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        self.environment(env_id)?.snapshot()
    }

    fn watch(&self, env_id: &EnvId) -> Result<Watch, StoreError> {
        watch::watch(self.environment(env_id)?)
    }
}

impl EnvironmentMutations for LocalFsStore {
    fn execute(&self, env_id: &EnvId, request: Request) -> Result<Committed, StoreError> {
        self.environment(env_id)?.execute(request)
    }
}

impl EnvironmentHistory for LocalFsStore {
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError> {
        self.environment(env_id)?.history(page)
    }

    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError> {
        self.environment(env_id)?.at(generation)
    }
}

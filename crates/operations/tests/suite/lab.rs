//! An environment in a folder of its own, with a provider that is told how to behave.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use greentic_deploy_spec::{BundleDeployment, EnvId, Environment, IdempotencyKey, Revision};
use greentic_env_pack::EnvPackRegistry;
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, LocalFsStore};
use greentic_operations::{
    DeployRequest, DeploySummary, DeploymentRequest, DeploymentSelector, Mode, OpError, Operator,
    Progress, RevisionRequest, Step, ensure_local_environment,
};
use greentic_pack_format::Limits;
use greentic_pack_format::revision::{RevisionFolder, StagedFolders};
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};

use crate::fake::{Calls, FakePack, FaultyStore};

/// Counts steps, and ends the process, as far as anybody can tell, at one of them.
#[derive(Debug, Default)]
pub(crate) struct Crash {
    steps: AtomicUsize,
    at: AtomicUsize,
}

impl Crash {
    /// Crashes before the step with this number, counted from 1; 0 is never.
    pub(crate) fn before(&self, number: usize) {
        self.steps.store(0, Ordering::SeqCst);
        self.at.store(number, Ordering::SeqCst);
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps.swap(0, Ordering::SeqCst)
    }
}

impl Progress for Crash {
    fn step(&self, step: &Step) {
        let number = self.steps.fetch_add(1, Ordering::SeqCst) + 1;
        if number == self.at.load(Ordering::SeqCst) {
            // Not a panic: what is printed for each would hide what matters.
            std::panic::resume_unwind(Box::new(step.to_string()));
        }
    }
}

pub(crate) struct Lab {
    pub(crate) folder: TempDir,
    pub(crate) env_id: EnvId,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) calls: Arc<Calls>,
    pub(crate) crash: Arc<Crash>,
    pub(crate) operator: Operator,
}

fn handle() -> Handle {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    RUNTIME.get_or_init(build).handle().clone()
}

impl Lab {
    /// The local environment, whose trust root is seeded.
    pub(crate) fn new() -> Self {
        let lab = Self::untrusting();
        lab.store.inner.bootstrap_trust_root(&lab.env_id).unwrap();
        lab
    }

    pub(crate) fn untrusting() -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().join("environments");
        let store = LocalFsStore::new(root.clone());
        let (environment, _) = ensure_local_environment(&store, None).unwrap();
        let ports = store.ports().clone();
        let (calls, crash) = (Arc::new(Calls::default()), Arc::new(Crash::default()));
        let mut registry = EnvPackRegistry::new();
        registry.register(Box::new(FakePack(Arc::clone(&calls)))).unwrap();
        let store = Arc::new(FaultyStore::new(store));
        let shared = Arc::clone(&store) as _;
        let mut operator = Operator::new(shared, ports, Arc::new(registry), root, handle());
        operator.progress = Arc::clone(&crash) as _;
        Self { folder, env_id: environment.environment_id, store, calls, crash, operator }
    }

    pub(crate) fn env_root(&self) -> PathBuf {
        self.folder.path().join("environments/local")
    }

    /// A worker that says something, as the source of a pack.
    pub(crate) fn worker(&self, id: &str, says: &str) -> PathBuf {
        let folder = self.folder.path().join(format!("{id}-{says}"));
        write(&folder, "pack.yaml", &format!("pack_id: {id}\nversion: 1.0.0\n"));
        let flow = "id: main\ntype: messaging\nnodes:\n  say:\n    emit.response: {text: SAYS}\n";
        write(&folder, "flows/main.ygtc", &flow.replace("SAYS", says));
        folder
    }

    pub(crate) fn request(&self, id: &str, says: &str) -> DeployRequest {
        DeployRequest::new(self.env_id.clone(), self.worker(id, says))
    }

    pub(crate) fn try_deploy(&self, request: &DeployRequest) -> Result<DeploySummary, OpError> {
        Ok(self.operator.deploy(request, Mode::Commit)?.result)
    }

    pub(crate) fn deploy(&self, id: &str, says: &str) -> DeploySummary {
        self.try_deploy(&self.request(id, says)).unwrap()
    }

    pub(crate) fn environment(&self) -> Environment {
        self.store.inner.load_env(&self.env_id).unwrap()
    }

    pub(crate) fn generation(&self) -> u64 {
        self.store.inner.snapshot(&self.env_id).unwrap().generation()
    }

    pub(crate) fn folders(&self) -> StagedFolders {
        StagedFolders::list(&self.env_root()).unwrap()
    }

    pub(crate) fn on(&self, revision: &str) -> RevisionRequest {
        RevisionRequest::new(self.env_id.clone(), revision.parse().unwrap())
    }

    pub(crate) fn of(&self, deployment: &str) -> DeploymentRequest {
        let deployment: DeploymentSelector = deployment.parse().unwrap();
        DeploymentRequest { env_id: self.env_id.clone(), deployment, key: None }
    }

    /// Checks that one deployment of these revisions is recorded, that each has its folder and nothing else has one, and that
    /// all traffic goes to the last.
    pub(crate) fn check_only(&self, revisions: usize) -> (BundleDeployment, Revision) {
        let environment = self.environment();
        let [deployment] = environment.bundles.as_slice() else {
            panic!("{} deployments", environment.bundles.len())
        };
        assert_eq!(environment.revisions.len(), revisions, "revisions");
        let mut recorded: Vec<_> =
            environment.revisions.iter().map(|one| one.revision_id).collect();
        recorded.sort();
        assert_eq!(self.folders(), StagedFolders { revisions: recorded, unfinished: Vec::new() });
        for revision in &environment.revisions {
            self.folder_of(revision).verify().unwrap();
        }
        let last = environment.revisions.last().unwrap();
        let split = environment.split_of(deployment.deployment_id).unwrap();
        assert_eq!(split.weight_of(last.revision_id), Some(10_000));
        (deployment.clone(), last.clone())
    }

    pub(crate) fn folder_of(&self, revision: &Revision) -> RevisionFolder {
        RevisionFolder::open(&self.env_root(), revision, &Limits::default()).unwrap()
    }

    /// Every file of the environment with its bytes, but for what SQLite keeps beside its database.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut all = BTreeMap::new();
        collect(&self.env_root(), &mut all);
        all
    }
}

fn collect(folder: &Path, all: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            collect(&path, all);
        } else if !name.ends_with("-shm") && !name.ends_with("-wal") {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
}

pub(crate) fn key(text: &str) -> Option<IdempotencyKey> {
    Some(text.parse().unwrap())
}

pub(crate) fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

//! An environment with three revisions that are really staged, and a probe that does as it is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use greentic_deploy_spec::{
    DeploymentId, Environment, PackId, Revision, RevisionId, RevisionLifecycle, SemVer, sha256_hex,
};
use greentic_deployer::conformance::build_fixture_env;
use greentic_env_pack::{
    Health, ProbeError, ProbeReport, ProbedPack, ProviderHealth, RevisionProbe, RevisionToProbe,
};
use greentic_env_pack_local::LocalDeployer;
use greentic_pack_format::revision::{StageTarget, StagingArea};
use greentic_pack_format::{BundleImage, Limits};
use tempfile::TempDir;
use ulid::Ulid;

pub(crate) const A: DeploymentId = DeploymentId(Ulid(1));
pub(crate) const B: DeploymentId = DeploymentId(Ulid(2));
pub(crate) const FIRST: RevisionId = RevisionId(Ulid(0x10));
pub(crate) const SECOND: RevisionId = RevisionId(Ulid(0x20));
pub(crate) const BESIDE: RevisionId = RevisionId(Ulid(0x30));
pub(crate) const UNKNOWN: RevisionId = RevisionId(Ulid(0x99));

#[derive(Debug)]
pub(crate) struct Lab {
    root: TempDir,
    pub(crate) env: Environment,
    pub(crate) probe: Arc<ToldProbe>,
    pub(crate) deployer: LocalDeployer,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let root = TempDir::new().unwrap();
        let mut env = build_fixture_env();
        let env_root = root.path().join(env.environment_id.as_str());
        fs::create_dir(&env_root).unwrap();
        let image = image();
        for revision in &mut env.revisions {
            stage(&env_root, &image, revision);
        }
        let probe = Arc::new(ToldProbe::default());
        let deployer = LocalDeployer::new(root.path().to_owned(), Arc::clone(&probe) as _);
        Self { root, env, probe, deployer }
    }

    pub(crate) fn env_root(&self) -> PathBuf {
        self.root.path().join(self.env.environment_id.as_str())
    }

    pub(crate) fn folder(&self, id: RevisionId) -> PathBuf {
        self.env_root().join("revisions").join(id.to_string())
    }

    /// The pack file of a revision.
    pub(crate) fn pack(&self, id: RevisionId) -> PathBuf {
        self.folder(id).join("bundle/packs/hello.gtpack")
    }

    pub(crate) fn archive_in_record(&mut self, id: RevisionId) {
        let mut revisions = self.env.revisions.iter_mut();
        let revision = revisions.find(|revision| revision.revision_id == id).unwrap();
        revision.lifecycle = RevisionLifecycle::Archived;
    }

    /// Each file below the environment's folder, with its digest.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        list(&self.env_root(), &mut found);
        found
    }
}

fn list(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, found);
        } else {
            found.insert(path.clone(), sha256_hex(&fs::read(path).unwrap()));
        }
    }
}

/// A bundle with one pack.
fn image() -> BundleImage {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("pack.yaml"), "pack_id: hello\nversion: 1.0.0\n").unwrap();
    BundleImage::open(folder.path(), &Limits::default()).unwrap()
}

/// Puts a revision's files in place, and records what they are.
fn stage(env_root: &Path, image: &BundleImage, revision: &mut Revision) {
    let target = StageTarget {
        revision_id: revision.revision_id,
        env_id: &revision.env_id,
        bundle_id: &revision.bundle_id,
    };
    let area = StagingArea::enter(env_root, &Limits::default()).unwrap();
    let staged = area.stage(image, &target).unwrap();
    revision.bundle_digest = staged.bundle_digest.to_string();
    revision.pack_list = staged.pack_list;
    revision.pack_list_lock_ref = staged.pack_list_lock_ref;
    revision.pack_config_refs = staged.pack_config_refs;
    revision.config_digest = staged.config_digest;
    revision.signature_sidecar_ref = staged.signature_sidecar_ref;
}

/// Answers what it was told, once; then that all is well.
#[derive(Debug, Default)]
pub(crate) struct ToldProbe {
    next: Mutex<Option<Result<ProbeReport, ProbeError>>>,
    asked: Mutex<Vec<RevisionToProbe>>,
}

impl ToldProbe {
    pub(crate) fn will(&self, answer: Result<ProbeReport, ProbeError>) {
        *self.next.lock().unwrap() = Some(answer);
    }

    pub(crate) fn asked(&self) -> Vec<RevisionToProbe> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl RevisionProbe for ToldProbe {
    async fn probe(&self, revision: &RevisionToProbe) -> Result<ProbeReport, ProbeError> {
        self.asked.lock().unwrap().push(revision.clone());
        let told = self.next.lock().unwrap().take();
        told.unwrap_or_else(|| Ok(report(Health::Healthy)))
    }
}

/// A report of one pack with one provider.
pub(crate) fn report(health: Health) -> ProbeReport {
    let provider = ProviderHealth {
        provider_type: "messaging.chat".to_owned(),
        component: "chat".to_owned(),
        health,
    };
    let pack = ProbedPack {
        pack_id: PackId::from("hello"),
        version: SemVer::new(1, 0, 0),
        components: 1,
        flows: 0,
        providers: vec![provider],
        signature: "unsigned".to_owned(),
    };
    ProbeReport { packs: vec![pack] }
}

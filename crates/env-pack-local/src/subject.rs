use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use greentic_deploy_spec::{Environment, Revision};
use greentic_deployer::Deployer;
use greentic_deployer::conformance::{Provider, Subject, SubjectError, build_fixture_env};
use greentic_env_pack::RevisionProbe;
use greentic_pack_format::revision::{StageTarget, StagingArea};
use greentic_pack_format::{BundleImage, Digest, Limits};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::LocalDeployer;

/// The local deployer as a subject of the conformance bench of `greentic-deployer`: each provider is
/// a folder of its own, with every revision of the bench's environment really staged.
#[derive(Clone, Debug)]
pub struct LocalSubject {
    probe: Arc<dyn RevisionProbe>,
}

impl LocalSubject {
    /// The deployer with this probe. What it is to load is a pack without flows.
    #[must_use]
    pub fn new(probe: Arc<dyn RevisionProbe>) -> Self {
        Self { probe }
    }
}

#[async_trait]
impl Subject for LocalSubject {
    fn name(&self) -> String {
        "greentic.deployer.local-process".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        let probe = Arc::clone(&self.probe);
        Ok(Box::new(tokio::task::spawn_blocking(|| StagedFixture::new(probe)).await??))
    }
}

/// The bench's environment in a folder that is gone when this is dropped, and the deployer for it.
#[derive(Debug)]
pub struct StagedFixture {
    root: TempDir,
    /// The environment, with what is recorded of the staged files.
    pub env: Environment,
    /// The deployer.
    pub deployer: LocalDeployer,
}

impl StagedFixture {
    /// Stages every revision of the bench's environment.
    ///
    /// # Errors
    /// When the files cannot be made.
    pub fn new(probe: Arc<dyn RevisionProbe>) -> Result<Self, SubjectError> {
        let root = TempDir::new()?;
        let mut env = build_fixture_env();
        let env_root = root.path().join(env.environment_id.as_str());
        fs::create_dir(&env_root)?;
        let image = image()?;
        for revision in &mut env.revisions {
            stage(&env_root, &image, revision)?;
        }
        let deployer = LocalDeployer::new(root.path().to_owned(), probe);
        Ok(Self { root, env, deployer })
    }

    /// The environment's folder.
    #[must_use]
    pub fn env_root(&self) -> PathBuf {
        self.root.path().join(build_fixture_env().environment_id.as_str())
    }

    /// Each file in the environment's folder, with its digest.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn files(&self) -> Result<BTreeMap<PathBuf, String>, SubjectError> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.env_root()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder)? {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    folders.push(entry.path());
                } else {
                    found.insert(entry.path(), Digest::of_file(&entry.path())?.to_string());
                }
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Provider for StagedFixture {
    fn deployer(&self) -> &dyn Deployer {
        &self.deployer
    }

    fn environment(&self) -> Environment {
        self.env.clone()
    }

    async fn state(&self) -> Result<Option<Value>, SubjectError> {
        Ok(Some(json!(self.files()?)))
    }
}

/// A bundle with one pack that does nothing.
fn image() -> Result<BundleImage, SubjectError> {
    let folder = TempDir::new()?;
    fs::write(
        folder.path().join("pack.yaml"),
        "pack_id: fixture\nversion: 1.0.0\nkind: library\n",
    )?;
    Ok(BundleImage::open(folder.path(), &Limits::default())?)
}

/// Puts a revision's files in place, and records what they are.
fn stage(
    env_root: &Path,
    image: &BundleImage,
    revision: &mut Revision,
) -> Result<(), SubjectError> {
    let target = StageTarget {
        revision_id: revision.revision_id,
        env_id: &revision.env_id,
        bundle_id: &revision.bundle_id,
    };
    let area = StagingArea::enter(env_root, &Limits::default())?;
    let staged = area.stage(image, &target)?;
    revision.bundle_digest = staged.bundle_digest.to_string();
    revision.pack_list = staged.pack_list;
    revision.pack_list_lock_ref = staged.pack_list_lock_ref;
    revision.pack_config_refs = staged.pack_config_refs;
    revision.config_digest = staged.config_digest;
    revision.signature_sidecar_ref = staged.signature_sidecar_ref;
    Ok(())
}

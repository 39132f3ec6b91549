use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use greentic_deploy_spec::{DeploymentId, EnvId, Environment, Revision, RevisionId};
use greentic_deployer::{
    ArchiveOutcome, Deployer, DeployerError, DrainOutcome, StageOutcome, TrafficSplitOutcome,
    WarmOutcome, enforce_split_invariants, require_revision,
};
use greentic_env_pack::{ProbeReport, RevisionProbe, RevisionToProbe};
use greentic_pack_format::Limits;
use greentic_pack_format::revision::{
    RevisionFolder, RevisionFolderError, StagedFolders, StagingArea,
};
use serde_json::Value;

/// Serves from the environment's folder on this machine: the provider is the folder
/// `revisions/<id>/` that a bundle was staged into, and a process that follows the environment.
///
/// * Staging checks that the files are there, and that they are those that were recorded.
/// * Warming loads the revision as it would be served ([`RevisionProbe`]), and fails when one of its
///   providers is not healthy.
/// * Draining has nothing to do: the process that serves sees it recorded.
/// * Archiving releases the folder, once the environment records the revision as archived and no
///   traffic split names it. Before that it changes nothing, so that it may be called before and
///   after the commit. What happened stays readable: history is in the store, not in the folder.
/// * A traffic split is applied when the files of every revision in it are there.
///
/// It takes no answers.
#[derive(Debug)]
pub struct LocalDeployer {
    root: PathBuf,
    probe: Arc<dyn RevisionProbe>,
}

/// The tenant of a deployment that is not recorded.
const DEFAULT_TENANT: &str = "default";

impl LocalDeployer {
    /// A deployer for the environments whose folders are in `root`.
    #[must_use]
    pub fn new(root: PathBuf, probe: Arc<dyn RevisionProbe>) -> Self {
        Self { root, probe }
    }

    fn env_root(&self, env_id: &EnvId) -> Result<PathBuf, DeployerError> {
        if env_id.is_safe_path_segment() {
            return Ok(self.root.join(env_id.as_str()));
        }
        let text =
            format!("environment `{env_id}` cannot have a folder; create it under another id");
        Err(DeployerError::Provider(text))
    }
}

#[async_trait]
impl Deployer for LocalDeployer {
    async fn stage_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<StageOutcome, DeployerError> {
        let revision = require_revision(env, revision_id)?.clone();
        let env_root = self.env_root(&env.environment_id)?;
        on_disk(move || open(&env_root, &revision)?.verify()).await?;
        Ok(StageOutcome::default())
    }

    async fn warm_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        _answers: Option<&Value>,
    ) -> Result<WarmOutcome, DeployerError> {
        let revision = require_revision(env, revision_id)?;
        let revision = RevisionToProbe {
            env_id: env.environment_id.clone(),
            env_root: self.env_root(&env.environment_id)?,
            tenant: tenant(env, revision),
            revision: revision.clone(),
        };
        let report = self.probe.probe(&revision).await;
        let report = report.map_err(|error| DeployerError::provider(&error))?;
        check_health(&report)?;
        Ok(WarmOutcome::default())
    }

    async fn drain_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<DrainOutcome, DeployerError> {
        require_revision(env, revision_id)?;
        Ok(DrainOutcome::default())
    }

    async fn archive_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        _answers: Option<&Value>,
    ) -> Result<ArchiveOutcome, DeployerError> {
        let revision = require_revision(env, revision_id)?;
        let is_named =
            env.traffic_splits.iter().any(|split| split.weight_of(revision_id).is_some());
        if revision.lifecycle.is_final() && !is_named {
            let env_root = self.env_root(&env.environment_id)?;
            on_disk(move || release(&env_root, revision_id)).await?;
        }
        Ok(ArchiveOutcome::default())
    }

    async fn apply_traffic_split(
        &self,
        env: &Environment,
        deployment_id: DeploymentId,
        _answers: Option<&Value>,
    ) -> Result<TrafficSplitOutcome, DeployerError> {
        let outcome = enforce_split_invariants(env, deployment_id)?;
        let named = outcome.applied_entries.iter();
        let revisions: Vec<_> = named
            .map(|entry| require_revision(env, entry.revision_id).cloned())
            .collect::<Result<_, _>>()?;
        let env_root = self.env_root(&env.environment_id)?;
        on_disk(move || {
            revisions.iter().try_for_each(|revision| open(&env_root, revision).map(drop))
        })
        .await?;
        Ok(outcome)
    }
}

/// Does what blocks on a thread that may.
async fn on_disk(
    work: impl FnOnce() -> Result<(), RevisionFolderError> + Send + 'static,
) -> Result<(), DeployerError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| DeployerError::provider(&error)),
        Err(interrupted) => Err(DeployerError::provider(&interrupted)),
    }
}

fn open(env_root: &Path, revision: &Revision) -> Result<RevisionFolder, RevisionFolderError> {
    RevisionFolder::open(env_root, revision, &Limits::default())
}

/// Removes the folder of one revision, and no other: whatever else is there stays.
fn release(env_root: &Path, revision_id: RevisionId) -> Result<(), RevisionFolderError> {
    let has_folder = |folders: &StagedFolders| folders.revisions.contains(&revision_id);
    if !has_folder(&StagedFolders::list(env_root)?) {
        return Ok(());
    }
    let area = StagingArea::enter(env_root, &Limits::default())?;
    let mut kept: BTreeSet<_> = StagedFolders::list(env_root)?.revisions.into_iter().collect();
    kept.remove(&revision_id);
    area.sweep(&kept).map(drop)
}

fn tenant(env: &Environment, revision: &Revision) -> String {
    let deployment = env.deployment(revision.deployment_id);
    deployment.map_or_else(
        || DEFAULT_TENANT.to_owned(),
        |deployment| deployment.route_binding.tenant_selector.tenant.clone(),
    )
}

fn check_health(report: &ProbeReport) -> Result<(), DeployerError> {
    let sick = report.unhealthy().map(|one| {
        let (component, kind) = (&one.provider.component, &one.provider.provider_type);
        format!("component `{component}` of pack `{}` ({kind}): {}", one.pack_id, one.detail)
    });
    let sick: Vec<_> = sick.collect();
    if sick.is_empty() {
        return Ok(());
    }
    let text = format!("not healthy: {}; mend what they need and warm again", sick.join("; "));
    Err(DeployerError::Provider(text))
}

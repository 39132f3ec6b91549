//! Stages a bundle and records the revision, as one.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    DeploymentId, IdempotencyKey, Revision, RevisionId, StageRevisionPayload,
};
use greentic_pack_format::BundleImage;
use greentic_pack_format::revision::{StageTarget, StagedRevision, StagingArea};

use crate::operator::Run;
use crate::{OpError, Step};

/// What is staged, and under which key it is recorded.
pub(crate) struct Staging<'a> {
    pub(crate) image: &'a BundleImage,
    pub(crate) target: StageTarget<'a>,
    /// The request's own key.
    pub(crate) key: &'a IdempotencyKey,
}

impl Staging<'_> {
    /// Makes the folder, and commits the command that refers to it. Nobody else stages in between.
    ///
    /// A revision that is recorded already is not recorded again; its folder is made whole when it is not. What is not
    /// recorded in the end leaves no folder.
    pub(crate) fn record(
        &self,
        run: &Run<'_>,
        command: impl FnOnce(&StagedRevision) -> Result<Command, OpError>,
    ) -> Result<Revision, OpError> {
        let limits = &run.operator.limits;
        let key = crate::keys::step(self.key, "stage", "");
        if run.is_rehearsal() {
            let staged = StagedRevision::of(self.image, &self.target, limits)?;
            run.commit(command(&staged)?, key)?;
            return self.recorded(run)?.ok_or_else(|| self.reused());
        }
        run.snapshot()?.require()?;
        let area = StagingArea::enter(&run.env_root()?, limits)?;
        let recorded = self.recorded(run)?;
        let (revision_id, bundle_id) = (self.target.revision_id, self.target.bundle_id.clone());
        run.step(Step::Stage { revision_id, bundle_id });
        let staged = area.stage(self.image, &self.target)?;
        if let Some(revision) = recorded {
            return Ok(revision);
        }
        let committed = command(&staged).and_then(|command| run.commit(command, key));
        match committed {
            Err(error) if error.may_be_committed() => Err(error),
            Err(error) => {
                // The error is what matters; a sweep removes what cannot be removed now.
                drop(area.discard(revision_id));
                Err(error)
            }
            Ok(_) => match self.recorded(run)? {
                Some(revision) => Ok(revision),
                None => {
                    // The key belongs to a revision that was recorded and is gone.
                    area.discard(revision_id)?;
                    Err(self.reused())
                }
            },
        }
    }

    /// The revision as it is recorded, which must be of this bundle.
    fn recorded(&self, run: &Run<'_>) -> Result<Option<Revision>, OpError> {
        let snapshot = run.snapshot()?;
        let revision = snapshot.require()?.revision(self.target.revision_id).cloned();
        let digest = self.image.digest().to_string();
        match revision {
            Some(other) if other.bundle_digest != digest => Err(self.reused()),
            revision => Ok(revision),
        }
    }

    fn reused(&self) -> OpError {
        OpError::KeyReused { key: self.key.clone() }
    }
}

/// Makes the folder of a recorded revision whole again, from the same bundle.
pub(crate) fn heal(run: &Run<'_>, image: &BundleImage, revision: &Revision) -> Result<(), OpError> {
    let (revision_id, bundle_id) = (revision.revision_id, revision.bundle_id.clone());
    let target = StageTarget { revision_id, env_id: run.env_id, bundle_id: &bundle_id };
    let area = StagingArea::enter(&run.env_root()?, &run.operator.limits)?;
    run.step(Step::Stage { revision_id, bundle_id: bundle_id.clone() });
    area.stage(image, &target)?;
    Ok(())
}

/// What records the staged revision.
pub(crate) fn payload(
    staged: &StagedRevision,
    revision_id: RevisionId,
    deployment_id: DeploymentId,
    options: &StageOptions,
) -> StageRevisionPayload {
    StageRevisionPayload {
        revision_id,
        deployment_id,
        bundle_digest: staged.bundle_digest.to_string(),
        bundle_source_uri: options.bundle_source_uri.clone(),
        pack_list: staged.pack_list.clone(),
        pack_list_lock_ref: staged.pack_list_lock_ref.clone(),
        pack_config_refs: staged.pack_config_refs.clone(),
        config_digest: staged.config_digest.clone(),
        signature_sidecar_ref: staged.signature_sidecar_ref.clone(),
        drain_seconds: options.drain_seconds,
    }
}

/// What a revision is told beside its bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageOptions {
    /// Where the bundle came from.
    pub bundle_source_uri: Option<String>,
    /// How long a drain of the revision may take.
    pub drain_seconds: u32,
}

impl Default for StageOptions {
    /// From here, and half a minute.
    fn default() -> Self {
        Self { bundle_source_uri: None, drain_seconds: 30 }
    }
}

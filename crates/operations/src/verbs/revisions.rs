use std::path::{Path, PathBuf};

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{
    Document, DrainReport, EnvId, IdempotencyKey, Revision, RevisionId, WarmRevisionPayload,
};
use greentic_env_store::{Committed, EnvSnapshot, StoreError};
use greentic_pack_format::revision::{RevisionFolder, StageTarget};
use greentic_pack_format::{BundleImage, Digest};

use crate::operator::Run;
use crate::provider::{Follow, Provider};
use crate::staging::{self, StageOptions, Staging};
use crate::{
    DeploymentSelector, Mode, OpError, Operator, Report, RevisionSelector, RevisionSummary, Step,
    gate, keys,
};

/// A bundle that becomes a revision of a deployment.
#[derive(Clone, Debug)]
pub struct StageRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The deployment.
    pub deployment: DeploymentSelector,
    /// What is staged; see [`BundleImage::open`].
    pub bundle: PathBuf,
    /// What else the revision is told.
    pub options: StageOptions,
    /// Names the request; the revision's id follows from it.
    pub key: Option<IdempotencyKey>,
}

/// A revision that something is done to.
#[derive(Clone, Debug)]
pub struct RevisionRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The revision.
    pub revision: RevisionSelector,
    /// The deployment, where the revision is named without one.
    pub within: DeploymentSelector,
    /// Names the request.
    pub key: Option<IdempotencyKey>,
}

impl RevisionRequest {
    /// The request for a revision by its id.
    #[must_use]
    pub fn new(env_id: EnvId, revision: RevisionSelector) -> Self {
        Self { env_id, revision, within: DeploymentSelector::Only, key: None }
    }
}

/// A drain that has come to its end.
#[derive(Clone, Debug)]
pub struct FinishDrainRequest {
    /// The revision.
    pub revision: RevisionRequest,
    /// What was left of it.
    pub report: DrainReport,
}

impl Operator {
    /// Stages a bundle as a new revision of a deployment: its folder is made, then it is recorded.
    ///
    /// # Errors
    /// [`OpError::Bundle`] and [`OpError::Revision`] with what is wrong with the bundle; else why it cannot be recorded. Then no
    /// folder is left.
    pub fn stage(
        &self,
        request: &StageRequest,
        mode: Mode,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let snapshot = run.snapshot()?;
            let deployment = request.deployment.resolve(snapshot.require()?)?.clone();
            let image = read_bundle(run, &request.bundle, None)?;
            let key = self.key_or_fresh(&request.key)?;
            let revision_id = keys::revision_id(run.env_id, &key);
            let target =
                StageTarget { revision_id, env_id: run.env_id, bundle_id: &deployment.bundle_id };
            let staging = Staging { image: &image, target, key: &key };
            let revision = staging.record(run, |staged| {
                let id = deployment.deployment_id;
                let payload = staging::payload(staged, revision_id, id, &request.options);
                Ok(Command::StageRevision(document(payload)?))
            })?;
            if revision.deployment_id != deployment.deployment_id {
                return Err(OpError::KeyReused { key });
            }
            Ok(RevisionSummary::of(&revision))
        })
    }

    /// Brings a revision up until it is ready. Nothing serves it yet.
    ///
    /// That it warms is recorded before the provider is called. The health gate checks the route table, the staged files,
    /// signatures and, in the end, that the provider can run it. One that failed before, or was drained, is tried again; one
    /// that is ready is left alone, when its files are there.
    ///
    /// # Errors
    /// [`OpError::HealthGate`]: then it is recorded as failed, and traffic is as it was. [`OpError::Files`] of one that is ready
    /// and has lost them.
    pub fn warm(
        &self,
        request: &RevisionRequest,
        mode: Mode,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.on_revision(request, mode, |run, revision, key| {
            if revision.lifecycle.admits_traffic() {
                return files_are_whole(run, revision);
            }
            bring_up(run, revision.revision_id, key, None).map(drop)
        })
    }

    /// Ends new conversations of a revision; those that it has go on until they end or time is over.
    ///
    /// # Errors
    /// Why the engine refuses it; [`OpError::Provider`] when the provider did not follow.
    pub fn drain(
        &self,
        request: &RevisionRequest,
        mode: Mode,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.on_revision(request, mode, |run, revision, key| {
            let id = revision.revision_id;
            let command = Command::DrainRevision { revision_id: id };
            change(run, command, key, Follow::Drain(id)).map(drop)
        })
    }

    /// Ends the drain of a revision.
    ///
    /// # Errors
    /// Why the engine refuses it: something is left, and time is not over.
    pub fn finish_drain(
        &self,
        request: &FinishDrainRequest,
        mode: Mode,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.on_revision(&request.revision, mode, |run, revision, key| {
            let (revision_id, report) = (revision.revision_id, request.report);
            run.commit(Command::FinishDrain { revision_id, report }, key.clone()).map(drop)
        })
    }

    /// Ends a revision for good.
    ///
    /// # Errors
    /// Why the engine refuses it; [`OpError::Provider`] when the provider did not follow.
    pub fn archive(
        &self,
        request: &RevisionRequest,
        mode: Mode,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.on_revision(request, mode, |run, revision, key| {
            let id = revision.revision_id;
            let command = Command::ArchiveRevision { revision_id: id };
            change(run, command, key, Follow::Archive(id)).map(drop)
        })
    }

    fn on_revision(
        &self,
        request: &RevisionRequest,
        mode: Mode,
        work: impl FnOnce(&Run<'_>, &Revision, &IdempotencyKey) -> Result<(), OpError>,
    ) -> Result<Report<RevisionSummary>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let snapshot = run.snapshot()?;
            let revision = request.revision.resolve(snapshot.require()?, &request.within)?;
            work(run, revision, &self.key_or_fresh(&request.key)?)?;
            Ok(RevisionSummary::of(&recorded(&run.snapshot()?, revision.revision_id)?))
        })
    }
}

/// Commits a change, or finds it under its key, and lets the provider follow what is recorded now.
pub(super) fn change(
    run: &Run<'_>,
    command: Command,
    key: &IdempotencyKey,
    follow: Follow,
) -> Result<Committed, OpError> {
    let before = run.snapshot()?;
    let provider = Provider::of(run, before.require()?)?;
    let committed = run.commit(command, key.clone())?;
    provider.follow(&run.snapshot()?, follow)?;
    Ok(committed)
}

/// Fails when the folder of a revision is not as it was staged.
pub(super) fn files_are_whole(run: &Run<'_>, revision: &Revision) -> Result<(), OpError> {
    let opened = RevisionFolder::open(&run.env_root()?, revision, &run.operator.limits);
    opened.and_then(|folder| folder.verify()).map_err(|source| OpError::Files {
        env_id: run.env_id.clone(),
        revision_id: revision.revision_id,
        bundle_id: revision.bundle_id.clone(),
        source: Box::new(source),
    })
}

/// Reads a bundle, and refuses another one than was pinned.
pub(crate) fn read_bundle(
    run: &Run<'_>,
    path: &Path,
    pinned: Option<&Digest>,
) -> Result<BundleImage, OpError> {
    run.step(Step::ReadBundle);
    let image = BundleImage::open(path, &run.operator.limits).and_then(|image| {
        pinned.map_or(Ok(()), |pinned| image.check(pinned))?;
        Ok(image)
    });
    image.map_err(|source| OpError::Bundle { path: path.to_owned(), source: Box::new(source) })
}

pub(crate) fn recorded(
    snapshot: &EnvSnapshot,
    revision_id: RevisionId,
) -> Result<Revision, OpError> {
    let revision = snapshot.require()?.revision(revision_id).cloned();
    revision.ok_or_else(|| {
        let env_id = snapshot.env_id().clone();
        let rejection =
            greentic_deploy_spec::engine::Rejection::RevisionNotFound { env_id, revision_id };
        StoreError::from_rejection(rejection).into()
    })
}

pub(crate) fn document<T: greentic_deploy_spec::DocumentType>(
    typed: T,
) -> Result<Document<T>, OpError> {
    Document::new(typed).map_err(unwritable)
}

pub(crate) fn unwritable(error: greentic_deploy_spec::DocumentError) -> OpError {
    StoreError::from_rejection(error.into()).into()
}

/// Takes a revision from wherever it stopped to where it is ready. Each step is named after the state that it was decided on,
/// so that the same call after a crash goes on, and a later attempt is not taken for an earlier one.
pub(crate) fn bring_up(
    run: &Run<'_>,
    revision_id: RevisionId,
    key: &IdempotencyKey,
    image: Option<&BundleImage>,
) -> Result<Revision, OpError> {
    let snapshot = run.snapshot()?;
    let mut revision = recorded(&snapshot, revision_id)?;
    if revision.lifecycle.admits_traffic() {
        return Ok(revision);
    }
    let provider = Provider::of(run, snapshot.require()?)?;
    if revision.lifecycle.can_be_retried() {
        let key = keys::step(key, "retry", &keys::attempt(&revision));
        run.commit(Command::Retry { revision_id }, key)?;
        revision = recorded(&run.snapshot()?, revision_id)?;
    }
    let attempt = keys::attempt(&revision);
    run.commit(Command::BeginWarm { revision_id }, keys::step(key, "begin-warm", &attempt))?;
    let warming = run.snapshot()?;
    revision = recorded(&warming, revision_id)?;
    if revision.lifecycle.admits_traffic() {
        // Somebody who does the same was faster.
        return Ok(revision);
    }
    let health_gate = gate::check(run, &provider, &warming, &revision, image)?;
    let expected_lifecycle = revision.lifecycle;
    let payload = WarmRevisionPayload { revision_id, health_gate, expected_lifecycle };
    let command = Command::WarmRevision(document(payload)?);
    let committed = match run.commit(command, keys::step(key, "warm", &attempt)) {
        // Somebody who does the same found something else about its health, and what they found is recorded.
        Err(OpError::Store(StoreError::IdempotencyConflict { .. })) => None,
        committed => Some(committed?.outcome),
    };
    if let Some(Outcome::HealthGateFailed { revision_id, failed_checks, message }) = committed {
        let env_id = run.env_id.clone();
        return Err(OpError::HealthGate { env_id, revision_id, failed_checks, message });
    }
    recorded(&run.snapshot()?, revision_id)
}

//! A bundle goes in, a worker answers: one operation that can be interrupted anywhere and run again.

mod decide;
mod inputs;

use std::path::PathBuf;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, BundleDeployment, BundleId, CustomerId, DeployRecord, DeploymentId, EnvId,
    IdempotencyKey, IdempotencyOutcome, Revision, RevisionId, SetTrafficSplitPayload,
    TrafficSplitEntry, UpdateBundlePayload,
};
use greentic_pack_format::Digest;
use greentic_pack_format::revision::{RevisionFolder, StageTarget, StagedRevision};
use serde::Serialize;

pub use inputs::ConfigOverrides;

use crate::operator::Run;
use crate::provider::{Follow, Provider};
use crate::staging::{self, StageOptions, Staging};
use crate::verbs::{bring_up, document, is_whole, read_bundle, recorded, unwritable};
use crate::{Mode, OpError, Operator, Report, RouteRequest, TrafficSummary, Weight, keys};
use decide::{Decision, Key, decide, revisions_of};
use inputs::{Inputs, default_share};

/// A bundle that is to serve all traffic of its deployment.
#[derive(Clone, Debug)]
pub struct DeployRequest {
    /// The environment.
    pub env_id: EnvId,
    /// What is deployed; see [`greentic_pack_format::BundleImage::open`].
    pub bundle: PathBuf,
    /// The digest that it must have; any when not given.
    pub digest: Option<Digest>,
    /// What the environment calls the bundle; what it calls itself when not given.
    pub bundle_id: Option<BundleId>,
    /// Who pays. Only the environment of this machine has a default.
    pub customer_id: Option<CustomerId>,
    /// By which route requests reach a bundle that is new.
    pub route: RouteRequest,
    /// Configuration that wins over the packs' own; none keeps what the deployment has.
    pub config_overrides: Option<ConfigOverrides>,
    /// What else the revision is told.
    pub options: StageOptions,
    /// Who asks for it.
    pub updated_by: String,
    /// Names the request: it is carried out once, however often it is sent.
    pub key: Option<IdempotencyKey>,
}

impl DeployRequest {
    /// The request for a bundle, with nothing else said.
    #[must_use]
    pub fn new(env_id: EnvId, bundle: PathBuf) -> Self {
        Self {
            env_id,
            bundle,
            digest: None,
            bundle_id: None,
            customer_id: None,
            route: RouteRequest::default(),
            config_overrides: None,
            options: StageOptions::default(),
            updated_by: "operator".to_owned(),
            key: None,
        }
    }
}

/// Whether what was deployed serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployStatus {
    /// All traffic goes to it.
    Routed,
    /// The request was carried out before, and the traffic was changed since. Nothing was done.
    Superseded,
}

/// What a deploy came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeploySummary {
    /// The environment.
    pub environment_id: EnvId,
    /// The bundle.
    pub bundle_id: BundleId,
    /// Its deployment.
    pub deployment_id: DeploymentId,
    /// The revision that it became.
    pub revision_id: RevisionId,
    /// Whether the bundle was deployed before.
    pub reused_deployment: bool,
    /// Revisions of the deployment that run and have no traffic any more. They can be drained.
    pub superseded_revisions: Vec<RevisionId>,
    /// The traffic; none when somebody took the deployment out of service since.
    pub traffic: Option<TrafficSummary>,
    /// Whether it serves.
    pub status: DeployStatus,
    /// Whether exactly this served already, so that nothing was recorded.
    pub unchanged: bool,
    /// Whether the revision was staged before, for the same request or for one of the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reused_revision: bool,
    /// Whether files of the revision were lost or changed, and put back.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub repaired: bool,
}

impl Operator {
    /// Deploys a bundle: stages it as a revision, brings that up, and gives it all traffic of the bundle's deployment, which is
    /// added when there is none.
    ///
    /// It may be interrupted anywhere. Run again with the same key, or without one, it finishes; nothing is done twice. The first
    /// commit records the request with the deployment and the revision, whose ids follow from the key. Without a key it asks for a
    /// state: what serves already is left as it is, and a revision that was deployed for the same and is not out of service gets
    /// the traffic instead of a new one.
    ///
    /// # Errors
    /// [`OpError::Bundle`] and [`OpError::Revision`] with what is wrong with the bundle, which leaves nothing;
    /// [`OpError::RouteDiffers`], [`OpError::RouteTaken`], [`OpError::KeyReused`]; [`OpError::HealthGate`]: the revision is
    /// recorded as failed and the traffic is as it was; [`OpError::Provider`] when the provider did not follow.
    pub fn deploy(
        &self,
        request: &DeployRequest,
        mode: Mode,
    ) -> Result<Report<DeploySummary>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            // Before the bundle is read: it may be large, and built from sources.
            run.snapshot()?.require()?;
            let image = read_bundle(run, &request.bundle, request.digest.as_ref())?;
            let inputs = Inputs::of(request, &image)?;
            let deploy = Deploy { run, request, inputs };
            match decide(&run.snapshot()?, &deploy.inputs, request.key.as_ref())? {
                Decision::Unchanged(revision_id) => deploy.leave(revision_id),
                Decision::Go(key) => deploy.go(&key),
            }
        })
    }
}

struct Deploy<'a> {
    run: &'a Run<'a>,
    request: &'a DeployRequest,
    inputs: Inputs<'a>,
}

impl Deploy<'_> {
    /// Records nothing. What was lost of the revision's folder is put back, and the provider reminded: it may have missed the
    /// end of an earlier call.
    fn leave(&self, revision_id: RevisionId) -> Result<DeploySummary, OpError> {
        let snapshot = self.run.snapshot()?;
        let revision = recorded(&snapshot, revision_id)?;
        let repaired = self.heal(&revision)?;
        let provider = Provider::of(self.run, snapshot.require()?)?;
        provider.follow(&snapshot, Follow::Split(revision.deployment_id))?;
        Ok(DeploySummary { repaired, ..self.told(&revision, true, Progressed::Unchanged)? })
    }

    fn go(&self, key: &Key) -> Result<DeploySummary, OpError> {
        let had_deployment = self.deployment()?.is_some();
        let revision_id = keys::revision_id(self.run.env_id, &key.key);
        let snapshot = self.run.snapshot()?;
        let mut repaired = false;
        let found = snapshot.require()?.revision(revision_id);
        let revision = match found {
            None => self.stage(&key.key, revision_id)?,
            Some(revision) => {
                self.check_same_request(&key.key, revision_id)?;
                if key.is_callers && self.is_superseded(revision)? {
                    return self.told(revision, had_deployment, Progressed::Superseded);
                }
                if revision.lifecycle.was_taken_out() {
                    return Err(OpError::TakenOut { revision_id });
                }
                repaired = self.heal(revision)?;
                revision.clone()
            }
        };
        let revision = bring_up(self.run, revision.revision_id, &key.key, Some(self.inputs.image))?;
        let progressed = self.route(&revision, key)?;
        let told = self.told(&revision, had_deployment, progressed)?;
        Ok(DeploySummary { repaired, reused_revision: found.is_some(), ..told })
    }

    fn deployment(&self) -> Result<Option<BundleDeployment>, OpError> {
        let snapshot = self.run.snapshot()?;
        let mut all = snapshot.require()?.bundles.iter();
        Ok(all.find(|deployment| self.inputs.are_for(deployment)).cloned())
    }

    /// The first commit: the revision, with the request that it is for, and its deployment when there is none.
    fn stage(&self, key: &IdempotencyKey, revision_id: RevisionId) -> Result<Revision, OpError> {
        let Inputs { image, bundle_id, .. } = &self.inputs;
        let target = StageTarget { revision_id, env_id: self.run.env_id, bundle_id };
        let staging = Staging { image, target, key };
        let revision =
            staging.record(self.run, |staged| self.first_commit(key, staged, revision_id))?;
        self.check_same_request(key, revision_id)?;
        Ok(revision)
    }

    fn first_commit(
        &self,
        key: &IdempotencyKey,
        staged: &StagedRevision,
        revision_id: RevisionId,
    ) -> Result<Command, OpError> {
        let existing = self.deployment()?;
        let added = keys::deployment_id(self.run.env_id, key);
        let deployment_id = existing.as_ref().map_or(added, |one| one.deployment_id);
        let payload = staging::payload(staged, revision_id, deployment_id, &self.request.options);
        let record = DeployRecord { key: key.clone(), inputs: self.inputs.digest.clone() };
        let stage = Command::StageRevision(record.beside(payload).map_err(unwritable)?);
        if existing.is_some() {
            return Ok(stage);
        }
        let bundle = document(AddBundlePayload {
            bundle_id: self.inputs.bundle_id.clone(),
            customer_id: self.inputs.customer_id.clone(),
            revenue_share: default_share(),
            route_binding: self.inputs.route.clone(),
            authorization_ref: None,
            config_overrides: self.inputs.overrides.clone().unwrap_or_default(),
        })?;
        let add = Command::AddBundle { deployment_id: Some(deployment_id), bundle };
        Ok(Command::Batch(vec![add, stage]))
    }

    fn check_same_request(
        &self,
        key: &IdempotencyKey,
        revision_id: RevisionId,
    ) -> Result<(), OpError> {
        let snapshot = self.run.snapshot()?;
        let record = snapshot.require()?.deploy_record(revision_id);
        if record.is_some_and(|record| record.inputs == self.inputs.digest) {
            return Ok(());
        }
        Err(OpError::KeyReused { key: key.clone() })
    }

    /// Whether traffic went on to a later revision. A request that was carried out once never takes it back.
    fn is_superseded(&self, revision: &Revision) -> Result<bool, OpError> {
        let snapshot = self.run.snapshot()?;
        let environment = snapshot.require()?;
        let Some(split) = environment.split_of(revision.deployment_id) else { return Ok(false) };
        let later = |entry: &TrafficSplitEntry| {
            let other = environment.revision(entry.revision_id);
            other.is_some_and(|other| other.sequence > revision.sequence)
        };
        Ok(!is_whole(split, revision.revision_id) && split.entries.iter().any(later))
    }

    /// Stages the folder again when it is not as it was staged, and tells whether it was not. The content is the same, or it
    /// would be another request.
    fn heal(&self, revision: &Revision) -> Result<bool, OpError> {
        let run = self.run;
        if run.is_rehearsal() {
            return Ok(false);
        }
        let opened = RevisionFolder::open(&run.env_root()?, revision, &run.operator.limits);
        if opened.and_then(|folder| folder.verify()).is_ok() {
            return Ok(false);
        }
        staging::heal(run, self.inputs.image, revision).map(|()| true)
    }

    /// Gives the revision all traffic, and the deployment the configuration that was asked for, in one commit.
    fn route(&self, revision: &Revision, key: &Key) -> Result<Progressed, OpError> {
        let run = self.run;
        let (deployment_id, revision_id) = (revision.deployment_id, revision.revision_id);
        let snapshot = run.snapshot()?;
        let environment = snapshot.require()?;
        let deployment = self.deployment()?;
        let overrides = deployment.as_ref().and_then(|one| self.inputs.new_overrides(one));
        let split = environment.split_of(deployment_id);
        let is_routed = split.is_some_and(|split| is_whole(split, revision_id));
        if !is_routed || overrides.is_some() {
            let next = || environment.next_split_generation(deployment_id);
            let moment = match split {
                Some(split) => split.generation.to_string(),
                None => next().map_or_else(|| "none".to_owned(), |next| format!("before-{next}")),
            };
            let key = match key.is_callers {
                true => key.key.clone(),
                false => keys::step(&key.key, "traffic", &moment),
            };
            let set = Command::SetTrafficSplit(document(SetTrafficSplitPayload {
                deployment_id,
                entries: vec![TrafficSplitEntry {
                    revision_id,
                    weight_bps: Weight::WHOLE.basis_points(),
                }],
                updated_by: self.request.updated_by.clone(),
                authorization_ref: None,
            })?);
            let command = match overrides {
                None => set,
                Some(overrides) => Command::Batch(vec![
                    Command::UpdateBundle(document(UpdateBundlePayload {
                        deployment_id,
                        status: None,
                        route_binding: None,
                        revenue_share: None,
                        config_overrides: Some(overrides.clone()),
                    })?),
                    set,
                ]),
            };
            let committed = run.commit(command, key)?;
            if committed.idempotency == IdempotencyOutcome::Replayed && !self.is_routed(revision)? {
                return Ok(Progressed::Superseded);
            }
        }
        let after = run.snapshot()?;
        Provider::of(run, after.require()?)?.follow(&after, Follow::Split(deployment_id))?;
        Ok(Progressed::Routed)
    }

    fn is_routed(&self, revision: &Revision) -> Result<bool, OpError> {
        let snapshot = self.run.snapshot()?;
        let split = snapshot.require()?.split_of(revision.deployment_id);
        Ok(split.is_some_and(|split| is_whole(split, revision.revision_id)))
    }

    fn told(
        &self,
        revision: &Revision,
        reused_deployment: bool,
        progressed: Progressed,
    ) -> Result<DeploySummary, OpError> {
        let snapshot = self.run.snapshot()?;
        let environment = snapshot.require()?;
        let split = environment.split_of(revision.deployment_id);
        let has_traffic =
            |id| split.is_some_and(|split| split.weight_of(id).is_some_and(|bps| bps > 0));
        let superseded_revisions = environment
            .deployment(revision.deployment_id)
            .into_iter()
            .flat_map(|deployment| revisions_of(environment, deployment))
            .filter(|other| other.lifecycle.admits_traffic() && !has_traffic(other.revision_id))
            .map(|other| other.revision_id)
            .collect();
        Ok(DeploySummary {
            environment_id: self.run.env_id.clone(),
            bundle_id: self.inputs.bundle_id.clone(),
            deployment_id: revision.deployment_id,
            revision_id: revision.revision_id,
            reused_deployment,
            superseded_revisions,
            traffic: split.map(TrafficSummary::of),
            status: match progressed {
                Progressed::Superseded => DeployStatus::Superseded,
                Progressed::Routed | Progressed::Unchanged => DeployStatus::Routed,
            },
            unchanged: progressed == Progressed::Unchanged,
            reused_revision: false,
            repaired: false,
        })
    }
}

/// How far a deploy came.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progressed {
    Routed,
    Unchanged,
    Superseded,
}

use greentic_deploy_spec::engine::{Command, Outcome, Rejection};
use greentic_deploy_spec::{
    DeploymentId, EnvId, Environment, IdempotencyKey, SetTrafficSplitPayload, TrafficSplitEntry,
};
use greentic_env_store::{Committed, EnvSnapshot, EnvironmentMutations as _, Request, StoreError};
use serde::Serialize;

use super::revisions::{change, document};
use super::splits::{again_by_set, check_files, check_files_after};
use crate::operator::Run;
use crate::provider::{Follow, Provider};
use crate::{
    DeploymentSelector, Mode, OpError, Operator, Report, RevisionSelector, TrafficSummary, Weight,
};

/// How the traffic of a deployment is to be shared.
#[derive(Clone, Debug)]
pub struct SetTrafficRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The deployment; where it is the only one, or revisions say it, it need not be named.
    pub deployment: DeploymentSelector,
    /// The revisions with their shares, which are one whole.
    pub entries: Vec<(RevisionSelector, Weight)>,
    /// Who asks for it.
    pub updated_by: String,
    /// What authorises it.
    pub authorization_ref: Option<String>,
    /// Names the request.
    pub key: Option<IdempotencyKey>,
}

/// A deployment whose traffic is changed back or taken away.
#[derive(Clone, Debug)]
pub struct DeploymentRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The deployment.
    pub deployment: DeploymentSelector,
    /// Names the request.
    pub key: Option<IdempotencyKey>,
}

/// A deployment that is out of service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ClearedTraffic {
    /// The environment.
    pub environment_id: EnvId,
    /// The deployment.
    pub deployment_id: DeploymentId,
    /// The split as it was; none when there was none already.
    pub cleared: Option<TrafficSummary>,
}

impl Operator {
    /// Shares the traffic of a deployment anew. Sent again under its key, it changes nothing and tells the same, whatever came
    /// after it.
    ///
    /// # Errors
    /// [`OpError::Unknown`] and [`OpError::Ambiguous`] for names; [`OpError::Files`] when a revision that would get traffic is
    /// not there as it was staged; why the engine refuses it; [`OpError::Provider`] when the provider did not follow.
    pub fn set_traffic(
        &self,
        request: &SetTrafficRequest,
        mode: Mode,
    ) -> Result<Report<TrafficSummary>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let snapshot = run.snapshot()?;
            let payload = request.payload(snapshot.require()?)?;
            check_files(run, &snapshot, &payload.entries)?;
            let deployment_id = payload.deployment_id;
            let command = Command::SetTrafficSplit(document(payload)?);
            let key = self.key_or_fresh(&request.key)?;
            let committed = change(run, command, &key, Follow::Split(deployment_id))?;
            summary(&committed.after, deployment_id)
        })
    }

    /// Goes back to the split before the last one. Sent again under its key, it goes back no further.
    ///
    /// # Errors
    /// [`OpError::Files`] as [`Self::set_traffic`]; why the engine refuses it; [`OpError::Provider`] when the provider did not follow.
    pub fn rollback_traffic(
        &self,
        request: &DeploymentRequest,
        mode: Mode,
    ) -> Result<Report<TrafficSummary>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let deployment_id = request.resolve(run)?;
            let key = self.key_or_fresh(&request.key)?;
            let command = Command::RollbackTrafficSplit { deployment_id };
            check_files_after(run, |rehearsal| {
                rehearsal.execute(run.env_id, Request::keyed(command.clone(), key.clone()))
            })?;
            match change(run, command, &key, Follow::Split(deployment_id)) {
                Ok(committed) => summary(&committed.after, deployment_id),
                Err(error) => {
                    let now = run.snapshot().and_then(|now| summary(&now, deployment_id));
                    Err(again_by_set(error, now.ok().as_ref()))
                }
            }
        })
    }

    /// Takes a deployment out of service. One that is out of service already stays so. Sent again under its key, it takes nothing
    /// away that came after it.
    ///
    /// # Errors
    /// Why the engine refuses it; [`OpError::Provider`] when the provider did not follow.
    pub fn clear_traffic(
        &self,
        request: &DeploymentRequest,
        mode: Mode,
    ) -> Result<Report<ClearedTraffic>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let deployment_id = request.resolve(run)?;
            let snapshot = run.snapshot()?;
            let environment = snapshot.require()?;
            let asked_before = || match &request.key {
                Some(key) => Ok(run.carried_out(key)?.is_some()),
                None => Ok::<_, OpError>(false),
            };
            let cleared = if environment.split_of(deployment_id).is_some() || asked_before()? {
                let key = self.key_or_fresh(&request.key)?;
                let command = Command::ClearTrafficSplit { deployment_id };
                cleared_by(change(run, command, &key, Follow::Everything)?)
            } else {
                Provider::of(run, environment)?.follow(&snapshot, Follow::Everything)?;
                None
            };
            Ok(ClearedTraffic { environment_id: run.env_id.clone(), deployment_id, cleared })
        })
    }
}

impl SetTrafficRequest {
    fn payload(&self, environment: &Environment) -> Result<SetTrafficSplitPayload, OpError> {
        let mut entries = Vec::new();
        let mut of_first = None;
        for (selector, weight) in &self.entries {
            let revision = selector.resolve(environment, &self.deployment)?;
            of_first.get_or_insert(revision.deployment_id);
            let (revision_id, weight_bps) = (revision.revision_id, weight.basis_points());
            entries.push(TrafficSplitEntry { revision_id, weight_bps });
        }
        let deployment_id = match (&self.deployment, of_first) {
            (DeploymentSelector::Only, Some(of_first)) => of_first,
            (selector, _) => selector.resolve(environment)?.deployment_id,
        };
        Ok(SetTrafficSplitPayload {
            deployment_id,
            entries,
            updated_by: self.updated_by.clone(),
            authorization_ref: self.authorization_ref.clone(),
        })
    }
}

impl DeploymentRequest {
    fn resolve(&self, run: &Run<'_>) -> Result<DeploymentId, OpError> {
        let snapshot = run.snapshot()?;
        Ok(self.deployment.resolve(snapshot.require()?)?.deployment_id)
    }
}

/// The split that a commit took away.
fn cleared_by(committed: Committed) -> Option<TrafficSummary> {
    match committed.outcome {
        Outcome::SplitCleared { cleared } => Some(TrafficSummary::of(&cleared)),
        _ => None,
    }
}

fn summary(snapshot: &EnvSnapshot, deployment_id: DeploymentId) -> Result<TrafficSummary, OpError> {
    let split = snapshot.require()?.split_of(deployment_id).map(TrafficSummary::of);
    split.ok_or_else(|| {
        let env_id = snapshot.env_id().clone();
        StoreError::from_rejection(Rejection::SplitNotFound { env_id, deployment_id }).into()
    })
}

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{EnvId, IdempotencyKey, RemoveBundleOutcome, RevisionId};
use greentic_env_store::StoreError;
use greentic_pack_format::revision::StagingArea;

use crate::operator::Run;
use crate::{DeploymentSelector, Mode, OpError, Operator, RemovedBundle, Report, Step};

/// A deployment that is removed.
#[derive(Clone, Debug)]
pub struct RemoveBundleRequest {
    /// The environment.
    pub env_id: EnvId,
    /// The deployment.
    pub deployment: DeploymentSelector,
    /// Names the request.
    pub key: Option<IdempotencyKey>,
}

impl Operator {
    /// Removes a deployment that serves nothing any more, with its archived revisions and their folders.
    ///
    /// # Errors
    /// Why the engine refuses it: it has traffic, or revisions that are not archived.
    pub fn remove_bundle(
        &self,
        request: &RemoveBundleRequest,
        mode: Mode,
    ) -> Result<Report<RemovedBundle>, OpError> {
        self.perform(&request.env_id, mode, |run| {
            let snapshot = run.snapshot()?;
            let deployment_id = request.deployment.resolve(snapshot.require()?)?.deployment_id;
            let key = self.key_or_fresh(&request.key)?;
            let committed = run.commit(Command::RemoveBundle { deployment_id }, key)?;
            let Outcome::BundleRemoved(removed) = committed.outcome else {
                let detail = "answered something else to `bundles.remove`".to_owned();
                return Err(StoreError::Contract { detail }.into());
            };
            remove_folders(run, &removed.pruned_revision_ids)?;
            Ok(told(run, removed))
        })
    }
}

fn told(run: &Run<'_>, removed: RemoveBundleOutcome) -> RemovedBundle {
    let RemoveBundleOutcome { deployment, pruned_revision_ids } = removed;
    RemovedBundle {
        environment_id: run.env_id.clone(),
        bundle_id: deployment.bundle_id,
        deployment_id: deployment.deployment_id,
        customer_id: deployment.customer_id,
        pruned_revision_ids,
    }
}

/// Nothing refers to them any more. Those that stay because of a crash are found and removed by the doctor.
fn remove_folders(run: &Run<'_>, revisions: &[RevisionId]) -> Result<(), OpError> {
    if run.is_rehearsal() || revisions.is_empty() {
        return Ok(());
    }
    run.step(Step::Sweep);
    let area = StagingArea::enter(&run.env_root()?, &run.operator.limits)?;
    Ok(revisions.iter().try_for_each(|revision_id| area.discard(*revision_id))?)
}

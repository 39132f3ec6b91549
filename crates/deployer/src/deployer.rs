use std::fmt::Debug;

use async_trait::async_trait;
use greentic_deploy_spec::{
    DeploymentId, Environment, RevisionId, RuntimeConfig, TrafficSplitEntry,
    materialize_runtime_config,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Capabilities, Capability, DeployerError, DestroyOutcome, Fence, Observation, Plan,
    ReconcileOutcome,
};

/// What staging did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageOutcome {}

/// What warming did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmOutcome {}

/// What draining did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrainOutcome {}

/// What archiving did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveOutcome {}

/// The traffic split that a provider carries out now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrafficSplitOutcome {
    /// The deployment.
    pub applied_deployment_id: DeploymentId,
    /// The shares, as the environment records them.
    pub applied_entries: Vec<TrafficSplitEntry>,
}

/// Makes a provider agree with what an environment records.
///
/// Verbs have provider effects only: they neither judge nor record a lifecycle. Each verb
///
/// * checks its preconditions first ([`crate::require_revision`],
///   [`crate::enforce_split_invariants`]): when they do not hold, the provider was not called;
/// * is idempotent: the second call does what is still missing, which is nothing after a success;
/// * is resumable: after an error, a crash or a dropped future, calling it again finishes it;
/// * leaves other revisions, other deployments and objects of others alone.
///
/// `answers` are those of the deployer's binding; `None` means its defaults.
#[async_trait]
pub trait Deployer: Debug + Send + Sync {
    /// Brings the artifacts of a revision to where the provider needs them, and checks them.
    ///
    /// # Errors
    /// [`DeployerError`].
    async fn stage_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<StageOutcome, DeployerError>;

    /// Starts a revision. When this returns, it could serve.
    ///
    /// # Errors
    /// [`DeployerError`]; [`DeployerError::Provider`] when it does not become ready.
    async fn warm_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        answers: Option<&Value>,
    ) -> Result<WarmOutcome, DeployerError>;

    /// Lets a revision finish what it has begun. Nothing is cut off by it.
    ///
    /// # Errors
    /// [`DeployerError`].
    async fn drain_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<DrainOutcome, DeployerError>;

    /// Releases what the provider holds for a revision. What is gone already is fine.
    ///
    /// # Errors
    /// [`DeployerError`].
    async fn archive_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        answers: Option<&Value>,
    ) -> Result<ArchiveOutcome, DeployerError>;

    /// Carries out the traffic split that the environment records for a deployment.
    ///
    /// # Errors
    /// [`DeployerError`]; then the provider may still carry out the one before.
    async fn apply_traffic_split(
        &self,
        env: &Environment,
        deployment_id: DeploymentId,
        answers: Option<&Value>,
    ) -> Result<TrafficSplitOutcome, DeployerError>;

    /// What runs, as a runtime configuration: by default what the environment records.
    fn report_runtime_config(&self, env: &Environment) -> RuntimeConfig {
        materialize_runtime_config(env)
    }

    /// Which of the verbs below it has. By default none.
    fn capabilities(&self) -> Capabilities {
        Capabilities::none()
    }

    /// What the provider has for an environment. Changes nothing.
    ///
    /// # Errors
    /// [`DeployerError::Unsupported`] without [`Capability::Observe`]; [`DeployerError::Provider`].
    async fn observe(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<Observation, DeployerError> {
        let _ = (env, answers);
        Err(unsupported(Capability::Observe))
    }

    /// What [`Deployer::reconcile`] would do now. Changes nothing.
    ///
    /// # Errors
    /// [`DeployerError::Unsupported`] without [`Capability::Plan`]; [`DeployerError::Provider`].
    async fn plan(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<Plan, DeployerError> {
        let _ = (env, answers);
        Err(unsupported(Capability::Plan))
    }

    /// Makes the provider agree with everything that the environment records, and removes what it
    /// has too much of. Objects of others are refused, never taken over.
    ///
    /// # Errors
    /// [`DeployerError::Unsupported`] without [`Capability::Reconcile`]; [`DeployerError::Provider`].
    async fn reconcile(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<ReconcileOutcome, DeployerError> {
        let _ = (env, answers);
        Err(unsupported(Capability::Reconcile))
    }

    /// Removes everything that it made for an environment. Objects of others stay.
    ///
    /// # Errors
    /// [`DeployerError::Unsupported`] without [`Capability::Destroy`]; [`DeployerError::Provider`].
    async fn destroy(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<DestroyOutcome, DeployerError> {
        let _ = (env, answers);
        Err(unsupported(Capability::Destroy))
    }

    /// The same deployer, for a caller that has seen the environment in one state: its verbs refuse
    /// with [`DeployerError::Stale`] once the provider has a newer one, instead of bringing back
    /// what is gone.
    ///
    /// # Errors
    /// [`DeployerError::Unsupported`] without [`Capability::Fence`].
    fn with_fence(&self, fence: Fence) -> Result<Box<dyn Deployer + '_>, DeployerError> {
        let _ = fence;
        Err(unsupported(Capability::Fence))
    }
}

fn unsupported(capability: Capability) -> DeployerError {
    DeployerError::Unsupported { verb: capability.as_str() }
}

/// A reference to a deployer is one, so that a type that is not known here can be handed on as
/// `&dyn Deployer`.
#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl<D: Deployer + ?Sized> Deployer for &D {
    async fn stage_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<StageOutcome, DeployerError> {
        (**self).stage_revision(env, revision_id).await
    }

    async fn warm_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        answers: Option<&Value>,
    ) -> Result<WarmOutcome, DeployerError> {
        (**self).warm_revision(env, revision_id, answers).await
    }

    async fn drain_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
    ) -> Result<DrainOutcome, DeployerError> {
        (**self).drain_revision(env, revision_id).await
    }

    async fn archive_revision(
        &self,
        env: &Environment,
        revision_id: RevisionId,
        answers: Option<&Value>,
    ) -> Result<ArchiveOutcome, DeployerError> {
        (**self).archive_revision(env, revision_id, answers).await
    }

    async fn apply_traffic_split(
        &self,
        env: &Environment,
        deployment_id: DeploymentId,
        answers: Option<&Value>,
    ) -> Result<TrafficSplitOutcome, DeployerError> {
        (**self).apply_traffic_split(env, deployment_id, answers).await
    }

    fn report_runtime_config(&self, env: &Environment) -> RuntimeConfig {
        (**self).report_runtime_config(env)
    }

    fn capabilities(&self) -> Capabilities {
        (**self).capabilities()
    }

    async fn observe(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<Observation, DeployerError> {
        (**self).observe(env, answers).await
    }

    async fn plan(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<Plan, DeployerError> {
        (**self).plan(env, answers).await
    }

    async fn reconcile(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<ReconcileOutcome, DeployerError> {
        (**self).reconcile(env, answers).await
    }

    async fn destroy(
        &self,
        env: &Environment,
        answers: Option<&Value>,
    ) -> Result<DestroyOutcome, DeployerError> {
        (**self).destroy(env, answers).await
    }

    fn with_fence(&self, fence: Fence) -> Result<Box<dyn Deployer + '_>, DeployerError> {
        (**self).with_fence(fence)
    }
}

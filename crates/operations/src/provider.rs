//! Calls the deployer that an environment binds. No provider is named here.

use greentic_deploy_spec::{CapabilitySlot, DeploymentId, Environment, RevisionId};
use greentic_deployer::{Capability, Deployer, DeployerError, Fence};
use greentic_env_store::EnvSnapshot;
use serde_json::Value;

use crate::operator::Run;
use crate::{OpError, Step};

/// What the provider is asked to follow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Follow {
    Drain(RevisionId),
    Archive(RevisionId),
    /// A split that is gone has no verb of its own: then everything.
    Split(DeploymentId),
    Everything,
}

/// The deployer of an environment, for calls about one moment of it.
pub(crate) struct Provider<'a> {
    run: &'a Run<'a>,
    deployer: &'a dyn Deployer,
}

impl<'a> Provider<'a> {
    /// Finds the deployer that the environment binds.
    pub(crate) fn of(run: &'a Run<'a>, environment: &Environment) -> Result<Self, OpError> {
        let binding = environment
            .pack_for_slot(CapabilitySlot::Deployer)
            .ok_or_else(|| OpError::NoDeployer { env_id: run.env_id.clone() })?;
        let registry = &run.operator.registry;
        let handler = registry.resolve_for_slot(CapabilitySlot::Deployer, &binding.kind)?;
        let deployer = handler
            .as_deployer()
            .ok_or_else(|| OpError::NotADeployer { descriptor: binding.kind.to_string() })?;
        Ok(Self { run, deployer })
    }

    /// Brings a revision to where it could serve.
    pub(crate) fn bring_up(
        &self,
        snapshot: &EnvSnapshot,
        revision_id: RevisionId,
    ) -> Result<(), DeployerError> {
        self.call(
            snapshot,
            "stage-revision",
            revision_id.to_string(),
            async |deployer, env, _| deployer.stage_revision(env, revision_id).await.map(drop),
        )?;
        let subject = revision_id.to_string();
        self.call(snapshot, "warm-revision", subject, async |deployer, env, answers| {
            deployer.warm_revision(env, revision_id, answers).await.map(drop)
        })
    }

    /// Lets the provider do what was just recorded.
    pub(crate) fn follow(&self, snapshot: &EnvSnapshot, what: Follow) -> Result<(), OpError> {
        if self.run.is_rehearsal() {
            return Ok(());
        }
        let environment = snapshot.require()?;
        let what = match what {
            Follow::Split(id) if environment.split_of(id).is_none() => Follow::Everything,
            what => what,
        };
        let (verb, subject) = match what {
            Follow::Drain(id) => ("drain-revision", format!("revision {id}")),
            Follow::Archive(id) => ("archive-revision", format!("revision {id}")),
            Follow::Split(id) => ("apply-traffic-split", format!("deployment {id}")),
            Follow::Everything => ("reconcile", format!("environment {}", self.run.env_id)),
        };
        let called = match what {
            Follow::Drain(id) => self.call(snapshot, verb, subject.clone(), async |one, env, _| {
                one.drain_revision(env, id).await.map(drop)
            }),
            Follow::Archive(id) => {
                self.call(snapshot, verb, subject.clone(), async |one, env, answers| {
                    one.archive_revision(env, id, answers).await.map(drop)
                })
            }
            Follow::Split(id) => {
                self.call(snapshot, verb, subject.clone(), async |one, env, answers| {
                    one.apply_traffic_split(env, id, answers).await.map(drop)
                })
            }
            Follow::Everything if !self.deployer.capabilities().has(Capability::Reconcile) => {
                Ok(())
            }
            Follow::Everything => {
                self.call(snapshot, verb, subject.clone(), async |one, env, answers| {
                    one.reconcile(env, answers).await.map(drop)
                })
            }
        };
        let finish = "run the same command again: it does what is missing".to_owned();
        called.map_err(|source| {
            let source = Box::new(source);
            OpError::Provider { verb, subject, source, finish }
        })
    }

    /// Calls the deployer with one moment of the environment, within the time that there is.
    fn call<T>(
        &self,
        snapshot: &EnvSnapshot,
        verb: &'static str,
        subject: String,
        work: impl AsyncFnOnce(&dyn Deployer, &Environment, Option<&Value>) -> Result<T, DeployerError>,
    ) -> Result<T, DeployerError> {
        self.run.step(Step::Provider { verb, subject });
        let environment = snapshot.require().map_err(|error| DeployerError::provider(&error))?;
        let answers = snapshot.state().pack_answers.get(&CapabilitySlot::Deployer);
        let fenced = self.fenced(snapshot)?;
        let deployer = fenced.as_deref().unwrap_or(self.deployer);
        let patience = self.run.operator.provider_patience;
        let call = async {
            let answered = tokio::time::timeout(patience, work(deployer, environment, answers));
            answered.await.unwrap_or_else(|_| Err(too_late(patience.as_secs())))
        };
        self.run.operator.handle.block_on(call)
    }

    /// The deployer that refuses what comes from a stale moment, when it can.
    fn fenced(
        &self,
        snapshot: &EnvSnapshot,
    ) -> Result<Option<Box<dyn Deployer + '_>>, DeployerError> {
        let Some(etag) = snapshot.etag().cloned() else { return Ok(None) };
        if !self.deployer.capabilities().has(Capability::Fence) {
            return Ok(None);
        }
        let fence = Fence { generation: snapshot.generation(), etag };
        self.deployer.with_fence(fence).map(Some)
    }
}

fn too_late(seconds: u64) -> DeployerError {
    DeployerError::Provider(format!("the provider did not answer within {seconds} s"))
}

//! A deployer over a provider in memory that keeps the contract, unless it is told to lie. It can
//! everything beyond the five verbs, or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use greentic_deploy_spec::{
    DeploymentId, Environment, RevisionId, RuntimeConfig, materialize_runtime_config,
};
use greentic_deployer::conformance::{Fault, Injected, Provider, SubjectError};
use greentic_deployer::{
    Action, ArchiveOutcome, Capabilities, Capability, Change, Deployer, DeployerError,
    DestroyOutcome, DrainOutcome, Fence, Observation, Plan, ReconcileOutcome, StageOutcome,
    TrafficSplitOutcome, WarmOutcome, enforce_split_invariants, require_revision,
};
use serde_json::{Value, json};
use ulid::Ulid;

use super::lies::Lie;

#[derive(Clone, Debug)]
pub(super) struct Fake {
    lie: Option<Lie>,
    abilities: Capabilities,
    fence: Option<Fence>,
    cloud: Arc<Mutex<Cloud>>,
}

/// What the provider has, and what the deployer remembers.
#[derive(Debug, Default)]
struct Cloud {
    objects: BTreeMap<String, String>,
    fault: Option<Fault>,
    called: BTreeSet<String>,
    gave_up: bool,
    made: BTreeSet<String>,
    generation: u64,
}

impl Fake {
    fn able(abilities: Capabilities) -> Self {
        Self { lie: None, abilities, fence: None, cloud: Arc::default() }
    }

    /// One that can everything.
    pub(super) fn honest() -> Self {
        Self::able(Capabilities::all())
    }

    /// One that has the five verbs alone.
    pub(super) fn plain() -> Self {
        Self::able(Capabilities::none())
    }

    pub(super) fn lying(lie: Lie) -> Self {
        Self::honest().telling(Some(lie))
    }

    pub(super) fn telling(self, lie: Option<Lie>) -> Self {
        Self { lie, ..self }
    }

    fn cloud(&self) -> MutexGuard<'_, Cloud> {
        self.cloud.lock().unwrap()
    }

    fn lies(&self, lie: Lie) -> bool {
        self.lie == Some(lie)
    }

    /// Writes an object, as the provider would.
    fn put(&self, object: String, value: &str) -> Result<(), DeployerError> {
        let mut cloud = self.cloud();
        let given_up = self.lies(Lie::GivesUp) && cloud.gave_up;
        let forgot = self.lies(Lie::Forgets)
            && cloud.objects.contains_key(&object)
            && !cloud.made.contains(&object);
        if given_up || forgot {
            return Err(provider("the name is taken"));
        }
        if cloud.objects.get(&object).is_some_and(|there| there == value) {
            return Ok(());
        }
        match cloud.fault.take() {
            Some(Fault::NextChangeFails) => {
                cloud.gave_up = true;
                Err(provider("refused"))
            }
            lost => {
                cloud.objects.insert(object.clone(), value.to_owned());
                if lost.is_some() {
                    return Err(provider("the connection was closed"));
                }
                cloud.made.insert(object);
                Ok(())
            }
        }
    }

    fn revision_verb(
        &self,
        env: &Environment,
        id: RevisionId,
        verb: &'static str,
    ) -> Result<(), DeployerError> {
        if self.lies(Lie::AsksFirst) || self.lies(Lie::MakesMore) {
            let mut cloud = self.cloud();
            let count = cloud.objects.len();
            cloud.objects.insert(format!("call {count}"), String::new());
        }
        self.check_fence(env)?;
        match require_revision(env, id) {
            Ok(_) => {}
            Err(_) if self.lies(Lie::TakesUnknown) => return Ok(()),
            Err(_) if self.lies(Lie::UnknownInOwnWords) => return Err(provider("what?")),
            Err(error) => return Err(error),
        }
        let first = self.cloud().called.insert(verb.to_owned());
        if self.lies(Lie::Once(verb)) && !first {
            return Err(provider("done before"));
        }
        Ok(())
    }

    /// Refuses what it cannot do.
    fn require(&self, capability: Capability) -> Result<(), DeployerError> {
        if self.abilities.has(capability) && !self.lies(Lie::Promises(capability)) {
            return Ok(());
        }
        Err(DeployerError::Unsupported { verb: capability.as_str() })
    }

    /// Refuses a snapshot that is older than what the provider has.
    fn check_fence(&self, env: &Environment) -> Result<(), DeployerError> {
        let newer = self.cloud().generation;
        match &self.fence {
            Some(fence) if fence.generation < newer && !self.lies(Lie::TakesStale) => {
                if self.lies(Lie::StaleInOwnWords) {
                    return Err(provider("too old"));
                }
                let (env_id, generation) = (env.environment_id.clone(), fence.generation);
                Err(DeployerError::Stale { env_id, generation, newer })
            }
            _ => Ok(()),
        }
    }

    /// Makes an object while it should only look, when that is its lie.
    fn look(&self, lie: Lie) -> Result<(), DeployerError> {
        if self.lies(lie) { self.put("look".to_owned(), "") } else { Ok(()) }
    }

    /// The workers that a reconcile would make.
    fn missing(&self, env: &Environment) -> Vec<Change> {
        let cloud = self.cloud();
        let ready = env.revisions.iter().filter(|one| one.lifecycle.is_routable());
        let ready = ready.map(|one| (worker(one.revision_id), Some(one.revision_id)));
        let missing = ready.filter(|(object, _)| !cloud.objects.contains_key(object));
        let action = Action::Create;
        missing.map(|(object, revision_id)| Change { object, revision_id, action }).collect()
    }
}

fn worker(id: RevisionId) -> String {
    format!("worker {id}")
}

/// A change that is told at each call, when that is the lie.
fn for_ever(lies: bool, mut changes: Vec<Change>) -> Vec<Change> {
    if lies {
        let object = "ghost".to_owned();
        changes.push(Change { object, revision_id: None, action: Action::Update });
    }
    changes
}

pub(super) fn provider(text: &str) -> DeployerError {
    DeployerError::Provider(text.to_owned())
}

#[async_trait]
impl Deployer for Fake {
    async fn stage_revision(
        &self,
        env: &Environment,
        id: RevisionId,
    ) -> Result<StageOutcome, DeployerError> {
        self.revision_verb(env, id, "stage_revision")?;
        Ok(StageOutcome::default())
    }

    async fn warm_revision(
        &self,
        env: &Environment,
        id: RevisionId,
        _answers: Option<&Value>,
    ) -> Result<WarmOutcome, DeployerError> {
        self.revision_verb(env, id, "warm_revision")?;
        match self.lie {
            Some(Lie::Panics) => panic!("on purpose"),
            Some(Lie::Hangs) => std::future::pending().await,
            Some(Lie::CannotWarm) => return Err(provider("no room")),
            _ => {}
        }
        self.put(worker(id), "running")?;
        Ok(WarmOutcome::default())
    }

    async fn drain_revision(
        &self,
        env: &Environment,
        id: RevisionId,
    ) -> Result<DrainOutcome, DeployerError> {
        self.revision_verb(env, id, "drain_revision")?;
        Ok(DrainOutcome::default())
    }

    async fn archive_revision(
        &self,
        env: &Environment,
        id: RevisionId,
        _answers: Option<&Value>,
    ) -> Result<ArchiveOutcome, DeployerError> {
        self.revision_verb(env, id, "archive_revision")?;
        self.cloud().objects.remove(&worker(id));
        Ok(ArchiveOutcome::default())
    }

    async fn apply_traffic_split(
        &self,
        env: &Environment,
        id: DeploymentId,
        _answers: Option<&Value>,
    ) -> Result<TrafficSplitOutcome, DeployerError> {
        if self.lies(Lie::SplitsFirst) {
            self.put(format!("split {id}"), "to come")?;
        }
        self.check_fence(env)?;
        let whole = enforce_split_invariants(env, id);
        let unlike = TrafficSplitOutcome { applied_deployment_id: id, applied_entries: Vec::new() };
        let mut outcome = match (whole, self.lie) {
            (Err(DeployerError::InvalidSplit { .. }), Some(Lie::TakesAnySum)) => return Ok(unlike),
            (Err(DeployerError::SplitNotFound { .. }), Some(Lie::TakesMissing)) => {
                return Ok(unlike);
            }
            (Err(DeployerError::InvalidSplit { .. }), Some(Lie::SumInOwnWords))
            | (Err(DeployerError::SplitNotFound { .. }), Some(Lie::MissingInOwnWords)) => {
                return Err(provider("no"));
            }
            (whole, _) => whole?,
        };
        let first = self.cloud().called.insert(format!("split {id}"));
        let beside = self.lies(Lie::SplitOnceBeside) && id.0 == Ulid(2);
        if !first && (self.lies(Lie::Once("apply_traffic_split")) || beside) {
            return Err(provider("done before"));
        }
        match self.lie {
            Some(Lie::TellsOther) => outcome.applied_deployment_id = DeploymentId(Ulid(7)),
            Some(Lie::TellsOtherShares) => outcome.applied_entries.truncate(1),
            _ => {}
        }
        self.put(format!("split {id}"), &format!("{:?}", outcome.applied_entries))?;
        Ok(outcome)
    }

    fn report_runtime_config(&self, env: &Environment) -> RuntimeConfig {
        let mut config = materialize_runtime_config(env);
        if self.lies(Lie::ReportsNothing) {
            config.revisions.clear();
        }
        config
    }

    fn capabilities(&self) -> Capabilities {
        match self.lie {
            Some(Lie::InSilence(capability)) => self.abilities.clone().without(capability),
            _ => self.abilities.clone(),
        }
    }

    async fn observe(
        &self,
        _env: &Environment,
        _answers: Option<&Value>,
    ) -> Result<Observation, DeployerError> {
        self.require(Capability::Observe)?;
        self.look(Lie::ChangesByObserving)?;
        Ok(Observation::default())
    }

    async fn plan(
        &self,
        env: &Environment,
        _answers: Option<&Value>,
    ) -> Result<Plan, DeployerError> {
        self.require(Capability::Plan)?;
        self.look(Lie::ChangesByPlanning)?;
        Ok(Plan { changes: for_ever(self.lies(Lie::PlansForEver), self.missing(env)) })
    }

    async fn reconcile(
        &self,
        env: &Environment,
        _answers: Option<&Value>,
    ) -> Result<ReconcileOutcome, DeployerError> {
        self.require(Capability::Reconcile)?;
        self.check_fence(env)?;
        let missing = self.missing(env);
        for change in &missing {
            self.put(change.object.clone(), "running")?;
        }
        if let Some(fence) = &self.fence {
            self.cloud().generation = fence.generation;
        }
        let changes = for_ever(self.lies(Lie::ReconcilesForEver), missing);
        Ok(ReconcileOutcome { changes, unchanged: 0 })
    }

    async fn destroy(
        &self,
        _env: &Environment,
        _answers: Option<&Value>,
    ) -> Result<DestroyOutcome, DeployerError> {
        self.require(Capability::Destroy)?;
        let gone = std::mem::take(&mut self.cloud().objects).into_keys();
        let change = |object| Change { object, revision_id: None, action: Action::Delete };
        let changes = for_ever(self.lies(Lie::DestroysForEver), gone.map(change).collect());
        Ok(DestroyOutcome { changes })
    }

    fn with_fence(&self, fence: Fence) -> Result<Box<dyn Deployer + '_>, DeployerError> {
        self.require(Capability::Fence)?;
        Ok(Box::new(Self { fence: Some(fence), ..self.clone() }))
    }
}

#[async_trait]
impl Provider for Fake {
    fn deployer(&self) -> &dyn Deployer {
        self
    }

    async fn state(&self) -> Result<Option<Value>, SubjectError> {
        Ok(Some(json!(self.cloud().objects)))
    }

    async fn inject(&self, fault: Fault) -> Result<Injected, SubjectError> {
        self.cloud().fault = Some(fault);
        Ok(Injected::Done)
    }
}

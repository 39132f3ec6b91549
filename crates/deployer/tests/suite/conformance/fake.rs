//! A deployer over a provider in memory that keeps the contract, unless it is told to lie.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use async_trait::async_trait;
use greentic_deploy_spec::{
    DeploymentId, Environment, RevisionId, RuntimeConfig, materialize_runtime_config,
};
use greentic_deployer::conformance::{Fault, Injected, Provider, Subject, SubjectError};
use greentic_deployer::{
    ArchiveOutcome, Capabilities, Capability, Deployer, DeployerError, DrainOutcome, Observation,
    StageOutcome, TrafficSplitOutcome, WarmOutcome, enforce_split_invariants, require_revision,
};
use serde_json::{Value, json};
use ulid::Ulid;

use super::lies::Lie;

#[derive(Debug, Default)]
pub(super) struct Fake {
    pub(super) lie: Option<Lie>,
    cloud: Mutex<Cloud>,
}

/// What the provider has, and what the deployer remembers.
#[derive(Debug, Default)]
struct Cloud {
    objects: BTreeMap<String, String>,
    fault: Option<Fault>,
    called: BTreeSet<String>,
    gave_up: bool,
    made: BTreeSet<String>,
}

impl Fake {
    pub(super) fn honest() -> Self {
        Self::default()
    }

    pub(super) fn lying(lie: Lie) -> Self {
        Self { lie: Some(lie), ..Self::default() }
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
        self.put(format!("worker {id}"), "running")?;
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
        self.cloud().objects.remove(&format!("worker {id}"));
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
        let none = Capabilities::none();
        if self.lies(Lie::PromisesPlans) { none.with(Capability::Plan) } else { none }
    }

    async fn observe(
        &self,
        _env: &Environment,
        _answers: Option<&Value>,
    ) -> Result<Observation, DeployerError> {
        if self.lies(Lie::ObservesInSilence) {
            return Ok(Observation::default());
        }
        Err(DeployerError::Unsupported { verb: Capability::Observe.as_str() })
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

/// Fresh fakes that all tell the same lie, or none.
pub(super) struct Fakes(pub(super) Option<Lie>);

#[async_trait]
impl Subject for Fakes {
    fn name(&self) -> String {
        "fake".to_owned()
    }

    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError> {
        Ok(Box::new(Fake { lie: self.0, ..Fake::default() }))
    }
}

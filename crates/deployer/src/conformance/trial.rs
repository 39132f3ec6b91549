//! What a clause works with: a deployer, an environment, and short ways to say what must come of a
//! call.

use std::fmt;

use greentic_deploy_spec::{DeploymentId, Environment, RevisionId};
use serde_json::Value;

use super::contract::{Check, Stop};
use super::failure::ConformanceFailure;
use super::fixture::build_fixture_env;
use super::subject::{Fault, Injected, Provider};
use crate::{Deployer, DeployerError, TrafficSplitOutcome};

/// One trial: a deployer, and the environment that its clause works with.
pub struct Trial<'a> {
    pub(super) deployer: &'a dyn Deployer,
    pub(super) env: Environment,
    answers: Option<Value>,
    provider: Option<&'a dyn Provider>,
}

/// The verbs about one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Stage,
    Warm,
    Drain,
    Archive,
}

impl Verb {
    pub(super) const ALL: [Self; 4] = [Self::Stage, Self::Warm, Self::Drain, Self::Archive];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage_revision",
            Self::Warm => "warm_revision",
            Self::Drain => "drain_revision",
            Self::Archive => "archive_revision",
        }
    }
}

impl fmt::Debug for Trial<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trial").field("deployer", &self.deployer).finish_non_exhaustive()
    }
}

impl<'a> Trial<'a> {
    /// Of a deployer alone.
    pub(super) fn alone(deployer: &'a dyn Deployer) -> Self {
        Self { deployer, env: build_fixture_env(), answers: None, provider: None }
    }

    pub(super) fn with(provider: &'a dyn Provider) -> Self {
        Self {
            deployer: provider.deployer(),
            env: provider.environment(),
            answers: provider.answers(),
            provider: Some(provider),
        }
    }

    pub(super) fn answers(&self) -> Option<&Value> {
        self.answers.as_ref()
    }

    pub(super) async fn call(&self, verb: Verb, id: RevisionId) -> Result<(), DeployerError> {
        let (deployer, env, answers) = (self.deployer, &self.env, self.answers());
        match verb {
            Verb::Stage => deployer.stage_revision(env, id).await.map(drop),
            Verb::Warm => deployer.warm_revision(env, id, answers).await.map(drop),
            Verb::Drain => deployer.drain_revision(env, id).await.map(drop),
            Verb::Archive => deployer.archive_revision(env, id, answers).await.map(drop),
        }
    }

    /// Applies a split of the trial's environment, or of one that was made from it.
    pub(super) async fn split(
        &self,
        env: &Environment,
        id: DeploymentId,
    ) -> Result<TrafficSplitOutcome, DeployerError> {
        self.deployer.apply_traffic_split(env, id, self.answers()).await
    }

    /// A call that must succeed.
    pub(super) async fn does(&self, verb: Verb, id: RevisionId) -> Check {
        happy(verb.name(), self.call(verb, id).await)
    }

    /// What the provider has; ends the clause when that cannot be told.
    pub(super) async fn state(&self) -> Result<Value, Stop> {
        const LACKING: Stop = Stop::NotRun("the provider does not tell its `state()`");
        let Some(provider) = self.provider else {
            return Err(LACKING);
        };
        let what = "tell its state";
        let state = provider.state().await;
        state.map_err(|source| ConformanceFailure::Subject { what, source })?.ok_or(LACKING)
    }

    /// Makes the provider fail; ends the clause when it cannot be made to.
    pub(super) async fn inject(&self, fault: Fault) -> Check {
        const LACKING: Stop = Stop::NotRun("the provider cannot `inject()` this fault");
        let Some(provider) = self.provider else {
            return Err(LACKING);
        };
        let what = "inject a fault";
        let injected = provider.inject(fault).await;
        match injected.map_err(|source| ConformanceFailure::Subject { what, source })? {
            Injected::Done => Ok(()),
            Injected::NotPossible => Err(LACKING),
        }
    }

    /// Holds when the provider is as it was.
    pub(super) async fn unchanged(&self, call: String, before: &Value) -> Check {
        let after = self.state().await?;
        if after == *before {
            return Ok(());
        }
        let before = before.clone();
        Err(ConformanceFailure::ProviderChanged { call, before, after }.into())
    }
}

pub(super) fn happy<T>(verb: &'static str, result: Result<T, DeployerError>) -> Result<T, Stop> {
    result.map_err(|source| ConformanceFailure::HappyPathFailed { verb, source }.into())
}

pub(super) fn again<T>(verb: &'static str, result: Result<T, DeployerError>) -> Result<T, Stop> {
    result.map_err(|source| ConformanceFailure::NotIdempotent { verb, source }.into())
}

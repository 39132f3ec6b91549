use std::fmt;

use async_trait::async_trait;
use greentic_conformance::SubjectError;
use greentic_deploy_spec::Environment;
use serde_json::Value;

use super::fixture::build_fixture_env;
use crate::Deployer;

/// A kind of deployer that is judged: makes fresh providers for it.
#[async_trait]
pub trait Subject: Send + Sync {
    /// What the report calls it.
    fn name(&self) -> String;

    /// A provider that has nothing yet, apart from all others: each clause gets one of its own. What
    /// it needs elsewhere is gone when it is dropped.
    ///
    /// # Errors
    /// Why there is none. The clause fails with that text.
    async fn fresh(&self) -> Result<Box<dyn Provider>, SubjectError>;
}

/// A provider with the deployer that is judged, and what only its author can tell.
#[async_trait]
pub trait Provider: Send + Sync {
    /// The deployer.
    fn deployer(&self) -> &dyn Deployer;

    /// The environment that the clauses work with: [`build_fixture_env`], with what the deployer
    /// needs to find in its revisions, for example digests of files that are there. Ids, lifecycles
    /// and splits stay as they are.
    fn environment(&self) -> Environment {
        build_fixture_env()
    }

    /// The answers that the deployer cannot do without.
    fn answers(&self) -> Option<Value> {
        None
    }

    /// What the provider has, read without the deployer: the same value as long as nothing changed.
    /// None when that cannot be told.
    ///
    /// # Errors
    /// Why it could not be read.
    async fn state(&self) -> Result<Option<Value>, SubjectError> {
        Ok(None)
    }

    /// Makes the provider fail.
    ///
    /// # Errors
    /// Why it could not be made to.
    async fn inject(&self, fault: Fault) -> Result<Injected, SubjectError> {
        let _ = fault;
        Ok(Injected::NotPossible)
    }
}

/// How a provider fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The next change is refused and not made; later ones are fine.
    NextChangeFails,
    /// The next change is made, and the answer is lost; later ones are fine.
    NextAnswerIsLost,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NextChangeFails => "next change fails",
            Self::NextAnswerIsLost => "next answer is lost",
        })
    }
}

/// What came of injecting a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Injected {
    /// It will happen.
    Done,
    /// This provider cannot be made to.
    NotPossible,
}

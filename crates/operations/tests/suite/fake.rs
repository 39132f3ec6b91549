//! A provider and a store that fail when they are told to.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use greentic_deploy_spec::{
    CapabilitySlot, DeploymentId, EnvId, Environment, EnvironmentRuntime, IdempotencyKey,
    RevisionId,
};
use greentic_deployer::{
    ArchiveOutcome, Deployer, DeployerError, DrainOutcome, StageOutcome, TrafficSplitOutcome,
    WarmOutcome, enforce_split_invariants, require_revision,
};
use greentic_env_pack::{
    BootstrapError, BootstrapInput, BootstrapOutcome, CredentialCapability, DeployerCredentials,
    EnvPackHandler, RequirementsReport, ValidationContext, VersionReq,
};
use greentic_env_store::{
    CommitInfo, Committed, EnvSnapshot, EnvironmentHistory, EnvironmentMutations, EnvironmentReads,
    HistoryPage, LocalFsStore, Request, StoreError,
};
use serde_json::Value;

/// What the provider was asked, and what it refuses.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) made: Mutex<Vec<String>>,
    pub(crate) refused: Mutex<BTreeSet<&'static str>>,
}

impl Calls {
    pub(crate) fn refuse(&self, verb: &'static str) {
        self.refused.lock().unwrap().insert(verb);
    }

    pub(crate) fn accept_all(&self) {
        self.refused.lock().unwrap().clear();
    }

    /// How often a verb was called since this was asked last.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.made.lock().unwrap())
    }

    fn call(&self, verb: &'static str) -> Result<(), DeployerError> {
        self.made.lock().unwrap().push(verb.to_owned());
        if self.refused.lock().unwrap().contains(verb) {
            return Err(DeployerError::Provider(format!("{verb} does not work today")));
        }
        Ok(())
    }
}

/// Fills the deployer slot of the local environment.
#[derive(Debug)]
pub(crate) struct FakePack(pub(crate) Arc<Calls>);

#[async_trait]
impl Deployer for FakePack {
    async fn stage_revision(
        &self,
        env: &Environment,
        id: RevisionId,
    ) -> Result<StageOutcome, DeployerError> {
        require_revision(env, id)?;
        self.0.call("stage").map(|()| StageOutcome {})
    }

    async fn warm_revision(
        &self,
        env: &Environment,
        id: RevisionId,
        _: Option<&Value>,
    ) -> Result<WarmOutcome, DeployerError> {
        assert_eq!(require_revision(env, id)?.lifecycle.as_str(), "warming");
        self.0.call("warm").map(|()| WarmOutcome {})
    }

    async fn drain_revision(
        &self,
        env: &Environment,
        id: RevisionId,
    ) -> Result<DrainOutcome, DeployerError> {
        require_revision(env, id)?;
        self.0.call("drain").map(|()| DrainOutcome {})
    }

    async fn archive_revision(
        &self,
        env: &Environment,
        id: RevisionId,
        _: Option<&Value>,
    ) -> Result<ArchiveOutcome, DeployerError> {
        require_revision(env, id)?;
        self.0.call("archive").map(|()| ArchiveOutcome {})
    }

    async fn apply_traffic_split(
        &self,
        env: &Environment,
        id: DeploymentId,
        _: Option<&Value>,
    ) -> Result<TrafficSplitOutcome, DeployerError> {
        let outcome = enforce_split_invariants(env, id)?;
        self.0.call("split").map(|()| outcome)
    }
}

impl DeployerCredentials for FakePack {
    fn requires_credentials_material(&self) -> bool {
        false
    }

    fn required_capabilities(&self) -> Vec<CredentialCapability> {
        Vec::new()
    }

    fn validate(&self, _: &ValidationContext<'_>) -> RequirementsReport {
        RequirementsReport::default()
    }

    fn bootstrap(&self, _: &BootstrapInput<'_>) -> Result<BootstrapOutcome, BootstrapError> {
        Err(BootstrapError::NotApplicable)
    }
}

impl EnvPackHandler for FakePack {
    fn slot(&self) -> CapabilitySlot {
        CapabilitySlot::Deployer
    }

    fn descriptor_path(&self) -> &str {
        "greentic.deployer.local-process"
    }

    fn supported_versions(&self) -> VersionReq {
        VersionReq::parse("^0.1").unwrap()
    }

    fn deployer_credentials(&self) -> Option<&dyn DeployerCredentials> {
        Some(self)
    }

    fn as_deployer(&self) -> Option<&dyn Deployer> {
        Some(self)
    }
}

/// When a commit fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// Nothing is changed.
    Before,
    /// It is committed, and nobody learns of it.
    After,
}

/// The local store, one commit of which fails.
#[derive(Debug)]
pub(crate) struct FaultyStore {
    pub(crate) inner: LocalFsStore,
    pub(crate) commits: AtomicUsize,
    pub(crate) fails: Mutex<Option<(usize, Fault)>>,
}

impl FaultyStore {
    pub(crate) fn new(inner: LocalFsStore) -> Self {
        Self { inner, commits: AtomicUsize::new(0), fails: Mutex::new(None) }
    }

    /// Lets the commit with this number, counted from now, fail once.
    pub(crate) fn fail(&self, number: usize, fault: Fault) {
        self.commits.store(0, Ordering::SeqCst);
        *self.fails.lock().unwrap() = Some((number, fault));
    }
}

impl EnvironmentReads for FaultyStore {
    fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError> {
        self.inner.list_env_ids()
    }

    fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        self.inner.env_exists(env_id)
    }

    fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        self.inner.load_env(env_id)
    }

    fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
        self.inner.read_runtime(env_id)
    }

    fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        self.inner.snapshot(env_id)
    }
}

impl EnvironmentMutations for FaultyStore {
    fn execute(&self, env_id: &EnvId, request: Request) -> Result<Committed, StoreError> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let fault = self.fails.lock().unwrap().take_if(|(at, _)| *at == number);
        match fault {
            None => self.inner.execute(env_id, request),
            Some((_, Fault::Before)) => Err(StoreError::Io {
                operation: "write",
                path: "journal.db".into(),
                source: std::io::Error::other("the disk is on fire"),
            }),
            Some((_, Fault::After)) => {
                let key = request.key.clone();
                self.inner.execute(env_id, request)?;
                let source = "the answer was lost".into();
                let unknown = || IdempotencyKey::new("unknown").unwrap();
                Err(StoreError::OutcomeUnknown { key: key.unwrap_or_else(unknown), source })
            }
        }
    }
}

impl EnvironmentHistory for FaultyStore {
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError> {
        self.inner.history(env_id, page)
    }

    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError> {
        self.inner.at(env_id, generation)
    }
}

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{EnvId, IdempotencyKey};
use greentic_env_pack::EnvPackRegistry;
use greentic_env_store::ports::Ports;
use greentic_env_store::{
    CommitInfo, Committed, DocumentDiff, EnvSnapshot, HistoryPage, Rehearsal, Request, StoreError,
    StoreWithHistory, Warning,
};
use greentic_pack_format::Limits;
use serde::Serialize;
use tokio::runtime::Handle;

use crate::{OpError, Progress, Step};

/// Does what operators do in several steps: a change is recorded, and the provider follows.
///
/// Methods block, on the store and on the provider; they are called on a thread that may block, never on a worker thread of an
/// async runtime. The order of steps is such that an interruption at any point leaves a state from which the same call goes on;
/// nothing is done twice.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Where environments are recorded.
    pub store: Arc<dyn StoreWithHistory>,
    /// What the store takes from outside, for rehearsals, times and fresh keys.
    pub ports: Ports,
    /// The env-packs of this program.
    pub registry: Arc<EnvPackRegistry>,
    /// The folder that has a folder for each environment.
    pub root: PathBuf,
    /// The runtime that drives the calls of providers; its time must be enabled.
    pub handle: Handle,
    /// Who is told what is going on.
    pub progress: Arc<dyn Progress>,
    /// How large a bundle may be.
    pub limits: Limits,
    /// How long one call of a provider may take.
    pub provider_patience: Duration,
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    #[default]
    Commit,
    /// It only tells what it would record. Nothing is written and no provider is called.
    DryRun,
}

/// What an operation came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report<T> {
    /// The result.
    #[serde(flatten)]
    pub result: T,
    /// What would be recorded, document by document; only of a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Vec<DocumentDiff>>,
    /// What follows a commit and is not done yet. Nothing of it is lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

impl Operator {
    /// An operator that tells nobody what it does, with the usual limits.
    #[must_use]
    pub fn new(
        store: Arc<dyn StoreWithHistory>,
        ports: Ports,
        registry: Arc<EnvPackRegistry>,
        root: PathBuf,
        handle: Handle,
    ) -> Self {
        Self {
            store,
            ports,
            registry,
            root,
            handle,
            progress: Arc::new(crate::Silent),
            limits: Limits::default(),
            provider_patience: Duration::from_secs(15 * 60),
        }
    }

    /// The folder of an environment.
    ///
    /// # Errors
    /// [`StoreError::UnsafeEnvId`].
    pub fn env_root(&self, env_id: &EnvId) -> Result<PathBuf, OpError> {
        if !env_id.is_safe_path_segment() {
            return Err(StoreError::UnsafeEnvId { env_id: env_id.clone() }.into());
        }
        Ok(self.root.join(env_id.as_str()))
    }

    pub(crate) fn perform<T>(
        &self,
        env_id: &EnvId,
        mode: Mode,
        work: impl FnOnce(&Run<'_>) -> Result<T, OpError>,
    ) -> Result<Report<T>, OpError> {
        let run = |store| Run { operator: self, store, env_id, mode, warnings: Mutex::default() };
        match mode {
            Mode::Commit => {
                let run = run(&*self.store);
                let result = work(&run)?;
                Ok(Report { result, changes: None, warnings: run.into_warnings() })
            }
            Mode::DryRun => {
                let rehearsal = Rehearsal::of(&*self.store, &self.ports);
                let run = run(&rehearsal);
                let result = work(&run)?;
                let warnings = run.into_warnings();
                Ok(Report { result, changes: Some(rehearsal.changes(env_id)), warnings })
            }
        }
    }

    /// The key of a request that has none: then it cannot be told from another one.
    pub(crate) fn key_or_fresh(
        &self,
        key: &Option<IdempotencyKey>,
    ) -> Result<IdempotencyKey, OpError> {
        match key {
            Some(key) => Ok(key.clone()),
            None => IdempotencyKey::new(self.ports.ids.ulid().to_string())
                .map_err(|error| StoreError::Contract { detail: error.to_string() }.into()),
        }
    }
}

/// As many commits as a ledger of keys goes back when nobody asks for more.
const SEARCHED: usize = 10_240;
const PAGE: usize = 256;

/// One call of an operation on one environment.
pub(crate) struct Run<'a> {
    pub(crate) operator: &'a Operator,
    pub(crate) store: &'a dyn StoreWithHistory,
    pub(crate) env_id: &'a EnvId,
    mode: Mode,
    warnings: Mutex<Vec<Warning>>,
}

impl Run<'_> {
    /// Whether only the record is rehearsed: no files, no provider.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.mode == Mode::DryRun
    }

    pub(crate) fn snapshot(&self) -> Result<EnvSnapshot, OpError> {
        Ok(self.store.snapshot(self.env_id)?)
    }

    /// The generation that was committed under a key; none for a rehearsal, which carries out what it is asked.
    pub(crate) fn carried_out(&self, key: &IdempotencyKey) -> Result<Option<u64>, OpError> {
        let mut before = None;
        let pages = if self.is_rehearsal() { 0 } else { SEARCHED / PAGE };
        for _ in 0..pages {
            let page = self.store.history(self.env_id, HistoryPage { before, limit: PAGE })?;
            let is_it =
                |one: &&CommitInfo| one.event.idempotency_key.as_deref() == Some(key.as_str());
            if let Some(found) = page.iter().find(is_it) {
                return Ok(Some(found.generation));
            }
            let Some(oldest) = page.last() else { break };
            before = Some(oldest.generation);
        }
        Ok(None)
    }

    pub(crate) fn commit(
        &self,
        command: Command,
        key: IdempotencyKey,
    ) -> Result<Committed, OpError> {
        let verb = command.name().to_string();
        self.record(&verb, |store| store.execute(self.env_id, Request::keyed(command, key)))
    }

    /// Commits what a verb of the store's own makes of what is recorded.
    pub(crate) fn record(
        &self,
        verb: &str,
        commit: impl FnOnce(&dyn StoreWithHistory) -> Result<Committed, StoreError>,
    ) -> Result<Committed, OpError> {
        self.step(Step::Commit { verb: verb.to_owned() });
        let committed = commit(self.store)?;
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        warnings.extend(committed.warnings.iter().cloned());
        Ok(committed)
    }

    pub(crate) fn step(&self, step: Step) {
        self.operator.progress.step(&step);
    }

    pub(crate) fn env_root(&self) -> Result<PathBuf, OpError> {
        self.operator.env_root(self.env_id)
    }

    fn into_warnings(self) -> Vec<Warning> {
        self.warnings.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

//! A store in memory, for the tests of whoever uses a store.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{
    Document, DocumentType, EnvId, Environment, EnvironmentRuntime, IdempotencyKey,
};

use crate::executor::{FollowUp, NewCommit, NoFiles, Pending, Recorded};
use crate::ports::{MemorySecretSink, MemorySigner, Ports};
use crate::{
    CommitInfo, Committed, EnvSnapshot, EnvironmentHistory, EnvironmentMutations, EnvironmentReads,
    HistoryPage, Request, StoreError, Warning, Watch,
};

/// Keeps environments in memory, as strictly as a store can: every document that it takes is written
/// and read again, whole history is kept, and the next commit can be made to fail. Signed policies and
/// the audit events of what was refused, which no store gives back, are not kept.
///
/// Clones share what is stored.
#[derive(Clone)]
pub struct MemoryStore {
    ports: Ports,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    kept: Mutex<Kept>,
    changed: Condvar,
}

#[derive(Default)]
struct Kept {
    environments: BTreeMap<EnvId, Past>,
    fault: Option<MemoryFault>,
}

#[derive(Default)]
struct Past {
    commits: Vec<NewCommit>,
    ledger: HashMap<IdempotencyKey, usize>,
    pending: Vec<FollowUp>,
}

/// How the next commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemoryFault {
    /// It is not committed, and the caller is told so.
    Before,
    /// It is committed, and the caller is told that this is not known.
    After,
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("ports", &self.ports).finish_non_exhaustive()
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

/// Sets a [`MemoryStore`] up.
#[derive(Clone, Debug)]
pub struct MemoryStoreBuilder {
    ports: Ports,
}

impl MemoryStoreBuilder {
    /// Uses these ports instead of the clock and ids of this machine, a signer and a secret sink in
    /// memory.
    #[must_use]
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = ports;
        self
    }

    /// The store, empty.
    #[must_use]
    pub fn build(self) -> MemoryStore {
        MemoryStore { ports: self.ports, shared: Arc::default() }
    }
}

impl MemoryStore {
    /// An empty store with every port.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Sets a store up.
    #[must_use]
    pub fn builder() -> MemoryStoreBuilder {
        let mut ports = Ports::system(greentic_deploy_spec::engine::local_user("memory"));
        ports.signer = Some(Arc::new(MemorySigner::new(0)));
        ports.secrets = Some(Arc::new(MemorySecretSink::default()));
        MemoryStoreBuilder { ports }
    }

    /// Makes the next commit fail before it is made: nothing changes, and the error says so.
    pub fn fail_next_commit(&self) {
        self.kept().fault = Some(MemoryFault::Before);
    }

    /// Makes the answer of the next commit get lost: it is made, and the error is
    /// [`StoreError::OutcomeUnknown`].
    pub fn lose_next_answer(&self) {
        self.kept().fault = Some(MemoryFault::After);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.shared.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn head(&self, env_id: &EnvId) -> EnvSnapshot {
        self.kept().head(env_id)
    }

    fn commit(&self, kept: &mut Kept, pending: &Pending) -> Result<Committed, StoreError> {
        let env_id = pending.env_id();
        let head = kept.head(env_id);
        let commit = pending.judge(&head, &self.ports, &NoFiles)?;
        check_readable(commit.after.state())?;
        let fault = kept.fault.take();
        if fault == Some(MemoryFault::Before) {
            let path = PathBuf::from(env_id.as_str());
            let source = std::io::ErrorKind::StorageFull.into();
            return Err(StoreError::Io { operation: "write", path, source });
        }
        let past = kept.environments.entry(env_id.clone()).or_default();
        past.ledger.insert(commit.key.clone(), past.commits.len());
        past.commits.push(commit.clone());
        past.pending.extend(commit.follow_ups.iter().cloned());
        let mut committed = commit.into_committed();
        committed.warnings = past.follow_up(&self.ports);
        if fault == Some(MemoryFault::After) {
            let (key, source) = (pending.key().clone(), "the answer was lost".into());
            return Err(StoreError::OutcomeUnknown { key, source });
        }
        Ok(committed)
    }
}

impl Kept {
    fn head(&self, env_id: &EnvId) -> EnvSnapshot {
        let newest = self.environments.get(env_id).and_then(|past| past.commits.last());
        newest.map_or_else(|| EnvSnapshot::absent(env_id.clone()), |commit| commit.after.clone())
    }

    fn replay(&self, pending: &Pending) -> Result<Option<Committed>, StoreError> {
        let past = self.environments.get(pending.env_id());
        let found = past.and_then(|past| past.commits.get(*past.ledger.get(pending.key())?));
        let Some(commit) = found else { return Ok(None) };
        let recorded = Recorded {
            fingerprint: commit.fingerprint.clone(),
            outcome: commit.outcome.clone(),
            event: commit.event.clone(),
        };
        pending.replay(recorded, commit.after.clone()).map(Some)
    }
}

impl Past {
    fn follow_up(&mut self, ports: &Ports) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some(newest) = self.commits.last() {
            self.pending.retain(|follow_up| !follow_up.is_over(newest.after.state()));
        }
        self.pending.retain(|follow_up| match follow_up.run(ports) {
            Ok(()) => false,
            Err(warning) => {
                warnings.push(warning);
                true
            }
        });
        warnings
    }
}

/// What is stored must be what is read again.
fn check_readable(state: &EnvState) -> Result<(), StoreError> {
    check_document(state.environment.as_ref())?;
    check_document(state.runtime.as_ref())?;
    check_document(state.trust_root.as_ref())
}

fn check_document<T>(document: Option<&Document<T>>) -> Result<(), StoreError>
where
    T: DocumentType + PartialEq,
{
    let Some(document) = document else { return Ok(()) };
    let read = document.to_pretty().and_then(|text| Document::<T>::from_json(text.as_bytes()));
    if read.as_ref() == Ok(document) {
        return Ok(());
    }
    let why = read.err().map_or_else(|| "it is another one".to_owned(), |error| error.to_string());
    Err(StoreError::Contract { detail: format!("{} cannot be read again: {why}", T::NAME) })
}

impl EnvironmentReads for MemoryStore {
    fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError> {
        let kept = self.kept();
        let there = |env_id: &&EnvId| kept.head(env_id).environment().is_some();
        Ok(kept.environments.keys().filter(there).cloned().collect())
    }

    fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        Ok(self.head(env_id).environment().is_some())
    }

    fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        Ok(self.snapshot(env_id)?.require()?.typed().clone())
    }

    fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
        Ok(self.snapshot(env_id)?.runtime().map(|document| document.typed().clone()))
    }

    fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        let head = self.head(env_id);
        head.require()?;
        Ok(head)
    }

    fn watch(&self, env_id: &EnvId) -> Result<Watch, StoreError> {
        self.snapshot(env_id)?;
        Ok(Box::new(Generations { store: self.clone(), env_id: env_id.clone(), seen: None }))
    }
}

impl EnvironmentMutations for MemoryStore {
    fn execute(&self, env_id: &EnvId, request: Request) -> Result<Committed, StoreError> {
        let pending = Pending::new(env_id, request, &self.ports)?;
        let mut kept = self.kept();
        if let Some(committed) = kept.replay(&pending)? {
            return Ok(committed);
        }
        let committed = self.commit(&mut kept, &pending);
        self.shared.changed.notify_all();
        committed
    }
}

impl EnvironmentHistory for MemoryStore {
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError> {
        let kept = self.kept();
        let past = kept.environments.get(env_id);
        let past = past.ok_or_else(|| StoreError::NotFound { env_id: env_id.clone() })?;
        let wanted = |commit: &&NewCommit| {
            page.before.is_none_or(|before| commit.after.generation() < before)
        };
        let info = |commit: &NewCommit| CommitInfo {
            generation: commit.after.generation(),
            parent: commit.after.generation() - 1,
            etag: commit.after.etag().cloned(),
            event: commit.event.clone(),
        };
        Ok(past.commits.iter().rev().filter(wanted).take(page.limit).map(info).collect())
    }

    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError> {
        let kept = self.kept();
        let past = kept.environments.get(env_id);
        let past = past.ok_or_else(|| StoreError::NotFound { env_id: env_id.clone() })?;
        let newest = past.commits.len() as u64;
        let index = generation.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        let found = index.and_then(|index| past.commits.get(index));
        found.map(|commit| commit.after.clone()).ok_or(StoreError::GenerationNotKept {
            generation,
            oldest: 1,
            newest,
        })
    }
}

struct Generations {
    store: MemoryStore,
    env_id: EnvId,
    seen: Option<u64>,
}

impl Iterator for Generations {
    type Item = Result<u64, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut kept = self.store.kept();
        loop {
            let head = kept.head(&self.env_id);
            // Destroyed: there is nothing more to tell.
            head.environment()?;
            let generation = head.generation();
            if self.seen != Some(generation) {
                self.seen = Some(generation);
                return Some(Ok(generation));
            }
            kept = self.store.shared.changed.wait(kept).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

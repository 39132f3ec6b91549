//! A store that shows what changes would come to, and makes none.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use greentic_deploy_spec::{
    EnvId, Environment, EnvironmentRuntime, IdempotencyOutcome, TrustedKey,
};

use crate::executor::{NoFiles, Pending};
use crate::history::diff_of;
use crate::ports::{MemorySecretSink, MemorySigner, PolicySigner, Ports, Signed, SignerError};
use crate::{
    CommitInfo, Committed, DocumentDiff, EnvSnapshot, EnvironmentHistory, EnvironmentMutations,
    EnvironmentReads, HistoryPage, Request, StoreError,
};

/// A store over another one that carries changes out on what it remembers: the same rules judge them,
/// later reads show them, and the other store, its files and its keys stay as they are.
///
/// [`Rehearsal::changes`] tells what the changes came to. Ids and times are of the rehearsal: a change
/// that is made afterwards has its own. A key that was used before is not looked up.
///
/// Works over whatever leads to a store: a reference for a moment, an `Arc` for longer.
pub struct Rehearsal<P> {
    inner: P,
    ports: Ports,
    changed: Mutex<BTreeMap<EnvId, Changed>>,
}

struct Changed {
    before: EnvSnapshot,
    now: EnvSnapshot,
}

impl<P: Deref<Target: EnvironmentReads> + Send + Sync> Rehearsal<P> {
    /// A rehearsal over a store that takes these ports from outside. Their keys sign; none is made.
    #[must_use]
    pub fn of(inner: P, ports: &Ports) -> Self {
        let signer = ports.signer.clone().map(|inner| {
            let signer = RehearsalSigner { inner, stand_in: MemorySigner::new(u64::MAX) };
            Arc::new(signer) as Arc<dyn PolicySigner>
        });
        let secrets = ports.secrets.is_some().then(|| Arc::new(MemorySecretSink::default()) as _);
        Self { inner, ports: Ports { signer, secrets, ..ports.clone() }, changed: Mutex::default() }
    }

    /// What the rehearsal takes from outside, for a rehearsal over this one.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// What the changes of an environment came to, document by document. Empty when there was none.
    #[must_use]
    pub fn changes(&self, env_id: &EnvId) -> Vec<DocumentDiff> {
        let changed = self.changed();
        let changed = changed.get(env_id);
        changed.map_or_else(Vec::new, |one| diff_of(one.before.state(), one.now.state()))
    }

    fn changed(&self) -> std::sync::MutexGuard<'_, BTreeMap<EnvId, Changed>> {
        self.changed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there now; an absent environment is one without documents.
    fn head(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        match self.snapshot(env_id) {
            Err(StoreError::NotFound { .. }) => Ok(EnvSnapshot::absent(env_id.clone())),
            other => other,
        }
    }
}

impl<P: Deref<Target: EnvironmentReads>> fmt::Debug for Rehearsal<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rehearsal").field("inner", &&*self.inner).finish_non_exhaustive()
    }
}

impl<P: Deref<Target: EnvironmentReads> + Send + Sync> EnvironmentReads for Rehearsal<P> {
    fn list_env_ids(&self) -> Result<Vec<EnvId>, StoreError> {
        let mut all = self.inner.list_env_ids()?;
        for (env_id, one) in self.changed().iter() {
            all.retain(|known| known != env_id);
            all.extend(one.now.environment().map(|_| env_id.clone()));
        }
        all.sort();
        Ok(all)
    }

    fn env_exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        match self.changed().get(env_id) {
            Some(one) => Ok(one.now.environment().is_some()),
            None => self.inner.env_exists(env_id),
        }
    }

    fn load_env(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        Ok(self.snapshot(env_id)?.require()?.typed().clone())
    }

    fn read_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
        Ok(self.snapshot(env_id)?.runtime().map(|document| document.typed().clone()))
    }

    fn snapshot(&self, env_id: &EnvId) -> Result<EnvSnapshot, StoreError> {
        let Some(now) = self.changed().get(env_id).map(|one| one.now.clone()) else {
            return self.inner.snapshot(env_id);
        };
        now.require()?;
        Ok(now)
    }
}

impl<P: Deref<Target: EnvironmentReads> + Send + Sync> EnvironmentMutations for Rehearsal<P> {
    fn execute(&self, env_id: &EnvId, request: Request) -> Result<Committed, StoreError> {
        let pending = Pending::new(env_id, request, &self.ports)?;
        let head = self.head(env_id)?;
        let commit = pending.judge(&head, &self.ports, &NoFiles)?;
        let mut changed = self.changed();
        let one = changed
            .entry(env_id.clone())
            .or_insert_with(|| Changed { before: head.clone(), now: head });
        one.now = commit.after.clone();
        drop(changed);
        Ok(Committed { idempotency: IdempotencyOutcome::Applied, ..commit.into_committed() })
    }
}

impl<P: Deref<Target: EnvironmentHistory> + Send + Sync> EnvironmentHistory for Rehearsal<P> {
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError> {
        self.inner.history(env_id, page)
    }

    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError> {
        self.inner.at(env_id, generation)
    }
}

/// Signs with the key that there is, and with one of its own where a key would be made.
#[derive(Debug)]
struct RehearsalSigner {
    inner: Arc<dyn PolicySigner>,
    stand_in: MemorySigner,
}

impl PolicySigner for RehearsalSigner {
    fn key(&self) -> Result<Option<TrustedKey>, SignerError> {
        match self.inner.key()? {
            Some(key) => Ok(Some(key)),
            None => self.stand_in.key(),
        }
    }

    fn ensure_key(&self) -> Result<TrustedKey, SignerError> {
        match self.inner.key()? {
            Some(key) => Ok(key),
            None => self.stand_in.ensure_key(),
        }
    }

    fn next_key(&self) -> Result<TrustedKey, SignerError> {
        self.stand_in.next_key()
    }

    fn activate(&self, _: &str) -> Result<(), SignerError> {
        Ok(())
    }

    fn sign(&self, message: &[u8]) -> Result<Signed, SignerError> {
        match self.inner.key()? {
            Some(_) => self.inner.sign(message),
            None => self.stand_in.sign(message),
        }
    }
}

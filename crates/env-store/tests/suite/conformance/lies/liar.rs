//! A store that lies: one in memory behind hooks, each of which a lie can replace.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex};

use greentic_deploy_spec::{
    CapabilitySlot, EnvId, EnvPackBinding, Environment, EnvironmentRuntime, IdempotencyKey,
};
use greentic_env_store::conformance::{Capabilities, Opened, Subject, SubjectError};
use greentic_env_store::{
    CommitInfo, Committed, DocumentDiff, EnvSnapshot, EnvironmentHistory, EnvironmentMutations,
    EnvironmentReads, HistoryPage, MemoryStore, Request, StoreError, StoreWithHistory, Watch,
};

pub(crate) type Answer<T> = Result<T, StoreError>;

/// What a store does, each as a function. A lie replaces one or two of the honest ones.
#[derive(Clone, Copy)]
pub(crate) struct Lie {
    pub(crate) name: &'static str,
    /// The clauses that must notice.
    pub(crate) caught_by: &'static [&'static str],
    pub(crate) says: fn() -> Capabilities,
    pub(crate) execute: fn(&Liar, &EnvId, Request) -> Answer<Committed>,
    pub(crate) list: fn(&Liar) -> Answer<Vec<EnvId>>,
    pub(crate) load: fn(&Liar, &EnvId) -> Answer<Environment>,
    pub(crate) runtime: fn(&Liar, &EnvId) -> Answer<Option<EnvironmentRuntime>>,
    pub(crate) snapshot: fn(&Liar, &EnvId) -> Answer<EnvSnapshot>,
    pub(crate) watch: fn(&Liar, &EnvId) -> Answer<Watch>,
    pub(crate) history: fn(&Liar, &EnvId, HistoryPage) -> Answer<Vec<CommitInfo>>,
    pub(crate) at: fn(&Liar, &EnvId, u64) -> Answer<EnvSnapshot>,
    pub(crate) diff: fn(&Liar, &EnvId, u64, u64) -> Answer<Vec<DocumentDiff>>,
    /// The generation that the typed verb tells of a binding.
    pub(crate) binding_generation: fn(u64) -> u64,
    /// What a second handle, and one that is opened again, is over.
    pub(crate) other_handle: fn(&Liar) -> Answer<MemoryStore>,
}

/// Everything as it should be.
pub(crate) const HONEST: Lie = Lie {
    name: "honest",
    caught_by: &[],
    says: Capabilities::all,
    execute: |liar, env_id, request| liar.inner.execute(env_id, request),
    list: |liar| liar.inner.list_env_ids(),
    load: |liar, env_id| liar.inner.load_env(env_id),
    runtime: |liar, env_id| liar.inner.read_runtime(env_id),
    snapshot: |liar, env_id| liar.inner.snapshot(env_id),
    watch: |liar, env_id| liar.inner.watch(env_id),
    history: |liar, env_id, page| liar.inner.history(env_id, page),
    at: |liar, env_id, generation| liar.inner.at(env_id, generation),
    diff: |liar, env_id, from, to| liar.inner.diff(env_id, from, to),
    binding_generation: |generation| generation,
    other_handle: |liar| Ok(liar.inner.clone()),
};

impl fmt::Debug for Lie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[derive(Debug)]
pub(crate) struct Liar {
    pub(crate) inner: MemoryStore,
    pub(crate) notes: Arc<Notes>,
    lie: Lie,
}

/// What a lie remembers from call to call.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) calls: AtomicU64,
    pub(crate) keys: Mutex<BTreeMap<String, EnvId>>,
    pub(crate) watch_dropped: AtomicBool,
}

/// Makes stores that lie in one way.
pub(crate) struct Lying(pub(crate) Lie);

impl Subject for Lying {
    fn name(&self) -> String {
        self.0.name.to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        (self.0.says)()
    }

    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
        Ok(Box::new(Liar { inner: MemoryStore::new(), notes: Arc::default(), lie: self.0 }))
    }
}

impl Opened for Liar {
    fn store(&self) -> &dyn EnvironmentMutations {
        self
    }

    fn history(&self) -> Option<&dyn StoreWithHistory> {
        Some(self)
    }

    fn second_handle(&self) -> Answer<Box<dyn Opened>> {
        let inner = (self.lie.other_handle)(self)?;
        Ok(Box::new(Self { inner, notes: Arc::default(), lie: self.lie }))
    }

    fn reopen(self: Box<Self>) -> Answer<Box<dyn Opened>> {
        self.second_handle()
    }
}

impl EnvironmentReads for Liar {
    fn list_env_ids(&self) -> Answer<Vec<EnvId>> {
        (self.lie.list)(self)
    }

    fn env_exists(&self, env_id: &EnvId) -> Answer<bool> {
        self.inner.env_exists(env_id)
    }

    fn load_env(&self, env_id: &EnvId) -> Answer<Environment> {
        (self.lie.load)(self, env_id)
    }

    fn read_runtime(&self, env_id: &EnvId) -> Answer<Option<EnvironmentRuntime>> {
        (self.lie.runtime)(self, env_id)
    }

    fn snapshot(&self, env_id: &EnvId) -> Answer<EnvSnapshot> {
        (self.lie.snapshot)(self, env_id)
    }

    fn watch(&self, env_id: &EnvId) -> Answer<Watch> {
        (self.lie.watch)(self, env_id)
    }
}

impl EnvironmentMutations for Liar {
    fn execute(&self, env_id: &EnvId, request: Request) -> Answer<Committed> {
        (self.lie.execute)(self, env_id, request)
    }

    fn update_pack_binding(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        binding: EnvPackBinding,
        key: IdempotencyKey,
    ) -> Answer<(EnvPackBinding, u64)> {
        let changed = self.inner.update_pack_binding(env_id, slot, binding, key);
        changed.map(|(binding, generation)| (binding, (self.lie.binding_generation)(generation)))
    }
}

impl EnvironmentHistory for Liar {
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Answer<Vec<CommitInfo>> {
        (self.lie.history)(self, env_id, page)
    }

    fn at(&self, env_id: &EnvId, generation: u64) -> Answer<EnvSnapshot> {
        (self.lie.at)(self, env_id, generation)
    }

    fn diff(&self, env_id: &EnvId, from: u64, to: u64) -> Answer<Vec<DocumentDiff>> {
        (self.lie.diff)(self, env_id, from, to)
    }
}

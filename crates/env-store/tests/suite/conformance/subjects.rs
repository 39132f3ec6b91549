//! The stores of this crate as subjects.

use std::sync::Arc;

use greentic_env_store::conformance::{
    Capabilities, Capability, Opened, StoreWithHistory, Subject, SubjectError,
};
use greentic_env_store::ports::{MemorySecretSink, MemorySigner, PolicySigner, Ports, SecretSink};
use greentic_env_store::{EnvironmentMutations, LocalFsStore, MemoryStore, StoreError};
use tempfile::TempDir;

/// Stores in memory. The data ends with the last handle, so it cannot be opened again.
pub(crate) struct InMemory;

pub(crate) struct MemoryHandle(pub(crate) MemoryStore);

impl Subject for InMemory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all().without(Capability::Reopen)
    }

    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
        Ok(Box::new(MemoryHandle(MemoryStore::new())))
    }
}

impl Opened for MemoryHandle {
    fn store(&self) -> &dyn EnvironmentMutations {
        &self.0
    }

    fn history(&self) -> Option<&dyn StoreWithHistory> {
        Some(&self.0)
    }

    fn second_handle(&self) -> Result<Box<dyn Opened>, StoreError> {
        Ok(Box::new(Self(self.0.clone())))
    }
}

/// Stores in memory that have no operator key and no place for secrets.
pub(crate) struct WithoutPorts;

impl Subject for WithoutPorts {
    fn name(&self) -> String {
        "memory without ports".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        let less = InMemory.capabilities().without(Capability::OperatorKey);
        less.without(Capability::Secrets)
    }

    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
        let actor = greentic_deploy_spec::engine::local_user("alice");
        let store = MemoryStore::builder().ports(Ports::system(actor)).build();
        Ok(Box::new(MemoryHandle(store)))
    }
}

/// Stores over a folder of their own.
pub(crate) struct OnDisk;

struct DiskHandle {
    place: Arc<Place>,
    store: LocalFsStore,
}

/// What handles to the same data share: the folder, and what is outside of the store.
struct Place {
    root: TempDir,
    signer: Arc<dyn PolicySigner>,
    secrets: Arc<dyn SecretSink>,
}

impl DiskHandle {
    fn open(place: &Arc<Place>) -> Box<dyn Opened> {
        let store = LocalFsStore::builder(place.root.path().join("environments"))
            .signer(Arc::clone(&place.signer))
            .secrets(Arc::clone(&place.secrets))
            .build();
        Box::new(Self { place: Arc::clone(place), store })
    }
}

impl Subject for OnDisk {
    fn name(&self) -> String {
        "local folder".to_owned()
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::all()
    }

    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError> {
        let place = Place {
            root: tempfile::tempdir()?,
            signer: Arc::new(MemorySigner::new(7)),
            secrets: Arc::new(MemorySecretSink::default()),
        };
        Ok(DiskHandle::open(&Arc::new(place)))
    }
}

impl Opened for DiskHandle {
    fn store(&self) -> &dyn EnvironmentMutations {
        &self.store
    }

    fn history(&self) -> Option<&dyn StoreWithHistory> {
        Some(&self.store)
    }

    fn second_handle(&self) -> Result<Box<dyn Opened>, StoreError> {
        Ok(Self::open(&self.place))
    }

    fn reopen(self: Box<Self>) -> Result<Box<dyn Opened>, StoreError> {
        let Self { place, store } = *self;
        drop(store);
        Ok(Self::open(&place))
    }
}

//! The stores of this crate as subjects.

use greentic_env_store::conformance::{Capabilities, Capability, Opened, Subject, SubjectError};
use greentic_env_store::ports::Ports;
use greentic_env_store::{EnvironmentMutations, MemoryStore, StoreError, StoreWithHistory};

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

//! The local store as a subject.

use std::sync::Arc;

use greentic_conformance::SubjectError;
use tempfile::TempDir;

use super::subject::{Capabilities, Opened, Subject};
use crate::ports::{MemorySecretSink, MemorySigner, PolicySigner, SecretSink};
use crate::{EnvironmentMutations, LocalFsStore, StoreError, StoreWithHistory};

/// Local stores, each over a temporary folder of its own, with an operator key and secrets in memory:
/// nothing outside of the system's folder for temporary files is touched.
#[derive(Clone, Copy, Debug)]
pub struct LocalStores;

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

impl Subject for LocalStores {
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

//! Secrets that were released while the sink was out of order.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{MessagingEndpointId, SecretRef};
use greentic_env_store::ports::{
    Clock as _, MemorySecretSink, SecretSink, SecretSinkError, SystemClock,
};
use greentic_env_store::{EnvironmentMutations, Request, Warning, backup};
use ulid::Ulid;

use super::local_lab::{Lab, create, local};
use super::worker::{answers, endpoint, run};

/// A sink that may be out of order.
#[derive(Debug, Default)]
struct Sink {
    kept: MemorySecretSink,
    out_of_order: AtomicBool,
}

impl SecretSink for Sink {
    fn mint(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        self.kept.mint(reference)
    }

    fn delete(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        if self.out_of_order.load(Ordering::SeqCst) {
            let (reference, source) = (reference.clone(), "out of order".into());
            return Err(SecretSinkError::Failed { reference, source });
        }
        self.kept.delete(reference)
    }
}

/// Removes the endpoint while its secret cannot be deleted, and brings it back from a backup.
fn a_secret_that_is_named_again_is_kept(store: &impl EnvironmentMutations, sink: &Sink) {
    create(store);
    run(store, endpoint());
    let minted = sink.kept.references();
    assert_eq!(minted.len(), 1);
    let backup = backup::export(store, &local(), "one", SystemClock.now()).expect("a backup");
    sink.out_of_order.store(true, Ordering::SeqCst);
    let endpoint_id = MessagingEndpointId(Ulid(1));
    let removed = run(store, Command::RemoveMessagingEndpoint { endpoint_id });
    assert!(matches!(removed.warnings.as_slice(), [Warning::SecretLagging { .. }]));
    let request = Request::new(Command::BootstrapTrustRoot);
    let restored = backup::restore(store, &local(), &backup, request).expect("it is back");
    assert_eq!(restored.warnings, [], "there is nothing to delete any more");
    sink.out_of_order.store(false, Ordering::SeqCst);
    run(store, answers("eu-west-2"));
    assert_eq!(sink.kept.references(), minted, "the endpoint's secret is deleted");
}

#[test]
fn a_release_that_lags_does_not_delete_a_secret_that_is_named_again() {
    let (lab, sink) = (Lab::new(), Arc::new(Sink::default()));
    let store = lab.builder().secrets(Arc::clone(&sink) as Arc<dyn SecretSink>).build();
    a_secret_that_is_named_again_is_kept(&store, &sink);

    let sink = Arc::new(Sink::default());
    let mut ports = lab.open().ports().clone();
    ports.secrets = Some(Arc::clone(&sink) as Arc<dyn SecretSink>);
    let memory = greentic_env_store::MemoryStore::builder().ports(ports).build();
    a_secret_that_is_named_again_is_kept(&memory, &sink);
}

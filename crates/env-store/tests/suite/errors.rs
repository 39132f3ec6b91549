//! A store's errors, as a server answers them.

use std::collections::BTreeSet;

use greentic_deploy_spec::engine::Rejection;
use greentic_deploy_spec::remote::ErrorKind;
use greentic_deploy_spec::{ConcurrencyConflict, HealthCheckId, RemoteStoreError, RevisionId};
use greentic_env_store::backup::BackupError;
use greentic_env_store::{LifecycleError, StoreError};

use super::local_lab::local;

fn conflict() -> ConcurrencyConflict {
    ConcurrencyConflict {
        expected_etag: Some("a".to_owned()),
        actual_etag: "b".to_owned(),
        expected_generation: Some(1),
        actual_generation: 2,
    }
}

fn gate_failure() -> LifecycleError {
    LifecycleError::HealthGateFailed {
        revision_id: RevisionId(1_u128.into()),
        failed_checks: vec![HealthCheckId::RouteTable],
        message: "no route".to_owned(),
    }
}

/// An error of each kind that a store has.
fn of_each_kind() -> Vec<StoreError> {
    let (env_id, revision_id) = (local(), RevisionId(1_u128.into()));
    let text = str::to_owned;
    let rejected = [
        Rejection::EnvironmentNotFound { env_id: env_id.clone() },
        Rejection::EnvironmentExists { env_id: env_id.clone() },
        Rejection::RevisionNotFound { env_id: env_id.clone(), revision_id },
        Rejection::TrustRootEmpty { env_id },
        Rejection::NestedBatch,
    ];
    let mut all: Vec<_> = rejected.into_iter().map(StoreError::from_rejection).collect();
    all.extend([
        StoreError::PreconditionFailed(conflict()),
        StoreError::IdempotencyConflict { key: "again".parse().expect("a key") },
        StoreError::Unauthorized { policy: text("p"), reason: text("r") },
        StoreError::Unsupported { what: "history" },
        StoreError::Lifecycle(Box::new(gate_failure())),
        StoreError::Backup(BackupError::Changed { expected: text("a"), actual: text("b") }),
        StoreError::Contract { detail: text("a defect") },
    ]);
    all
}

#[test]
fn a_server_answers_each_error_with_the_kind_that_the_store_tells() {
    let mut kinds = BTreeSet::new();
    for error in of_each_kind() {
        assert_eq!(error.to_remote().kind(), error.kind(), "{error}");
        kinds.insert(error.kind().as_str());
    }
    // Whether a state must be pinned is asked by servers, not by stores.
    assert!(!kinds.contains(ErrorKind::PreconditionRequired.as_str()));
    assert_eq!(kinds.len(), 12, "{kinds:?}");
}

#[test]
fn what_callers_decide_by_reaches_them() {
    let text = str::to_owned;
    let answered: Vec<_> = of_each_kind().iter().map(StoreError::to_remote).collect();
    let LifecycleError::HealthGateFailed { revision_id, failed_checks, message } = gate_failure()
    else {
        unreachable!("another reason")
    };
    for expected in [
        RemoteStoreError::PreconditionFailed(conflict()),
        RemoteStoreError::Unauthorized { policy: text("p"), reason: text("r") },
        RemoteStoreError::HealthGateFailed { revision_id, failed_checks, message },
        RemoteStoreError::IntegrityMismatch { expected: text("a"), actual: text("b") },
    ] {
        assert!(answered.contains(&expected), "{expected:?}");
    }
}

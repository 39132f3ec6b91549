//! What verbs answer, and the shapes of the remote contract.

use greentic_deploy_spec::engine::Outcome;
use greentic_deploy_spec::remote::{
    ConcurrencyConflict, IdempotencyOutcome, IdempotencyRecord, ImportOutcome, ImportRequest,
    MutationEnvelope, MutationResponse, Precondition, RbacRequest, ReconcileCompletion,
    ReconcileCompletionRequest, RemoteStoreError, RestoreOutcome, RestoreRequest, StateEtag,
};
use greentic_deploy_spec::{
    ApplyTrafficSplitOutcome, BindingGenerationOutcome, BundleDeployment, Document, EnvPackBinding,
    HealthCheckId, MergeReport, RemoveBundleOutcome, Revision, RevisionLifecycle,
    RevisionTransitionOutcome, RollbackTrafficSplitOutcome, StateIntegrity, TrafficSplit,
    TrustRootAddOutcome, TrustRootRemoveOutcome, TrustRootSeed, stash_inline,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::documents::{BACKUP, KEY, actor, audit_event, backup_artifact, integrity};
use super::{
    Sample, at, bundle, document_sample, env_id, minimal_environment, previous_binding,
    previous_split, revision, revision_id, shape_sample, split,
};

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = result_samples();
    samples.extend(trust_root_samples());
    samples.extend(remote_samples());
    samples.extend(backup_samples());
    samples
}

fn result_samples() -> Vec<Sample> {
    let (apply, replay) = (applied(Some(0), Some(1)), applied(None, None));
    vec![
        document_sample("result.apply-traffic.json", "apply-traffic-split-outcome", apply),
        document_sample("result.apply-traffic.replay.json", "apply-traffic-split-outcome", replay),
        document_sample(
            "result.rollback-traffic.json",
            "rollback-traffic-split-outcome",
            rolled_back(),
        ),
        document_sample(
            "result.revision-transition.json",
            "revision-transition-outcome",
            RevisionTransitionOutcome {
                revision: warmed(),
                environment: minimal_environment(),
                starting_lifecycle: RevisionLifecycle::Staged,
            },
        ),
        document_sample(
            "result.binding-generation.json",
            "pack-binding-generation-outcome",
            rebound(),
        ),
        document_sample(
            "result.merge-report.json",
            "merge-report",
            MergeReport {
                merged_slots: vec!["state".to_owned()],
                merged_extensions: vec!["acme.oauth.auth0/primary".to_owned()],
            },
        ),
        document_sample("result.remove-bundle.json", "remove-bundle-outcome", removed()),
        shape_sample("outcome.json", "outcome", &Outcome::Batch(outcomes())),
    ]
}

fn trust_root_samples() -> Vec<Sample> {
    let key_id = || "abc123".to_owned();
    vec![
        document_sample(
            "result.trust-root-seed.json",
            "trust-root-seed",
            TrustRootSeed {
                key_id: key_id(),
                public_key_pem: "PEM".to_owned(),
                trusted_key_count: 1,
            },
        ),
        document_sample(
            "result.trust-root-add.json",
            "trust-root-add-outcome",
            TrustRootAddOutcome { added_key_id: key_id(), trusted_key_count: 1 },
        ),
        document_sample(
            "result.trust-root-remove.noop.json",
            "trust-root-remove-outcome",
            TrustRootRemoveOutcome {
                removed_key_id: key_id(),
                removed_public_key_pem: None,
                trusted_key_count: 0,
            },
        ),
    ]
}

fn applied(
    previous_generation: Option<u64>,
    new_generation: Option<u64>,
) -> ApplyTrafficSplitOutcome {
    ApplyTrafficSplitOutcome {
        split: split(),
        previous_generation,
        new_generation,
        environment: minimal_environment(),
    }
}

fn rolled_back() -> RollbackTrafficSplitOutcome {
    RollbackTrafficSplitOutcome {
        restored: TrafficSplit {
            generation: 2,
            updated_at: at("08:56:40"),
            idempotency_key: format!("rollback-{KEY}"),
            ..previous_split()
        },
        previous_generation: 1,
        new_generation: 2,
        environment: minimal_environment(),
    }
}

fn warmed() -> Revision {
    Revision {
        created_at: at("08:55:20"),
        staged_at: Some(at("08:55:20")),
        warmed_at: Some(at("08:55:30")),
        ..revision(3)
    }
}

fn rebound() -> BindingGenerationOutcome<EnvPackBinding> {
    let previous = Document::new(previous_binding()).expect("a binding has a JSON form");
    let binding = EnvPackBinding {
        kind: "greentic.secrets.vault@0.1.0".parse().expect("a descriptor"),
        generation: 1,
        previous_binding_ref: Some(stash_inline(previous.raw())),
        ..previous_binding()
    };
    BindingGenerationOutcome { binding, generation: 1 }
}

fn removed() -> RemoveBundleOutcome {
    RemoveBundleOutcome {
        deployment: BundleDeployment { current_revisions: Vec::new(), ..bundle() },
        pruned_revision_ids: vec![revision_id(1)],
    }
}

/// An outcome of every form: nothing, a value, fields.
fn outcomes() -> Vec<Outcome> {
    vec![
        Outcome::Environment,
        Outcome::PackChanged(rebound()),
        Outcome::Transition { revision: warmed(), starting_lifecycle: RevisionLifecycle::Staged },
        Outcome::SplitSet { split: split(), previous_generation: None, new_generation: Some(1) },
        Outcome::HealthGateFailed {
            revision_id: revision_id(1),
            failed_checks: vec![HealthCheckId::ProviderHealth],
            message: "no answer".to_owned(),
        },
        Outcome::TrustRootPresent,
        Outcome::Done,
    ]
}

fn etag() -> StateEtag {
    StateEtag::from_integrity(&integrity())
}

fn mutation_response() -> MutationResponse {
    MutationResponse {
        etag: etag(),
        generation: 4,
        idempotency: IdempotencyOutcome::Applied,
        audit: audit_event(),
    }
}

fn remote_samples() -> Vec<Sample> {
    vec![
        shape_sample("remote.errors.json", "remote-store-error", &errors()),
        shape_sample("remote.mutation-response.json", "mutation-response", &mutation_response()),
        shape_sample(
            "remote.mutation-envelope.json",
            "mutation-envelope",
            &MutationEnvelope {
                result: json!({"merged_slots": [], "merged_extensions": []}),
                response: mutation_response(),
            },
        ),
        shape_sample(
            "remote.idempotency-outcome.replayed.json",
            "idempotency-outcome",
            &IdempotencyOutcome::Replayed,
        ),
        shape_sample(
            "remote.idempotency-record.json",
            "idempotency-record",
            &IdempotencyRecord {
                key: KEY.parse().expect("a key"),
                request_fingerprint:
                    "f3ee2fe54a42511576314318353b4576abcc90634ac862e03ccd2177752365d8".to_owned(),
                response: mutation_response(),
                stored_at: at("08:55:01"),
            },
        ),
        shape_sample(
            "remote.precondition.json",
            "precondition",
            &Precondition::matching(etag(), 4),
        ),
        shape_sample("remote.precondition.empty.json", "precondition", &Precondition::default()),
        shape_sample(
            "remote.rbac-request.json",
            "rbac-request",
            &RbacRequest {
                actor: actor(),
                env_id: env_id(),
                noun: "env".to_owned(),
                verb: "update".to_owned(),
                target: json!({}),
            },
        ),
    ]
}

fn backup_samples() -> Vec<Sample> {
    let completed = |completion| ReconcileCompletionRequest {
        authorized_generation: 4,
        authorized_etag: StateEtag("ab".repeat(32)),
        completion,
    };
    vec![
        shape_sample(
            "remote.restore-request.json",
            "restore-request",
            &RestoreRequest {
                backup_id: BACKUP.to_owned(),
                precondition: Precondition::matching(etag(), 4),
            },
        ),
        shape_sample(
            "remote.restore-outcome.json",
            "restore-outcome",
            &RestoreOutcome { restored_generation: 5, integrity: integrity() },
        ),
        shape_sample(
            "import-request.json",
            "import-request",
            &ImportRequest { artifact: backup_artifact() },
        ),
        shape_sample(
            "import-outcome.json",
            "import-outcome",
            &ImportOutcome { imported_generation: 1, integrity: StateIntegrity::of_bytes(b"{}") },
        ),
        document_sample(
            "reconcile-complete.succeeded.json",
            "reconcile-completion-request",
            completed(ReconcileCompletion::Succeeded { applied: 9, pruned: 2 }),
        ),
        document_sample(
            "reconcile-complete.failed.json",
            "reconcile-completion-request",
            completed(ReconcileCompletion::Failed { error: "apply refused".to_owned() }),
        ),
    ]
}

/// An error body with its status and its text, as the examples list them.
#[derive(Serialize, Deserialize)]
pub(crate) struct ErrorExample {
    pub(crate) body: RemoteStoreError,
    pub(crate) display: String,
    pub(crate) status: u16,
}

/// Every error body once.
pub(crate) fn errors() -> Vec<ErrorExample> {
    let (detail, reason, message) = (|| "d".to_owned(), || "r".to_owned(), || "m".to_owned());
    [
        RemoteStoreError::PreconditionFailed(ConcurrencyConflict {
            expected_etag: Some("old".to_owned()),
            actual_etag: "new".to_owned(),
            expected_generation: Some(3),
            actual_generation: 4,
        }),
        RemoteStoreError::PreconditionRequired { detail: detail() },
        RemoteStoreError::IdempotencyConflict { reason: reason() },
        RemoteStoreError::Unauthorized { policy: "static-tokens".to_owned(), reason: reason() },
        RemoteStoreError::NotFound,
        RemoteStoreError::AlreadyExists { detail: detail() },
        RemoteStoreError::InvalidRequest { detail: detail() },
        RemoteStoreError::Conflict { detail: detail() },
        RemoteStoreError::DependentNotFound { detail: detail() },
        RemoteStoreError::HealthGateFailed {
            revision_id: revision_id(1),
            failed_checks: vec![
                HealthCheckId::RouteTable,
                HealthCheckId::RuntimeConfig,
                HealthCheckId::SignatureStatus,
                HealthCheckId::ProviderHealth,
            ],
            message: message(),
        },
        RemoteStoreError::IntegrityMismatch { expected: "a".to_owned(), actual: "b".to_owned() },
        RemoteStoreError::NotYetImplemented { detail: detail() },
        RemoteStoreError::Internal { message: message() },
    ]
    .map(|body| ErrorExample { display: body.to_string(), status: body.http_status(), body })
    .into()
}

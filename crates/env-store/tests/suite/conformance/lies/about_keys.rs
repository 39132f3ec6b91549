use std::sync::atomic::Ordering;

use greentic_deploy_spec::IdempotencyKey;
use greentic_deploy_spec::IdempotencyOutcome::Replayed;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::sha256_hex;
use greentic_env_store::{EnvironmentReads, Request, StoreError};

use super::liar::{HONEST, Lie};
use super::tools::{no_change, precondition_failed};

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "compares keys without case",
        caught_by: &["store.idempotency.keys-are-compared-exactly"],
        execute: |liar, env_id, mut request| {
            let lower = |key: IdempotencyKey| IdempotencyKey::new(key.as_str().to_lowercase());
            request.key = request.key.map(|key| lower(key).expect("a key"));
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "forgets keys",
        caught_by: &[
            "store.idempotency.retry-gets-the-same-answer",
            "store.idempotency.other-request-is-refused",
            "store.idempotency.gate-failure-is-repeated",
            "store.idempotency.decorator-gives-the-key",
            "store.idempotency.keys-survive-reopening",
            "store.idempotency.keys-are-known-to-all-handles",
            "store.concurrency.same-key-is-done-once",
            "store.audit.names-the-change",
        ],
        execute: |liar, env_id, mut request| {
            request.key = None;
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "shows the state of now to a retry",
        caught_by: &["store.idempotency.retry-shows-the-state-then"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            if committed.idempotency == Replayed {
                committed.after = liar.inner.snapshot(env_id)?;
            }
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "does another request under a known key",
        caught_by: &[
            "store.idempotency.other-request-is-refused",
            "store.idempotency.decorator-gives-the-key",
            "store.idempotency.keys-survive-reopening",
            "store.idempotency.keys-are-known-to-all-handles",
        ],
        execute: |liar, env_id, request| match liar.honestly(env_id, request.clone()) {
            Err(StoreError::IdempotencyConflict { .. }) => {
                liar.does_instead(env_id, Request::new(no_change()), request.command)
            }
            answer => answer,
        },
        ..HONEST
    },
    Lie {
        name: "keeps the keys of what it refuses",
        caught_by: &["store.idempotency.refused-leaves-no-key"],
        execute: |liar, env_id, request| {
            let Some(key) = request.key.clone() else { return liar.honestly(env_id, request) };
            let mut keys = liar.notes.keys.lock().expect("keys");
            if keys.contains_key(key.as_str()) {
                return Err(StoreError::IdempotencyConflict { key });
            }
            liar.honestly(env_id, request).inspect_err(|_| {
                keys.insert(key.to_string(), env_id.clone());
            })
        },
        ..HONEST
    },
    Lie {
        name: "has one book of keys for all environments",
        caught_by: &["store.idempotency.keys-are-per-environment"],
        execute: |liar, env_id, request| {
            let Some(key) = request.key.clone() else { return liar.honestly(env_id, request) };
            let mut keys = liar.notes.keys.lock().expect("keys");
            if keys.entry(key.to_string()).or_insert_with(|| env_id.clone()) != env_id {
                return Err(StoreError::IdempotencyConflict { key });
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "takes requests that are alike for retries",
        caught_by: &[
            "store.idempotency.no-key-is-a-new-request",
            "store.generations.count-commits",
        ],
        execute: |liar, env_id, mut request| {
            let text = serde_json::to_string(&request.command).expect("JSON");
            let alike = || IdempotencyKey::new(sha256_hex(text.as_bytes())).expect("a key");
            request.key.get_or_insert_with(alike);
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "looks at what is expected before it looks at the key",
        caught_by: &["store.idempotency.retry-comes-before-the-etag"],
        execute: |liar, env_id, request| {
            let now = liar.generation(env_id);
            let expected = request.expected.as_ref().and_then(|e| e.expected_generation);
            if expected.is_some_and(|expected| expected != now) {
                return Err(precondition_failed(now));
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "forgets keys when an environment is destroyed",
        caught_by: &["store.idempotency.destroy-can-be-retried"],
        execute: |liar, env_id, mut request| {
            if !liar.inner.env_exists(env_id)? {
                request.key = None;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "ignores what is expected",
        caught_by: &[
            "store.etags.stale-is-refused",
            "store.etags.absent-matches-nothing",
            "store.etags.guard-typed-verbs",
            "store.etags.guard-saves",
        ],
        execute: |liar, env_id, mut request| {
            request.expected = None;
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "refuses whatever is expected",
        caught_by: &[
            "store.etags.current-is-accepted",
            "store.etags.guard-typed-verbs",
            "store.etags.guard-saves",
            "store.concurrency.guarded-saves-lose-nothing",
        ],
        execute: |liar, env_id, request| match &request.expected {
            Some(_) => Err(precondition_failed(liar.generation(env_id))),
            None => liar.honestly(env_id, request),
        },
        ..HONEST
    },
    Lie {
        name: "says no more than that an expectation failed",
        caught_by: &["store.etags.stale-is-refused"],
        execute: |liar, env_id, request| match liar.honestly(env_id, request) {
            Err(StoreError::PreconditionFailed(_)) => Err(precondition_failed(0)),
            answer => answer,
        },
        ..HONEST
    },
    Lie {
        name: "loses a guarded save now and then",
        caught_by: &["store.concurrency.guarded-saves-lose-nothing"],
        execute: |liar, env_id, request| match &request.command {
            Command::Replace(_) if liar.notes.calls.fetch_add(1, Ordering::Relaxed) % 3 == 0 => {
                liar.does_instead(env_id, request, no_change())
            }
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
    Lie {
        name: "loses a change now and then",
        caught_by: &[
            "store.concurrency.environments-are-apart",
            "store.concurrency.writers-make-one-chain",
            "store.handles.write-one-chain",
        ],
        execute: |liar, env_id, request| match &request.command {
            Command::AddExtensionBinding(_)
                if liar.notes.calls.fetch_add(1, Ordering::Relaxed) % 7 == 3 =>
            {
                liar.does_instead(env_id, request, no_change())
            }
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
];

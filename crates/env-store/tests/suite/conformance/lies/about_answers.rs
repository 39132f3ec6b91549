use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{AuditResult, EnvId, StateEtag, sha256_hex};
use greentic_env_store::{
    EnvironmentHistory, EnvironmentMutations, EnvironmentReads, HistoryPage, Request, Warning,
};

use super::liar::{HONEST, Liar, Lie};
use super::tools::numbered;

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "always warns",
        caught_by: &["store.verbs.warn-of-nothing"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            let detail = "just in case".to_owned();
            committed.warnings.push(Warning::AuditLagging { detail });
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "counts generations from nought",
        caught_by: &["store.generations.begin-with-one", "store.generations.count-commits"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            let generation = committed.after.generation() - 1;
            committed.after =
                numbered(&committed.after, generation, committed.after.etag().cloned());
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "does not count what changes nothing",
        caught_by: &["store.generations.count-commits"],
        execute: |liar, env_id, request| {
            let before = liar.inner.snapshot(env_id);
            let mut committed = liar.honestly(env_id, request)?;
            if let Ok(before) = before
                && before.state() == committed.after.state()
            {
                committed.after = before;
            }
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "counts anew after a destroy",
        caught_by: &[
            "store.concurrency.destroy-ends-writing",
            "store.generations.go-on-after-destroy",
            "store.handles.reopened-goes-on",
        ],
        execute: |liar, env_id, request| {
            let before = destroyed_at(liar, env_id);
            let mut committed = liar.honestly(env_id, request)?;
            let generation = committed.after.generation() - before;
            committed.after =
                numbered(&committed.after, generation, committed.after.etag().cloned());
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "numbers its etags",
        caught_by: &["store.etags.are-strong", "store.etags.are-of-the-environment"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            let generation = committed.after.generation();
            let etag = committed.after.etag().map(|_| of_number(generation));
            committed.after = numbered(&committed.after, generation, etag);
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "records every verb as a change",
        caught_by: &["store.audit.names-the-change"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            committed.audit.verb = "change".to_owned();
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "records the wrong generation before",
        caught_by: &[
            "store.audit.names-the-change",
            "store.concurrency.writers-make-one-chain",
            "store.handles.write-one-chain",
        ],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            committed.audit.previous_generation = committed.audit.new_generation;
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "records nobody but itself",
        caught_by: &["store.audit.names-the-actor"],
        execute: |liar, env_id, mut request| {
            request.actor = None;
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "gives every event the same id",
        caught_by: &["store.audit.has-an-id-for-each"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            committed.audit.event_id = "event".to_owned();
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "records that all went well",
        caught_by: &["store.audit.tells-a-failed-gate"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            committed.audit.result = AuditResult::Ok;
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "tells of a failed gate and does not record it",
        caught_by: &[
            "store.errors.gate-failure-is-committed",
            "store.idempotency.gate-failure-is-repeated",
            "store.audit.tells-a-failed-gate",
        ],
        execute: |liar, env_id, request| match &request.command {
            Command::WarmRevision(warm) => match warm.health_gate.clone() {
                Ok(()) => liar.honestly(env_id, request),
                Err(failure) => {
                    let outcome = Outcome::HealthGateFailed {
                        revision_id: warm.revision_id,
                        failed_checks: failure.failed_checks,
                        message: failure.message,
                    };
                    liar.pretends(env_id, request, outcome)
                }
            },
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
    Lie {
        name: "tells another key than it trusts",
        caught_by: &["store.trust-root.trusts-the-operator-key"],
        execute: |liar, env_id, request| {
            let mut committed = liar.honestly(env_id, request)?;
            if let Outcome::TrustRootSeeded(seed) = &mut committed.outcome {
                seed.key_id = "00".repeat(16);
            }
            Ok(committed)
        },
        ..HONEST
    },
    Lie {
        name: "tells another generation from a typed verb",
        caught_by: &["store.verbs.typed-answers"],
        binding_generation: |generation| generation + 1,
        ..HONEST
    },
    Lie {
        name: "runs the commands of a batch one by one",
        caught_by: &[
            "store.batches.can-recreate",
            "store.batches.are-one-commit",
            "store.batches.are-all-or-nothing",
            "store.batches.can-create",
            "store.generations.count-commits",
        ],
        execute: |liar, env_id, request| match request.command.clone() {
            Command::Batch(commands) if commands.len() < 9 && !commands.is_empty() => {
                let mut outcomes = Vec::new();
                let mut last = None;
                for command in commands {
                    let committed = liar.inner.execute(env_id, Request::new(command))?;
                    outcomes.push(committed.outcome.clone());
                    last = Some(committed);
                }
                let mut committed = last.expect("a command");
                committed.outcome = Outcome::Batch(outcomes);
                Ok(committed)
            }
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
];

fn of_number(generation: u64) -> StateEtag {
    StateEtag(sha256_hex(generation.to_string().as_bytes()))
}

/// The generation of the last destroy; 0 when there was none.
fn destroyed_at(liar: &Liar, env_id: &EnvId) -> u64 {
    let commits = liar.inner.history(env_id, HistoryPage::default()).unwrap_or_default();
    let destroy = commits.iter().find(|commit| commit.event.verb == "destroy");
    destroy.map_or(0, |commit| commit.generation)
}

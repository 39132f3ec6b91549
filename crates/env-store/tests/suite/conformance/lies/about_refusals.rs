use greentic_deploy_spec::engine::{Command, MAX_BATCH_COMMANDS, Rejection};
use greentic_deploy_spec::{EnvId, RevisionId};
use greentic_env_store::{EnvironmentMutations, EnvironmentReads, Refusal, Request, StoreError};

use super::liar::{Answer, HONEST, Liar, Lie};
use super::tools::{create, doc, no_change, rename};

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "creates what is there",
        caught_by: &["store.concurrency.one-creation-wins", "store.errors.already-exists"],
        execute: |liar, env_id, request| match &request.command {
            Command::CreateEnvironment(_) if liar.inner.env_exists(env_id)? => {
                liar.does_instead(env_id, request, no_change())
            }
            _ => liar.honestly(env_id, request),
        },
        ..HONEST
    },
    Lie {
        name: "changes something although it refuses",
        caught_by: &[
            "store.generations.refused-changes-nothing",
            "store.etags.stale-is-refused",
            "store.idempotency.other-request-is-refused",
            "store.batches.are-all-or-nothing",
            "store.documents.invalid-is-not-saved",
            "store.documents.of-another-environment-is-refused",
            "store.history.undo-is-judged",
            "store.backup.is-put-where-it-belongs",
            "store.secrets.plain-is-refused",
        ],
        execute: |liar, env_id, request| {
            liar.honestly(env_id, request).inspect_err(|_| liar.does(env_id, rename("Refused")))
        },
        ..HONEST
    },
    Lie {
        name: "makes an environment although it refuses",
        caught_by: &["store.generations.refused-makes-nothing", "store.batches.can-create"],
        execute: |liar, env_id, request| {
            liar.honestly(env_id, request).inspect_err(|_| liar.does(env_id, create(env_id)))
        },
        ..HONEST
    },
    Lie {
        name: "calls every refusal a defect of its own",
        caught_by: &[
            "store.errors.not-found",
            "store.errors.already-exists",
            "store.errors.dependent-not-found",
            "store.errors.conflict",
            "store.errors.invalid-request",
            "store.documents.of-another-environment-is-refused",
            "store.documents.runtime-is-kept",
            "store.trust-root.guards-bundles",
        ],
        execute: |liar, env_id, request| {
            let honest = liar.honestly(env_id, request);
            honest.map_err(|error| StoreError::Contract { detail: error.to_string() })
        },
        ..HONEST
    },
    Lie {
        name: "names another reason than the one it refuses for",
        caught_by: &[
            "store.errors.already-exists",
            "store.errors.dependent-not-found",
            "store.errors.conflict",
            "store.errors.invalid-request",
        ],
        execute: |liar, env_id, request| liar.honestly(env_id, request).map_err(for_another_reason),
        ..HONEST
    },
    Lie {
        name: "repeats the secret that it refuses",
        caught_by: &["store.secrets.plain-is-refused"],
        execute: |liar, env_id, request| {
            let told = format!("{:?}", request.command);
            liar.honestly(env_id, request).map_err(|error| match error {
                StoreError::InvalidArgument(refusal) => StoreError::InvalidArgument(Refusal {
                    detail: format!("{refusal}: {told}"),
                    rejection: None,
                }),
                error => error,
            })
        },
        ..HONEST
    },
    Lie {
        name: "takes batches of any length",
        caught_by: &["store.batches.are-limited"],
        execute: |liar, env_id, mut request| {
            if let Command::Batch(commands) = &mut request.command {
                commands.truncate(MAX_BATCH_COMMANDS);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "mends what is saved",
        caught_by: &["store.documents.invalid-is-not-saved"],
        execute: |liar, env_id, mut request| {
            if let Command::Replace(environment) = &mut request.command {
                let mut mended = environment.typed().clone();
                mended.traffic_splits.clear();
                *environment = doc(mended);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "writes documents of another environment",
        caught_by: &["store.documents.of-another-environment-is-refused"],
        execute: |liar, env_id, mut request| {
            rewrite_env_id(&mut request.command, env_id);
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "destroys what serves",
        caught_by: &["store.destroy.spares-what-serves"],
        execute: |liar, env_id, request| {
            if request.command == Command::Destroy {
                end_everything(liar, env_id)?;
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
    Lie {
        name: "deploys bundles whatever is trusted",
        caught_by: &["store.trust-root.guards-bundles"],
        execute: |liar, env_id, request| {
            if matches!(request.command, Command::AddBundle { .. }) {
                liar.does(env_id, Command::BootstrapTrustRoot);
            }
            liar.honestly(env_id, request)
        },
        ..HONEST
    },
];

fn for_another_reason(error: StoreError) -> StoreError {
    let another = |refusal: Refusal| {
        let rejection = Some(Box::new(Rejection::GateFailureInBatch {
            revision_id: RevisionId(ulid::Ulid(0)),
        }));
        Refusal { rejection, ..refusal }
    };
    match error {
        StoreError::Conflict(refusal) => StoreError::Conflict(another(refusal)),
        StoreError::AlreadyExists(refusal) => StoreError::AlreadyExists(another(refusal)),
        StoreError::DependentNotFound(refusal) => StoreError::DependentNotFound(another(refusal)),
        StoreError::InvalidArgument(refusal) => StoreError::InvalidArgument(another(refusal)),
        error => error,
    }
}

fn rewrite_env_id(command: &mut Command, env_id: &EnvId) {
    match command {
        Command::Replace(environment) => {
            let mut rewritten = environment.typed().clone();
            rewritten.environment_id = env_id.clone();
            rewritten.host_config.env_id = env_id.clone();
            *environment = doc(rewritten);
        }
        Command::SaveRuntime(runtime) => {
            let mut rewritten = runtime.typed().clone();
            rewritten.environment_id = env_id.clone();
            *runtime = doc(rewritten);
        }
        _ => {}
    }
}

fn end_everything(liar: &Liar, env_id: &EnvId) -> Answer<()> {
    let Ok(environment) = liar.inner.load_env(env_id) else { return Ok(()) };
    let splits = environment.traffic_splits.iter().map(|split| split.deployment_id);
    let splits = splits.map(|deployment_id| Command::ClearTrafficSplit { deployment_id });
    let revisions = environment.revisions.iter().map(|revision| revision.revision_id);
    let revisions = revisions.map(|revision_id| Command::ArchiveRevision { revision_id });
    for command in splits.chain(revisions) {
        liar.inner.execute(env_id, Request::new(command))?;
    }
    Ok(())
}

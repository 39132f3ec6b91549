use greentic_deploy_spec::engine::Command;
use greentic_env_store::conformance::{Capabilities, Capability};
use greentic_env_store::{EnvironmentReads, MemoryStore, StoreError};

use super::liar::{HONEST, Lie};
use super::tools::no_change;

fn all_but(capability: Capability) -> Capabilities {
    Capabilities::all().without(capability)
}

pub(super) const LIES: &[Lie] = &[
    Lie {
        name: "opens other data than was there",
        caught_by: &[
            "store.handles.odd-values-survive-reopening",
            "store.handles.see-what-comes-and-goes",
            "store.handles.watch-each-other",
            "store.handles.reopened-is-the-same",
            "store.handles.reopened-goes-on",
            "store.handles.see-each-other",
            "store.handles.write-one-chain",
            "store.idempotency.keys-survive-reopening",
            "store.idempotency.keys-are-known-to-all-handles",
        ],
        other_handle: |_| Ok(MemoryStore::new()),
        ..HONEST
    },
    Lie {
        name: "says that it has no operator key and has one",
        caught_by: &["store.trust-root.without-operator-key-is-unsupported"],
        says: || all_but(Capability::OperatorKey),
        ..HONEST
    },
    Lie {
        name: "says that it mints no secrets and does",
        caught_by: &["store.secrets.without-secrets-is-unsupported"],
        says: || all_but(Capability::Secrets),
        ..HONEST
    },
    Lie {
        name: "says that it cannot watch and can",
        caught_by: &["store.watch.without-watch-is-unsupported"],
        says: || all_but(Capability::Watch),
        ..HONEST
    },
    Lie {
        name: "says that it keeps no history and does",
        caught_by: &["store.history.without-history-is-unsupported"],
        says: || all_but(Capability::History),
        ..HONEST
    },
    Lie {
        name: "says that it takes no backup back and does",
        caught_by: &["store.backup.without-backup-is-unsupported"],
        says: || all_but(Capability::Backup),
        ..HONEST
    },
    Lie {
        name: "says that it cannot be opened again and can",
        caught_by: &["store.handles.without-reopening-is-unsupported"],
        says: || all_but(Capability::Reopen),
        ..HONEST
    },
    Lie {
        name: "says that it has one handle and has two",
        caught_by: &["store.handles.without-second-handle-is-unsupported"],
        says: || all_but(Capability::SecondHandle),
        ..HONEST
    },
    Lie {
        name: "half does what it says it cannot",
        caught_by: &[
            "store.trust-root.without-operator-key-is-unsupported",
            "store.secrets.without-secrets-is-unsupported",
            "store.backup.without-backup-is-unsupported",
        ],
        execute: |liar, env_id, request| {
            (MODEST.execute)(liar, env_id, request).inspect_err(|_| liar.does(env_id, no_change()))
        },
        ..MODEST
    },
];

/// No lie: says that it can nothing more than every store, and refuses the rest.
pub(super) const MODEST: Lie = Lie {
    name: "modest",
    says: Capabilities::none,
    execute: |liar, env_id, request| match what_is_missing(&request.command) {
        Some(what) => {
            // Where no environment is, that is what is wrong.
            liar.inner.snapshot(env_id)?;
            Err(StoreError::Unsupported { what })
        }
        None => liar.honestly(env_id, request),
    },
    watch: |_, _| Err(StoreError::Unsupported { what: "watch" }),
    history: |_, _, _| Err(StoreError::Unsupported { what: "history" }),
    at: |_, _, _| Err(StoreError::Unsupported { what: "history" }),
    diff: |_, _, _, _| Err(StoreError::Unsupported { what: "history" }),
    other_handle: |_| Err(StoreError::Unsupported { what: "second handle" }),
    ..HONEST
};

fn what_is_missing(command: &Command) -> Option<&'static str> {
    match command {
        Command::BootstrapTrustRoot | Command::SeedTrustRootIfAbsent => Some("operator key"),
        Command::AddMessagingEndpoint { endpoint, .. }
            if endpoint.provider_type.contains("telegram")
                && endpoint.webhook_secret_ref.is_none() =>
        {
            Some("secret sink")
        }
        Command::Restore { .. } => Some("restore"),
        _ => None,
    }
}

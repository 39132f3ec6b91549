use greentic_deploy_spec::PackId;
use greentic_deploy_spec::engine::Command;

use super::liar::{HONEST, Lie};
use super::tools::{doc, no_change};

/// A lie that does another command than the one that was asked for.
macro_rules! instead {
    ($name:literal, $caught_by:expr, $command:ident => $change:expr) => {
        Lie {
            name: $name,
            caught_by: $caught_by,
            execute: |liar, env_id, mut request| {
                let $command = &mut request.command;
                $change;
                liar.honestly(env_id, request)
            },
            ..HONEST
        }
    };
}

pub(super) const LIES: &[Lie] = &[
    instead!("does not rename", &["store.verbs.environment"], command => {
        if matches!(command, Command::UpdateEnvironment(_)) {
            *command = no_change();
        }
    }),
    instead!(
        "numbers runtimes itself",
        &["store.verbs.documents", "store.documents.runtime-is-kept"],
        command => if let Command::SaveRuntime(runtime) = command {
            let mut numbered = runtime.typed().clone();
            numbered.generation += 100;
            *runtime = doc(numbered);
        }
    ),
    instead!("binds another pack", &["store.verbs.pack-bindings"], command => {
        if let Command::UpdatePackBinding { binding, .. } = command {
            let mut other = binding.typed().clone();
            other.pack_ref = PackId::new("another");
            *binding = doc(other);
        }
    }),
    instead!("rolls an extension back by removing it", &["store.verbs.extension-bindings"], command => {
        if let Command::RollbackExtensionBinding { key } = command {
            *command = Command::RemoveExtensionBinding { key: key.clone() };
        }
    }),
    instead!("goes on trusting", &["store.verbs.trusted-keys"], command => {
        if matches!(command, Command::RemoveTrustedKey { .. }) {
            *command = no_change();
        }
    }),
    instead!(
        "rotates to the same operator key",
        &["store.verbs.operator-key", "store.trust-root.keeps-the-old-key"],
        command => if *command == Command::RotateOperatorKey {
            *command = Command::BootstrapTrustRoot;
        }
    ),
    instead!(
        "seeds a trust root that is there",
        &["store.verbs.operator-key", "store.trust-root.is-seeded-once"],
        command => if *command == Command::SeedTrustRootIfAbsent {
            *command = Command::BootstrapTrustRoot;
        }
    ),
    instead!("does not pause bundles", &["store.verbs.bundles"], command => {
        if let Command::UpdateBundle(update) = command {
            let mut active = update.typed().clone();
            active.status = None;
            *update = doc(active);
        }
    }),
    instead!("drains at once", &["store.verbs.revisions"], command => {
        if let Command::StageRevision(stage) = command {
            let mut hasty = stage.typed().clone();
            hasty.drain_seconds = 0;
            *stage = doc(hasty);
        }
    }),
    instead!("shares traffic the other way round", &["store.verbs.traffic"], command => {
        if let Command::SetTrafficSplit(split) = command {
            let mut turned = split.typed().clone();
            turned.entries.reverse();
            *split = doc(turned);
        }
    }),
    instead!("does not unlink", &["store.verbs.messaging"], command => {
        if let Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by } = command {
            *command = Command::LinkMessagingBundle {
                endpoint_id: *endpoint_id,
                bundle_id: bundle_id.clone(),
                updated_by: updated_by.clone(),
            };
        }
    }),
    instead!("does not remove endpoints", &["store.verbs.messaging-secrets"], command => {
        if matches!(command, Command::RemoveMessagingEndpoint { .. }) {
            *command = no_change();
        }
    }),
];

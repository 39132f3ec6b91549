use std::fmt;

use serde_json::{Map, Value, json};

use super::Command;
use crate::EnvId;
use crate::payloads::RestoreMode;

/// A verb's name in the audit log, in access rules and in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandName {
    /// The thing, for example `traffic`.
    pub noun: &'static str,
    /// What is done to it, for example `set`.
    pub verb: &'static str,
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.noun, self.verb)
    }
}

impl Command {
    /// The verb's name.
    #[must_use]
    pub fn name(&self) -> CommandName {
        let (noun, verb) = match self {
            Self::CreateEnvironment(_) => ("env", "create"),
            Self::UpdateEnvironment(_) => ("env", "update"),
            Self::MigrateMergeBindings(_) => ("env", "migrate-bindings"),
            Self::Replace(_) => ("env", "replace"),
            Self::Adopt(_) => ("env", "adopt"),
            Self::Destroy => ("env", "destroy"),
            Self::Batch(_) => ("env", "batch"),
            Self::Restore { mode, .. } => match mode {
                RestoreMode::Backup => ("backup", "restore"),
                RestoreMode::Import => ("backup", "import"),
                RestoreMode::Undo => ("env", "undo"),
            },
            Self::StageRevision(_) => ("revisions", "stage"),
            Self::BeginWarm { .. } => ("revisions", "begin-warm"),
            Self::WarmRevision(_) => ("revisions", "warm"),
            Self::DrainRevision { .. } => ("revisions", "drain"),
            Self::FinishDrain { .. } => ("revisions", "finish-drain"),
            Self::ArchiveRevision { .. } => ("revisions", "archive"),
            Self::Retry { .. } => ("revisions", "retry"),
            Self::AddBundle { .. } => ("bundles", "add"),
            Self::UpdateBundle(_) => ("bundles", "update"),
            Self::RemoveBundle { .. } => ("bundles", "remove"),
            Self::AddPackBinding(_) => ("env-packs", "add"),
            Self::UpdatePackBinding { .. } => ("env-packs", "update"),
            Self::RemovePackBinding { .. } => ("env-packs", "remove"),
            Self::RollbackPackBinding { .. } => ("env-packs", "rollback"),
            Self::SavePackAnswers { .. } => ("env-packs", "save-answers"),
            Self::DeletePackAnswers { .. } => ("env-packs", "delete-answers"),
            Self::AddExtensionBinding(_) => ("extensions", "add"),
            Self::UpdateExtensionBinding { .. } => ("extensions", "update"),
            Self::RemoveExtensionBinding { .. } => ("extensions", "remove"),
            Self::RollbackExtensionBinding { .. } => ("extensions", "rollback"),
            Self::SetTrafficSplit(_) => ("traffic", "set"),
            Self::RollbackTrafficSplit { .. } => ("traffic", "rollback"),
            Self::ClearTrafficSplit { .. } => ("traffic", "clear"),
            Self::AddMessagingEndpoint { .. } => ("messaging.endpoint", "add"),
            Self::LinkMessagingBundle { .. } => ("messaging.endpoint", "link-bundle"),
            Self::UnlinkMessagingBundle { .. } => ("messaging.endpoint", "unlink-bundle"),
            Self::SetMessagingWelcomeFlow(_) => ("messaging.endpoint", "set-welcome-flow"),
            Self::RemoveMessagingEndpoint { .. } => ("messaging.endpoint", "remove"),
            Self::RotateMessagingWebhookSecret { .. } => {
                ("messaging.endpoint", "rotate-webhook-secret")
            }
            Self::BootstrapTrustRoot => ("trust-root", "bootstrap"),
            Self::SeedTrustRootIfAbsent => ("trust-root", "seed"),
            Self::AddTrustedKey(_) => ("trust-root", "add"),
            Self::RemoveTrustedKey { .. } => ("trust-root", "remove"),
            Self::RotateOperatorKey => ("trust-root", "rotate-operator-key"),
            Self::SaveRuntime(_) => ("runtime", "save"),
        };
        CommandName { noun, verb }
    }

    /// What the command is about, for the audit log: ids and names, never answers, override values
    /// or anything secret.
    #[must_use]
    pub fn audit_target(&self, env_id: &EnvId) -> Value {
        let mut target = Map::new();
        target.insert("environment_id".to_owned(), json!(env_id));
        if let Value::Object(details) = self.audit_details() {
            target.extend(details);
        }
        Value::Object(target)
    }

    fn audit_step(&self) -> Value {
        let CommandName { noun, verb } = self.name();
        json!({"noun": noun, "verb": verb, "target": self.audit_details()})
    }

    /// The command, or the commands of a batch. Whoever grants access asks for each of them by its
    /// own name.
    pub fn steps(&self) -> impl Iterator<Item = &Self> {
        match self {
            Self::Batch(commands) => commands.iter(),
            single => std::slice::from_ref(single).iter(),
        }
    }

    fn audit_details(&self) -> Value {
        match self {
            Self::StageRevision(p) => {
                json!({"deployment_id": p.deployment_id, "revision_id": p.revision_id})
            }
            Self::WarmRevision(p) => json!({"revision_id": p.revision_id}),
            Self::BeginWarm { revision_id }
            | Self::DrainRevision { revision_id }
            | Self::ArchiveRevision { revision_id }
            | Self::Retry { revision_id } => json!({"revision_id": revision_id}),
            Self::FinishDrain { revision_id, report } => {
                json!({"revision_id": revision_id, "report": report})
            }
            Self::AddBundle { deployment_id, bundle } => json!({
                "bundle_id": bundle.bundle_id,
                "customer_id": bundle.customer_id,
                "deployment_id": deployment_id,
            }),
            Self::UpdateBundle(p) => json!({"deployment_id": p.deployment_id}),
            Self::RemoveBundle { deployment_id }
            | Self::RollbackTrafficSplit { deployment_id }
            | Self::ClearTrafficSplit { deployment_id } => json!({"deployment_id": deployment_id}),
            Self::SetTrafficSplit(p) => {
                json!({"deployment_id": p.deployment_id, "entries": p.entries})
            }
            Self::AddPackBinding(binding) => json!({"slot": binding.slot, "kind": binding.kind}),
            Self::UpdatePackBinding { slot, binding } => {
                json!({"slot": slot, "kind": binding.kind})
            }
            Self::RemovePackBinding { slot }
            | Self::RollbackPackBinding { slot }
            | Self::SavePackAnswers { slot, .. }
            | Self::DeletePackAnswers { slot } => json!({"slot": slot}),
            Self::AddExtensionBinding(binding) => {
                json!({"kind": binding.kind, "instance_id": binding.instance_id})
            }
            Self::UpdateExtensionBinding { key, .. }
            | Self::RemoveExtensionBinding { key }
            | Self::RollbackExtensionBinding { key } => json!({"key": key}),
            Self::AddMessagingEndpoint { endpoint_id, endpoint } => json!({
                "endpoint_id": endpoint_id,
                "provider_id": endpoint.provider_id,
                "provider_type": endpoint.provider_type,
            }),
            Self::LinkMessagingBundle { endpoint_id, bundle_id, .. }
            | Self::UnlinkMessagingBundle { endpoint_id, bundle_id, .. } => {
                json!({"endpoint_id": endpoint_id, "bundle_id": bundle_id})
            }
            Self::SetMessagingWelcomeFlow(p) => json!({
                "endpoint_id": p.endpoint_id,
                "bundle_id": p.bundle_id,
                "pack_id": p.pack_id,
                "flow_id": p.flow_id,
            }),
            Self::RemoveMessagingEndpoint { endpoint_id }
            | Self::RotateMessagingWebhookSecret { endpoint_id, .. } => {
                json!({"endpoint_id": endpoint_id})
            }
            Self::AddTrustedKey(p) => {
                // What is no public key may be a private one that was pasted by mistake.
                let public = crate::key_id_for_public_key_pem(&p.public_key_pem).is_ok();
                json!({"key_id": p.key_id, "public_key_pem": public.then_some(&p.public_key_pem)})
            }
            Self::RemoveTrustedKey { key_id } => json!({"key_id": key_id}),
            Self::Batch(commands) => {
                json!({"commands": commands.iter().map(Self::audit_step).collect::<Vec<_>>()})
            }
            _ => Value::Null,
        }
    }
}

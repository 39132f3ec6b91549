//! Every route of the contract, in one table.

use serde_json::{Value, json};

use super::{Decode, Encode, IfMatch, Incoming, Method, Parts, Route, check_backup_id};
use crate::document::Document;
use crate::engine::Command;
use crate::payloads::{
    AddTrustedKeyPayload, ExtensionKeyedPayload, MessagingBundleLinkPayload,
    RollbackTrafficSplitPayload,
};
use crate::remote::{Operation, RequestError, RestoreRequest};
use crate::{EnvPackBinding, ExtensionBinding, ExtensionKey};

fn bare() -> Option<Parts> {
    Some(Parts { parameters: Vec::new(), body: None })
}

fn with_body<T: serde::Serialize>(parameters: Vec<String>, body: &T) -> Option<Parts> {
    // A document is JSON already, and a payload without paths and maps of its own always has a
    // JSON form; one that has none takes the route of whole commands, which reports it.
    Some(Parts { parameters, body: Some(serde_json::to_value(body).ok()?) })
}

fn at(id: &impl ToString) -> Option<Parts> {
    Some(Parts { parameters: vec![id.to_string()], body: None })
}

const fn command(method: Method, template: &'static str, encode: Encode, decode: Decode) -> Route {
    Route { method, template, if_match: IfMatch::Optional, mutates: true, encode, decode }
}

/// A mutation that does not look at `If-Match`.
const fn unpinned(method: Method, template: &'static str, encode: Encode, decode: Decode) -> Route {
    Route { method, template, if_match: IfMatch::Ignored, mutates: true, encode, decode }
}

const fn read(template: &'static str, decode: Decode) -> Route {
    Route {
        method: Method::Get,
        template,
        if_match: IfMatch::Ignored,
        mutates: false,
        encode: |_| None,
        decode,
    }
}

/// A mutation that is no command.
const fn other(method: Method, template: &'static str, if_match: IfMatch, decode: Decode) -> Route {
    Route { method, template, if_match, mutates: true, encode: |_| None, decode }
}

fn act(incoming: &Incoming, command: Command) -> Result<Operation, RequestError> {
    Ok(Operation::Command(incoming.env_id()?, command))
}

/// A route whose body is the payload of a command.
macro_rules! whole_body {
    ($method:ident, $template:literal, $command:ident) => {
        command(
            Method::$method,
            $template,
            |c| match c {
                Command::$command(payload) => with_body(vec![], payload),
                _ => None,
            },
            |mut i| {
                let payload = i.document()?;
                act(&i, Command::$command(payload))
            },
        )
    };
}

/// A route without a body, whose path names what a command is about.
macro_rules! id_in_path {
    ($method:ident, $template:literal, $command:ident, $id:ident) => {
        command(
            Method::$method,
            $template,
            |c| match c {
                Command::$command { $id } => at($id),
                _ => None,
            },
            |i| act(&i, Command::$command { $id: i.parameter(0)? }),
        )
    };
}

/// Every route of the public contract, and the one of ours for commands that have none
/// (`POST /environments/{env}/commands`), which comes last.
pub static ROUTES: &[Route] = &[
    read("/healthz", |_| Ok(Operation::Health)),
    read("/readyz", |_| Ok(Operation::Ready)),
    read("/environments", |_| Ok(Operation::ListEnvironments)),
    unpinned(
        Method::Post,
        "/environments",
        |c| match c {
            Command::CreateEnvironment(payload) => with_body(vec![], payload),
            _ => None,
        },
        |mut i| {
            let payload: Document<crate::CreateEnvironmentPayload> = i.document()?;
            let env_id = payload.env_id.clone();
            Ok(Operation::Command(env_id, Command::CreateEnvironment(payload)))
        },
    ),
    read("/environments/{env}", |i| Ok(Operation::GetEnvironment(i.env_id()?))),
    whole_body!(Patch, "/environments/{env}", UpdateEnvironment),
    whole_body!(Post, "/environments/{env}/migrate-bindings", MigrateMergeBindings),
    whole_body!(Post, "/environments/{env}/revisions", StageRevision),
    command(
        Method::Post,
        "/environments/{env}/revisions/{revision}/warm",
        |c| match c {
            Command::WarmRevision(p) => with_body(vec![p.revision_id.to_string()], p),
            _ => None,
        },
        |mut i| {
            let payload: Document<crate::WarmRevisionPayload> = i.document()?;
            Incoming::same(&i.parameter(0)?, &payload.revision_id)?;
            act(&i, Command::WarmRevision(payload))
        },
    ),
    id_in_path!(Post, "/environments/{env}/revisions/{revision}/drain", DrainRevision, revision_id),
    id_in_path!(
        Post,
        "/environments/{env}/revisions/{revision}/archive",
        ArchiveRevision,
        revision_id
    ),
    whole_body!(Post, "/environments/{env}/traffic", SetTrafficSplit),
    command(
        Method::Post,
        "/environments/{env}/traffic/rollback",
        |c| match c {
            Command::RollbackTrafficSplit { deployment_id } => {
                with_body(vec![], &json!({"deployment_id": deployment_id}))
            }
            _ => None,
        },
        |mut i| {
            let RollbackTrafficSplitPayload { deployment_id } = i.plain()?;
            act(&i, Command::RollbackTrafficSplit { deployment_id })
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/packs",
        |c| match c {
            Command::AddPackBinding(binding) => with_body(vec![], &json!({"binding": binding})),
            _ => None,
        },
        |mut i| {
            let binding = i.part("binding")?;
            act(&i, Command::AddPackBinding(binding))
        },
    ),
    command(
        Method::Patch,
        "/environments/{env}/packs/{slot}",
        |c| match c {
            Command::UpdatePackBinding { slot, binding } => {
                with_body(vec![slot.to_string()], &json!({"binding": binding}))
            }
            _ => None,
        },
        |mut i| {
            let binding: Document<EnvPackBinding> = i.part("binding")?;
            act(&i, Command::UpdatePackBinding { slot: i.parameter(0)?, binding })
        },
    ),
    id_in_path!(Delete, "/environments/{env}/packs/{slot}", RemovePackBinding, slot),
    id_in_path!(Post, "/environments/{env}/packs/{slot}/rollback", RollbackPackBinding, slot),
    command(
        Method::Post,
        "/environments/{env}/extensions",
        |c| match c {
            Command::AddExtensionBinding(binding) => {
                with_body(vec![], &json!({"binding": binding}))
            }
            _ => None,
        },
        |mut i| {
            let binding = i.part("binding")?;
            act(&i, Command::AddExtensionBinding(binding))
        },
    ),
    command(
        Method::Patch,
        "/environments/{env}/extensions",
        |c| match c {
            Command::UpdateExtensionBinding { key, binding } => {
                with_body(vec![], &json!({"key": key, "binding": binding}))
            }
            _ => None,
        },
        |mut i| {
            let binding: Document<ExtensionBinding> = i.part("binding")?;
            let key = keyed(&mut i)?;
            act(&i, Command::UpdateExtensionBinding { key, binding })
        },
    ),
    command(
        Method::Delete,
        "/environments/{env}/extensions",
        |c| match c {
            Command::RemoveExtensionBinding { key } => with_body(vec![], &json!({"key": key})),
            _ => None,
        },
        |mut i| {
            let key = keyed(&mut i)?;
            act(&i, Command::RemoveExtensionBinding { key })
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/extensions/rollback",
        |c| match c {
            Command::RollbackExtensionBinding { key } => with_body(vec![], &json!({"key": key})),
            _ => None,
        },
        |mut i| {
            let key = keyed(&mut i)?;
            act(&i, Command::RollbackExtensionBinding { key })
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/bundles",
        |c| match c {
            Command::AddBundle { deployment_id: None, bundle } => with_body(vec![], bundle),
            _ => None,
        },
        |mut i| {
            let bundle = i.document()?;
            act(&i, Command::AddBundle { deployment_id: None, bundle })
        },
    ),
    command(
        Method::Patch,
        "/environments/{env}/bundles/{deployment}",
        |c| match c {
            Command::UpdateBundle(p) => with_body(vec![p.deployment_id.to_string()], p),
            _ => None,
        },
        |mut i| {
            let payload: Document<crate::UpdateBundlePayload> = i.document()?;
            Incoming::same(&i.parameter(0)?, &payload.deployment_id)?;
            act(&i, Command::UpdateBundle(payload))
        },
    ),
    id_in_path!(Delete, "/environments/{env}/bundles/{deployment}", RemoveBundle, deployment_id),
    command(
        Method::Post,
        "/environments/{env}/messaging",
        |c| match c {
            Command::AddMessagingEndpoint { endpoint_id: None, endpoint } => {
                with_body(vec![], endpoint)
            }
            _ => None,
        },
        |mut i| {
            let endpoint = i.document()?;
            act(&i, Command::AddMessagingEndpoint { endpoint_id: None, endpoint })
        },
    ),
    id_in_path!(
        Delete,
        "/environments/{env}/messaging/{endpoint}",
        RemoveMessagingEndpoint,
        endpoint_id
    ),
    command(
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/link",
        |c| match c {
            Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by } => with_body(
                vec![endpoint_id.to_string()],
                &json!({"bundle_id": bundle_id, "updated_by": updated_by}),
            ),
            _ => None,
        },
        |mut i| {
            let MessagingBundleLinkPayload { bundle_id, updated_by } = i.plain()?;
            let endpoint_id = i.parameter(0)?;
            act(&i, Command::LinkMessagingBundle { endpoint_id, bundle_id, updated_by })
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/unlink",
        |c| match c {
            Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by } => with_body(
                vec![endpoint_id.to_string()],
                &json!({"bundle_id": bundle_id, "updated_by": updated_by}),
            ),
            _ => None,
        },
        |mut i| {
            let MessagingBundleLinkPayload { bundle_id, updated_by } = i.plain()?;
            let endpoint_id = i.parameter(0)?;
            act(&i, Command::UnlinkMessagingBundle { endpoint_id, bundle_id, updated_by })
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/welcome-flow",
        |c| match c {
            Command::SetMessagingWelcomeFlow(p) => with_body(vec![p.endpoint_id.to_string()], p),
            _ => None,
        },
        |mut i| {
            let payload: Document<crate::SetMessagingWelcomeFlowPayload> = i.document()?;
            Incoming::same(&i.parameter(0)?, &payload.endpoint_id)?;
            act(&i, Command::SetMessagingWelcomeFlow(payload))
        },
    ),
    command(
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/rotate-secret",
        |c| match c {
            Command::RotateMessagingWebhookSecret { endpoint_id, rotation } => {
                with_body(vec![endpoint_id.to_string()], rotation)
            }
            _ => None,
        },
        |mut i| {
            let rotation = i.document()?;
            let endpoint_id = i.parameter(0)?;
            act(&i, Command::RotateMessagingWebhookSecret { endpoint_id, rotation })
        },
    ),
    read("/environments/{env}/trust-root", |i| Ok(Operation::GetTrustRoot(i.env_id()?))),
    unpinned(
        Method::Post,
        "/environments/{env}/trust-root/bootstrap",
        |c| matches!(c, Command::BootstrapTrustRoot).then(bare)?,
        |i| act(&i, Command::BootstrapTrustRoot),
    ),
    unpinned(
        Method::Post,
        "/environments/{env}/trust-root/seed",
        |c| matches!(c, Command::SeedTrustRootIfAbsent).then(bare)?,
        |i| act(&i, Command::SeedTrustRootIfAbsent),
    ),
    unpinned(
        Method::Post,
        "/environments/{env}/trust-root/keys",
        |c| match c {
            Command::AddTrustedKey(payload) => with_body(vec![], payload),
            _ => None,
        },
        |mut i| {
            let payload: AddTrustedKeyPayload = i.plain()?;
            act(&i, Command::AddTrustedKey(payload))
        },
    ),
    unpinned(
        Method::Delete,
        "/environments/{env}/trust-root/keys/{key}",
        |c| match c {
            // A segment cannot be empty.
            Command::RemoveTrustedKey { key_id } if !key_id.is_empty() => at(key_id),
            _ => None,
        },
        |i| act(&i, Command::RemoveTrustedKey { key_id: i.parameter(0)? }),
    ),
    read("/environments/{env}/backups", |i| Ok(Operation::ListBackups(i.env_id()?))),
    other(Method::Post, "/environments/{env}/backups", IfMatch::Ignored, |i| {
        Ok(Operation::CreateBackup(i.env_id()?))
    }),
    other(Method::Delete, "/environments/{env}/backups/{backup}", IfMatch::Ignored, |i| {
        Ok(Operation::DeleteBackup(i.env_id()?, i.backup_id()?))
    }),
    read("/environments/{env}/backups/{backup}/export", |i| {
        Ok(Operation::ExportBackup(i.env_id()?, i.backup_id()?))
    }),
    other(Method::Post, "/environments/{env}/restore", IfMatch::Ignored, |mut i| {
        let request: RestoreRequest = i.plain()?;
        check_backup_id(&request.backup_id)?;
        Ok(Operation::Restore(i.env_id()?, request))
    }),
    other(Method::Post, "/environments/{env}/import", IfMatch::Ignored, |mut i| {
        Ok(Operation::Import(i.env_id()?, Box::new(i.plain()?)))
    }),
    read("/environments/{env}/runtime", |i| Ok(Operation::GetRuntime(i.env_id()?))),
    other(Method::Post, "/environments/{env}/reconcile", IfMatch::Required, |i| {
        Ok(Operation::Reconcile(i.env_id()?))
    }),
    other(Method::Post, "/environments/{env}/reconcile/complete", IfMatch::Ignored, |mut i| {
        Ok(Operation::CompleteReconcile(i.env_id()?, i.plain()?))
    }),
    command(
        Method::Post,
        COMMANDS,
        |c| with_body(vec![], c),
        |mut i| {
            let command = i.plain()?;
            act(&i, command)
        },
    ),
];

/// The route of ours for commands that have no public one.
pub(in crate::remote) const COMMANDS: &str = "/environments/{env}/commands";

fn keyed(incoming: &mut Incoming) -> Result<ExtensionKey, RequestError> {
    // The binding was taken out of the body as a document of its own.
    if let Some(body) = incoming.body.as_mut().and_then(Value::as_object_mut) {
        body.remove("binding");
    }
    incoming.plain::<ExtensionKeyedPayload>().map(|payload| payload.key)
}

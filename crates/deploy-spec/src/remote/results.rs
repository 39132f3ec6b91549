//! What a verb answers over HTTP, and back.

use serde::Serialize;
use serde_json::{Value, json};

use super::Request;
use crate::document::{Document, DocumentError, DocumentType, typed_view};
use crate::documents::Environment;
use crate::engine::{Command, Outcome};
use crate::payloads::{
    ApplyTrafficSplitOutcome, BindingGenerationOutcome, MergeReport, RemoveBundleOutcome,
    RevisionTransitionOutcome, RollbackTrafficSplitOutcome, TrustRootAddOutcome,
    TrustRootRemoveOutcome, TrustRootSeed,
};

/// The `result` of a mutation: the public body of the verb, with the environment where it embeds
/// one, or the whole outcome for a request of a whole command.
///
/// # Errors
/// When a value has no JSON form.
pub fn result_of(
    request: &Request,
    outcome: &Outcome,
    environment: Option<&Document<Environment>>,
) -> Result<Value, serde_json::Error> {
    if request.is_whole_command() {
        return serde_json::to_value(outcome);
    }
    let environment = environment.map(Document::raw);
    match outcome {
        Outcome::Environment => Ok(json!(environment)),
        Outcome::Merged(report) => value(report),
        Outcome::Staged(revision) => recorded(environment, ("revisions", "revision_id"), revision),
        Outcome::Transition { revision, starting_lifecycle } => Ok(json!({
            "revision": recorded(environment, ("revisions", "revision_id"), revision)?,
            "environment": environment,
            "starting_lifecycle": starting_lifecycle,
        })),
        Outcome::Bundle(bundle) => recorded(environment, ("bundles", "deployment_id"), bundle),
        Outcome::BundleRemoved(removed) => value(removed),
        Outcome::PackBound(binding) => recorded(environment, ("packs", "slot"), binding),
        Outcome::PackChanged(changed) => Ok(json!({
            "binding": recorded(environment, ("packs", "slot"), &changed.binding)?,
            "generation": changed.generation,
        })),
        Outcome::ExtensionBound(binding) => recorded(environment, ("extensions", "kind"), binding),
        Outcome::ExtensionChanged(changed) => Ok(json!({
            "binding": recorded(environment, ("extensions", "kind"), &changed.binding)?,
            "generation": changed.generation,
        })),
        Outcome::SplitSet { split, previous_generation, new_generation } => Ok(json!({
            "split": recorded(environment, ("traffic_splits", "deployment_id"), split)?,
            "previous_generation": previous_generation,
            "new_generation": new_generation,
            "environment": environment,
        })),
        Outcome::SplitRolledBack { restored, previous_generation, new_generation } => Ok(json!({
            "restored": recorded(environment, ("traffic_splits", "deployment_id"), restored)?,
            "previous_generation": previous_generation,
            "new_generation": new_generation,
            "environment": environment,
        })),
        Outcome::Endpoint(endpoint) => {
            recorded(environment, ("messaging_endpoints", "endpoint_id"), endpoint)
        }
        Outcome::EndpointRemoved { endpoint_id } => value(endpoint_id),
        Outcome::TrustRootSeeded(seed) => value(seed),
        Outcome::TrustRootPresent => Ok(Value::Null),
        Outcome::KeyTrusted(added) => value(added),
        Outcome::KeyRemoved(removed) => value(removed),
        whole => serde_json::to_value(whole),
    }
}

/// An element as the environment records it, with the keys that its type does not have; as it is
/// when the environment has no such element (any more). `key` is a part of its identity, by which
/// most of the others are told apart without reading them.
fn recorded<T: DocumentType>(
    environment: Option<&Value>,
    (list, key): (&str, &str),
    element: &T,
) -> Result<Value, serde_json::Error> {
    let plain = value(element)?;
    let list = environment.and_then(|env| env.get(list)?.as_array()).map(Vec::as_slice);
    let same = |raw: &&Value| {
        raw.get(key) == plain.get(key) && typed_view::<T>(raw).is_ok_and(|typed| typed == *element)
    };
    let found = list.unwrap_or_default().iter().find(same).cloned();
    Ok(found.unwrap_or(plain))
}

fn value<T: Serialize>(result: &T) -> Result<Value, serde_json::Error> {
    serde_json::to_value(result)
}

fn read<T: DocumentType>(result: &Value) -> Result<T, DocumentError> {
    typed_view(result)
}

macro_rules! results {
    ($($type:ty),* $(,)?) => {
        $(impl DocumentType for $type {
            const NAME: &'static str = stringify!($type);
        })*
    };
}

results!(
    ApplyTrafficSplitOutcome,
    MergeReport,
    RemoveBundleOutcome,
    RevisionTransitionOutcome,
    RollbackTrafficSplitOutcome,
    TrustRootAddOutcome,
    TrustRootRemoveOutcome,
    TrustRootSeed,
    BindingGenerationOutcome<crate::EnvPackBinding>,
    BindingGenerationOutcome<crate::ExtensionBinding>,
    crate::MessagingEndpointId,
    Outcome,
);

/// The outcome that a `result` tells of, and the environment that it embeds.
///
/// A split that answers without a generation, as older servers do on a replay, is read as it is.
///
/// # Errors
/// [`DocumentError::Field`] when the result is not one of the command.
pub fn outcome_of(
    request: &Request,
    command: &Command,
    result: &Value,
) -> Result<(Outcome, Option<Document<Environment>>), DocumentError> {
    if request.is_whole_command() {
        return Ok((read(result)?, None));
    }
    let outcome = match command {
        Command::CreateEnvironment(_) | Command::UpdateEnvironment(_) => {
            return Ok((Outcome::Environment, Some(Document::from_value(result.clone())?)));
        }
        Command::MigrateMergeBindings(_) => Outcome::Merged(read(result)?),
        Command::StageRevision(_) => Outcome::Staged(read(result)?),
        Command::WarmRevision(_)
        | Command::DrainRevision { .. }
        | Command::ArchiveRevision { .. } => {
            let RevisionTransitionOutcome { revision, starting_lifecycle, .. } = read(result)?;
            Outcome::Transition { revision, starting_lifecycle }
        }
        Command::SetTrafficSplit(_) => {
            let ApplyTrafficSplitOutcome { split, previous_generation, new_generation, .. } =
                read(result)?;
            Outcome::SplitSet { split, previous_generation, new_generation }
        }
        Command::RollbackTrafficSplit { .. } => {
            let RollbackTrafficSplitOutcome {
                restored, previous_generation, new_generation, ..
            } = read(result)?;
            Outcome::SplitRolledBack { restored, previous_generation, new_generation }
        }
        Command::AddBundle { .. } | Command::UpdateBundle(_) => Outcome::Bundle(read(result)?),
        Command::RemoveBundle { .. } => Outcome::BundleRemoved(read(result)?),
        Command::AddPackBinding(_) => Outcome::PackBound(read(result)?),
        Command::UpdatePackBinding { .. }
        | Command::RemovePackBinding { .. }
        | Command::RollbackPackBinding { .. } => Outcome::PackChanged(read(result)?),
        Command::AddExtensionBinding(_) => Outcome::ExtensionBound(read(result)?),
        Command::UpdateExtensionBinding { .. }
        | Command::RemoveExtensionBinding { .. }
        | Command::RollbackExtensionBinding { .. } => Outcome::ExtensionChanged(read(result)?),
        Command::RemoveMessagingEndpoint { .. } => {
            Outcome::EndpointRemoved { endpoint_id: read(result)? }
        }
        Command::AddMessagingEndpoint { .. }
        | Command::LinkMessagingBundle { .. }
        | Command::UnlinkMessagingBundle { .. }
        | Command::SetMessagingWelcomeFlow(_)
        | Command::RotateMessagingWebhookSecret { .. } => Outcome::Endpoint(read(result)?),
        Command::SeedTrustRootIfAbsent if result.is_null() => Outcome::TrustRootPresent,
        Command::BootstrapTrustRoot | Command::SeedTrustRootIfAbsent => {
            Outcome::TrustRootSeeded(read(result)?)
        }
        Command::AddTrustedKey(_) => Outcome::KeyTrusted(read(result)?),
        Command::RemoveTrustedKey { .. } => Outcome::KeyRemoved(read(result)?),
        _ => read(result)?,
    };
    let environment = embedded(&outcome, result)?;
    Ok((outcome, environment))
}

/// The environment of a result that embeds one; on others, the key is one of a later version.
fn embedded(
    outcome: &Outcome,
    result: &Value,
) -> Result<Option<Document<Environment>>, DocumentError> {
    match outcome {
        Outcome::Transition { .. } | Outcome::SplitSet { .. } | Outcome::SplitRolledBack { .. } => {
            result.get("environment").map(|raw| Document::from_value(raw.clone())).transpose()
        }
        _ => Ok(None),
    }
}

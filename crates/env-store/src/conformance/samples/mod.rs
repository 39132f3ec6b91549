//! Commands to try on a store. Numbers name deployments, revisions and endpoints.

mod bindings;
mod deployments;
mod messaging;

use chrono::DateTime;
use greentic_conformance::Broken;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddTrustedKeyPayload, CapabilitySlot, CreateEnvironmentPayload, DeploymentId, Document,
    DocumentType, EnvId, Environment, EnvironmentHostConfig, EnvironmentRuntime, IdempotencyKey,
    MessagingEndpointId, PackDescriptor, RevisionId, SchemaVersion, UpdateEnvironmentPayload,
    key_id_for_public_key_pem,
};
use serde_json::{Value, json};
use ulid::Ulid;

pub(super) use bindings::*;
pub(super) use deployments::*;
pub(super) use messaging::*;

/// A command, or why the suite itself could not make it.
pub(super) type Made = Result<Command, Broken>;

/// The first public key of RFC 8032, section 7.1.
pub(super) const PUBLIC_KEY_PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

const WHO: &str = "operator://conformance";

fn unmade(error: impl std::fmt::Display) -> Broken {
    Broken::new("the suite to make its samples", error.to_string())
}

pub(super) fn env_id(name: &str) -> Result<EnvId, Broken> {
    EnvId::new(name).map_err(unmade)
}

pub(super) fn key(text: &str) -> Result<IdempotencyKey, Broken> {
    IdempotencyKey::new(text).map_err(unmade)
}

pub(super) fn document<T: DocumentType>(typed: T) -> Result<Document<T>, Broken> {
    Document::new(typed).map_err(unmade)
}

pub(super) fn read<T: DocumentType>(raw: Value) -> Result<Document<T>, Broken> {
    Document::from_value(raw).map_err(unmade)
}

pub(super) fn deployment(number: u128) -> DeploymentId {
    DeploymentId(Ulid(number))
}

pub(super) fn revision(number: u128) -> RevisionId {
    RevisionId(Ulid(number))
}

pub(super) fn endpoint(number: u128) -> MessagingEndpointId {
    MessagingEndpointId(Ulid(number))
}

pub(super) fn create(env_id: &EnvId, name: &str) -> Made {
    let host_config = EnvironmentHostConfig::new(env_id.clone());
    let payload =
        CreateEnvironmentPayload { env_id: env_id.clone(), name: name.to_owned(), host_config };
    Ok(Command::CreateEnvironment(document(payload)?))
}

pub(super) fn rename(name: &str) -> Made {
    let payload = UpdateEnvironmentPayload { name: Some(name.to_owned()), ..Default::default() };
    Ok(Command::UpdateEnvironment(document(payload)?))
}

pub(super) fn no_change() -> Made {
    Ok(Command::UpdateEnvironment(document(UpdateEnvironmentPayload::default())?))
}

pub(super) fn public_key_id() -> Result<String, Broken> {
    key_id_for_public_key_pem(PUBLIC_KEY_PEM).map_err(unmade)
}

pub(super) fn trust_key() -> Made {
    let (key_id, public_key_pem) = (public_key_id()?, PUBLIC_KEY_PEM.to_owned());
    Ok(Command::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem }))
}

pub(super) fn distrust_key() -> Made {
    Ok(Command::RemoveTrustedKey { key_id: public_key_id()? })
}

pub(super) fn runtime(env_id: &EnvId, number: u64) -> Result<EnvironmentRuntime, Broken> {
    Ok(EnvironmentRuntime {
        schema: SchemaVersion::from(EnvironmentRuntime::schema_str()),
        environment_id: env_id.clone(),
        discovered: [("number".to_owned(), json!(number))].into(),
        generated_at: DateTime::UNIX_EPOCH,
        generated_by: PackDescriptor::try_new("greentic.deployer.sample@1.0.0").map_err(unmade)?,
        generation: number,
    })
}

pub(super) fn save_runtime(env_id: &EnvId, number: u64) -> Made {
    Ok(Command::SaveRuntime(document(runtime(env_id, number)?)?))
}

pub(super) fn save_answers(number: u64) -> Made {
    let answers = json!({"number": number});
    Ok(Command::SavePackAnswers { slot: CapabilitySlot::State, answers })
}

pub(super) fn delete_answers() -> Made {
    Ok(Command::DeletePackAnswers { slot: CapabilitySlot::State })
}

pub(super) fn environment(env_id: &EnvId, name: &str) -> Environment {
    let host_config = EnvironmentHostConfig::new(env_id.clone());
    Environment::fresh(env_id.clone(), name.to_owned(), host_config)
}

pub(super) fn replace(env_id: &EnvId, name: &str) -> Made {
    Ok(Command::Replace(document(environment(env_id, name))?))
}

pub(super) fn batch(commands: impl IntoIterator<Item = Made>) -> Made {
    commands.into_iter().collect::<Result<_, _>>().map(Command::Batch)
}

/// Name, runtime and answers say the same number, in one change.
pub(super) fn all_say(env_id: &EnvId, number: u64) -> Made {
    batch([rename(&number.to_string()), save_runtime(env_id, number), save_answers(number)])
}

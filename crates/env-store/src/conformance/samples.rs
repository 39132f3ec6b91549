//! Commands to try on a store. Numbers name deployments, revisions and endpoints.

use std::collections::BTreeMap;

use chrono::DateTime;
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, BundleDeploymentStatus,
    BundleId, CapabilitySlot, CreateEnvironmentPayload, DeploymentId, Document, DocumentType,
    DrainReport, EnvId, EnvPackBinding, Environment, EnvironmentHostConfig, EnvironmentRuntime,
    ExtensionBinding, ExtensionKey, HealthCheckId, HealthGateFailure, IdempotencyKey,
    MessagingEndpointId, MigrateMergePayload, PackDescriptor, PackId, PackListEntry,
    RevenueShareEntry, RevisionId, RevisionLifecycle, RotateWebhookSecretPayload, SchemaVersion,
    SetMessagingWelcomeFlowPayload, SetTrafficSplitPayload, StageRevisionPayload,
    TrafficSplitEntry, UpdateBundlePayload, UpdateEnvironmentPayload, WarmRevisionPayload,
    key_id_for_public_key_pem,
};
use serde_json::{Value, json};
use ulid::Ulid;

use super::clause::Broken;

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

pub(super) fn merge() -> Made {
    let payload = MigrateMergePayload {
        packs: vec![pack(CapabilitySlot::Telemetry, "greentic.telemetry.sample@1.0.0")?],
        extensions: vec![extension("merged")?],
        seed_if_missing: None,
    };
    Ok(Command::MigrateMergeBindings(document(payload)?))
}

fn shares() -> Vec<RevenueShareEntry> {
    vec![RevenueShareEntry { party_id: "greentic".into(), basis_points: 10_000 }]
}

pub(super) fn add_bundle(number: u128, bundle: &str) -> Made {
    let payload = AddBundlePayload {
        bundle_id: bundle.into(),
        customer_id: "customer".into(),
        revenue_share: shares(),
        route_binding: None,
        authorization_ref: None,
        config_overrides: BTreeMap::new(),
    };
    Ok(Command::AddBundle { deployment_id: Some(deployment(number)), bundle: document(payload)? })
}

/// A deployment whose id the store mints.
pub(super) fn add_unnumbered_bundle(bundle: &str) -> Made {
    match add_bundle(0, bundle)? {
        Command::AddBundle { bundle, .. } => Ok(Command::AddBundle { deployment_id: None, bundle }),
        other => Ok(other),
    }
}

fn bundle_update(number: u128) -> UpdateBundlePayload {
    UpdateBundlePayload {
        deployment_id: deployment(number),
        status: None,
        route_binding: None,
        revenue_share: None,
        config_overrides: None,
    }
}

pub(super) fn pause_bundle(number: u128) -> Made {
    let status = Some(BundleDeploymentStatus::Paused);
    Ok(Command::UpdateBundle(document(UpdateBundlePayload { status, ..bundle_update(number) })?))
}

pub(super) fn share_revenue(number: u128) -> Made {
    let revenue_share = Some(shares());
    let payload = UpdateBundlePayload { revenue_share, ..bundle_update(number) };
    Ok(Command::UpdateBundle(document(payload)?))
}

pub(super) fn remove_bundle(number: u128) -> Made {
    Ok(Command::RemoveBundle { deployment_id: deployment(number) })
}

pub(super) fn stage(deployed: u128, number: u128) -> Made {
    let revision_id = revision(number);
    let pack = PackListEntry::from_lock_primitives("pack".into(), "sha256:00".to_owned());
    let payload = StageRevisionPayload {
        revision_id,
        deployment_id: deployment(deployed),
        bundle_digest: format!("sha256:{}", "ab".repeat(32)),
        bundle_source_uri: None,
        pack_list: vec![pack],
        pack_list_lock_ref: format!("revisions/{revision_id}/pack-list.lock").into(),
        pack_config_refs: Vec::new(),
        config_digest: "sha256:00".to_owned(),
        signature_sidecar_ref: "rev.sig".into(),
        drain_seconds: 30,
    };
    Ok(Command::StageRevision(document(payload)?))
}

pub(super) fn begin_warm(number: u128) -> Made {
    Ok(Command::BeginWarm { revision_id: revision(number) })
}

pub(super) fn warm_from(number: u128, expected_lifecycle: RevisionLifecycle) -> Made {
    let payload = WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Ok(()),
        expected_lifecycle,
    };
    Ok(Command::WarmRevision(document(payload)?))
}

pub(super) fn warm(number: u128) -> Made {
    warm_from(number, RevisionLifecycle::Staged)
}

pub(super) fn failing_gate(number: u128) -> WarmRevisionPayload {
    WarmRevisionPayload {
        revision_id: revision(number),
        health_gate: Err(HealthGateFailure {
            failed_checks: vec![HealthCheckId::RouteTable],
            message: "no routes".to_owned(),
        }),
        expected_lifecycle: RevisionLifecycle::Staged,
    }
}

pub(super) fn failing_warm(number: u128) -> Made {
    Ok(Command::WarmRevision(document(failing_gate(number))?))
}

pub(super) fn drain(number: u128) -> Made {
    Ok(Command::DrainRevision { revision_id: revision(number) })
}

pub(super) fn finish_drain(number: u128) -> Made {
    Ok(Command::FinishDrain { revision_id: revision(number), report: DrainReport::SETTLED })
}

pub(super) fn retry(number: u128) -> Made {
    Ok(Command::Retry { revision_id: revision(number) })
}

pub(super) fn archive(number: u128) -> Made {
    Ok(Command::ArchiveRevision { revision_id: revision(number) })
}

pub(super) fn split(deployed: u128, entries: &[(u128, u32)]) -> Made {
    let entry = |(number, weight_bps): &(u128, u32)| TrafficSplitEntry {
        revision_id: revision(*number),
        weight_bps: *weight_bps,
    };
    let payload = SetTrafficSplitPayload {
        deployment_id: deployment(deployed),
        entries: entries.iter().map(entry).collect(),
        updated_by: WHO.to_owned(),
        authorization_ref: None,
    };
    Ok(Command::SetTrafficSplit(document(payload)?))
}

pub(super) fn roll_back_split(deployed: u128) -> Made {
    Ok(Command::RollbackTrafficSplit { deployment_id: deployment(deployed) })
}

pub(super) fn clear_split(deployed: u128) -> Made {
    Ok(Command::ClearTrafficSplit { deployment_id: deployment(deployed) })
}

pub(super) fn pack(slot: CapabilitySlot, kind: &str) -> Result<EnvPackBinding, Broken> {
    Ok(EnvPackBinding {
        slot,
        kind: PackDescriptor::try_new(kind).map_err(unmade)?,
        pack_ref: PackId::new(kind),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    })
}

/// A binding of the secrets slot.
pub(super) fn secrets_pack(version: &str) -> Result<EnvPackBinding, Broken> {
    pack(CapabilitySlot::Secrets, &format!("greentic.secrets.sample@{version}"))
}

pub(super) fn add_pack() -> Made {
    Ok(Command::AddPackBinding(document(secrets_pack("1.0.0")?)?))
}

pub(super) fn update_pack(version: &str) -> Made {
    let binding = document(secrets_pack(version)?)?;
    Ok(Command::UpdatePackBinding { slot: CapabilitySlot::Secrets, binding })
}

pub(super) fn roll_back_pack() -> Made {
    Ok(Command::RollbackPackBinding { slot: CapabilitySlot::Secrets })
}

pub(super) fn remove_pack() -> Made {
    Ok(Command::RemovePackBinding { slot: CapabilitySlot::Secrets })
}

pub(super) fn extension(instance: &str) -> Result<ExtensionBinding, Broken> {
    let kind = "greentic.extension.sample@1.0.0";
    Ok(ExtensionBinding {
        kind: PackDescriptor::try_new(kind).map_err(unmade)?,
        pack_ref: PackId::new(kind),
        instance_id: Some(instance.to_owned()),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    })
}

fn extension_key(instance: &str) -> Result<ExtensionKey, Broken> {
    Ok(ExtensionKey::from_binding(&extension(instance)?))
}

pub(super) fn add_extension(instance: &str) -> Made {
    Ok(Command::AddExtensionBinding(document(extension(instance)?)?))
}

pub(super) fn update_extension(instance: &str, pack_ref: &str) -> Made {
    let binding = ExtensionBinding { pack_ref: PackId::new(pack_ref), ..extension(instance)? };
    let (key, binding) = (extension_key(instance)?, document(binding)?);
    Ok(Command::UpdateExtensionBinding { key, binding })
}

pub(super) fn roll_back_extension(instance: &str) -> Made {
    Ok(Command::RollbackExtensionBinding { key: extension_key(instance)? })
}

pub(super) fn remove_extension(instance: &str) -> Made {
    Ok(Command::RemoveExtensionBinding { key: extension_key(instance)? })
}

pub(super) fn endpoint_of(
    env_id: &EnvId,
    provider_type: &str,
    provider_id: &str,
) -> AddMessagingEndpointPayload {
    AddMessagingEndpointPayload {
        provider_id: provider_id.to_owned(),
        provider_type: provider_type.to_owned(),
        display_name: "Sample".to_owned(),
        secret_refs: vec![format!("secret://{env_id}/acme/_/pack/bot_token")],
        webhook_secret_ref: None,
        updated_by: WHO.to_owned(),
    }
}

/// An endpoint for which nothing is minted.
pub(super) fn add_endpoint(env_id: &EnvId, number: u128) -> Made {
    let payload = endpoint_of(env_id, "messaging.teams", &format!("teams-{number}"));
    let endpoint_id = Some(endpoint(number));
    Ok(Command::AddMessagingEndpoint { endpoint_id, endpoint: document(payload)? })
}

/// An endpoint with a webhook secret that the store mints.
pub(super) fn add_minting_endpoint(env_id: &EnvId, number: u128) -> Made {
    let payload = endpoint_of(env_id, "messaging.telegram.bot", &format!("telegram-{number}"));
    let endpoint_id = Some(endpoint(number));
    Ok(Command::AddMessagingEndpoint { endpoint_id, endpoint: document(payload)? })
}

pub(super) fn link(number: u128, bundle: &str) -> Made {
    Ok(Command::LinkMessagingBundle {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        updated_by: WHO.to_owned(),
    })
}

pub(super) fn unlink(number: u128, bundle: &str) -> Made {
    Ok(Command::UnlinkMessagingBundle {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        updated_by: WHO.to_owned(),
    })
}

pub(super) fn greet(number: u128, bundle: &str) -> Made {
    let payload = SetMessagingWelcomeFlowPayload {
        endpoint_id: endpoint(number),
        bundle_id: BundleId::from(bundle),
        pack_id: PackId::new("pack"),
        flow_id: "welcome".to_owned(),
        updated_by: WHO.to_owned(),
    };
    Ok(Command::SetMessagingWelcomeFlow(document(payload)?))
}

pub(super) fn remove_endpoint(number: u128) -> Made {
    Ok(Command::RemoveMessagingEndpoint { endpoint_id: endpoint(number) })
}

pub(super) fn rotate_secret(number: u128) -> Made {
    let payload =
        RotateWebhookSecretPayload { updated_by: WHO.to_owned(), webhook_secret_ref: None };
    let rotation = document(payload)?;
    Ok(Command::RotateMessagingWebhookSecret { endpoint_id: endpoint(number), rotation })
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

//! What verbs take, and whole commands.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, AdoptPayload,
    BundleDeploymentStatus, CapabilitySlot, CreateEnvironmentPayload, Document, DocumentType,
    DrainReport, EnvPackBinding, ExtensionBindingPayload, ExtensionKey, ExtensionKeyedPayload,
    FieldUpdate, HealthCheckId, HealthGateFailure, HealthStatus, MessagingBundleLinkPayload,
    MigrateMergePayload, MigrateSeedPayload, PackBindingPayload, RestoreMode, RetentionPolicy,
    RevisionLifecycle, RevocationConfig, RollbackTrafficSplitPayload, RotateWebhookSecretPayload,
    SetMessagingWelcomeFlowPayload, SetTrafficSplitPayload, Snapshot, StageRevisionPayload,
    UpdateBundlePayload, UpdateEnvironmentPayload, WarmRevisionPayload,
};
use serde_json::json;

use super::documents::{
    ALICE, BUNDLE, CUSTOMER, PACK, binding, deployer_binding, local_host, overrides, pack_list,
    revision, route, runtime, secret, shares, split,
};
use super::{
    Sample, deployment_id, document, document_sample, endpoint_id, env_id, extension, revision_id,
    shape_sample,
};

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = environment_samples();
    samples.extend(deployment_samples());
    samples.extend(messaging_samples());
    samples.push(shape_sample("command.json", "command", &Command::Batch(commands())));
    samples
}

fn environment_samples() -> Vec<Sample> {
    vec![
        document_sample("payload.create-environment.json", "create-environment-payload", create()),
        document_sample("payload.update-environment.json", "update-environment-payload", update()),
        document_sample("payload.migrate-bindings.json", "migrate-merge-payload", migrate()),
        document_sample(
            "payload.pack-binding.json",
            "pack-binding-payload",
            PackBindingPayload { binding: deployer_binding() },
        ),
        document_sample(
            "payload.extension-binding.json",
            "extension-binding-payload",
            ExtensionBindingPayload { binding: extension(Some("primary")) },
        ),
        document_sample(
            "payload.extension-keyed.update.json",
            "extension-keyed-payload",
            ExtensionKeyedPayload {
                key: ExtensionKey::from_binding(&extension(Some("primary"))),
                binding: Some(extension(Some("primary"))),
            },
        ),
        document_sample(
            "payload.extension-keyed.remove-default.json",
            "extension-keyed-payload",
            ExtensionKeyedPayload {
                key: ExtensionKey::from_binding(&extension(None)),
                binding: None,
            },
        ),
        shape_sample(
            "payload.add-trusted-key.json",
            "add-trusted-key-payload",
            &AddTrustedKeyPayload {
                key_id: "abc123".to_owned(),
                public_key_pem: "-----BEGIN PUBLIC KEY-----\n...\n-----END PUBLIC KEY-----\n"
                    .to_owned(),
            },
        ),
    ]
}

fn deployment_samples() -> Vec<Sample> {
    vec![
        document_sample("payload.add-bundle.json", "add-bundle-payload", add_bundle()),
        document_sample("payload.add-bundle.minimal.json", "add-bundle-payload", bare_bundle()),
        document_sample(
            "payload.update-bundle.json",
            "update-bundle-payload",
            UpdateBundlePayload {
                deployment_id: deployment_id(),
                status: Some(BundleDeploymentStatus::Paused),
                route_binding: None,
                revenue_share: None,
                config_overrides: None,
            },
        ),
        document_sample("payload.stage-revision.json", "stage-revision-payload", stage()),
        document_sample("payload.warm-revision.ok.json", "warm-revision-payload", warm(Ok(()))),
        document_sample(
            "payload.warm-revision.fail.json",
            "warm-revision-payload",
            warm(Err(HealthGateFailure {
                failed_checks: vec![HealthCheckId::RouteTable],
                message: "no routes".to_owned(),
            })),
        ),
        document_sample("payload.set-traffic.json", "set-traffic-split-payload", set_traffic()),
        shape_sample(
            "payload.rollback-traffic.json",
            "rollback-traffic-split-payload",
            &RollbackTrafficSplitPayload { deployment_id: deployment_id() },
        ),
    ]
}

fn messaging_samples() -> Vec<Sample> {
    let rotate = |webhook_secret_ref| RotateWebhookSecretPayload {
        updated_by: ALICE.to_owned(),
        webhook_secret_ref,
    };
    let new_secret = secret("acme/_/messaging-x/webhook_secret").to_string();
    vec![
        document_sample(
            "payload.add-messaging-endpoint.json",
            "add-messaging-endpoint-payload",
            add_endpoint(),
        ),
        document_sample(
            "payload.messaging-bundle-link.json",
            "messaging-bundle-link-payload",
            MessagingBundleLinkPayload { bundle_id: BUNDLE.into(), updated_by: ALICE.to_owned() },
        ),
        document_sample(
            "payload.set-welcome-flow.json",
            "set-messaging-welcome-flow-payload",
            SetMessagingWelcomeFlowPayload {
                endpoint_id: endpoint_id(),
                bundle_id: BUNDLE.into(),
                pack_id: PACK.into(),
                flow_id: "welcome".to_owned(),
                updated_by: ALICE.to_owned(),
            },
        ),
        document_sample(
            "payload.rotate-webhook-secret.json",
            "rotate-webhook-secret-payload",
            rotate(None),
        ),
        document_sample(
            "payload.rotate-webhook-secret.with-ref.json",
            "rotate-webhook-secret-payload",
            rotate(Some(new_secret)),
        ),
    ]
}

fn create() -> CreateEnvironmentPayload {
    CreateEnvironmentPayload {
        env_id: env_id(),
        name: "local".to_owned(),
        host_config: local_host(),
    }
}

fn update() -> UpdateEnvironmentPayload {
    UpdateEnvironmentPayload {
        name: Some("renamed".to_owned()),
        region: FieldUpdate::Set("eu-west-1".to_owned()),
        tenant_org_id: FieldUpdate::Clear,
        listen_addr: FieldUpdate::Set(([0, 0, 0, 0], 9090).into()),
        public_base_url: FieldUpdate::Keep,
        gui_enabled: FieldUpdate::Set(false),
    }
}

fn migrate() -> MigrateMergePayload {
    MigrateMergePayload {
        packs: vec![deployer_binding()],
        extensions: vec![extension(Some("primary"))],
        seed_if_missing: Some(MigrateSeedPayload {
            host_config: local_host(),
            revocation: RevocationConfig::default(),
            retention: RetentionPolicy::default(),
            health: HealthStatus::default(),
        }),
    }
}

fn add_bundle() -> AddBundlePayload {
    AddBundlePayload {
        bundle_id: BUNDLE.into(),
        customer_id: CUSTOMER.into(),
        revenue_share: shares(),
        route_binding: Some(route()),
        authorization_ref: None,
        config_overrides: overrides(),
    }
}

fn bare_bundle() -> AddBundlePayload {
    AddBundlePayload {
        bundle_id: "b".into(),
        customer_id: CUSTOMER.into(),
        revenue_share: Vec::new(),
        route_binding: None,
        authorization_ref: None,
        config_overrides: BTreeMap::new(),
    }
}

fn stage() -> StageRevisionPayload {
    let staged = revision(3);
    StageRevisionPayload {
        revision_id: staged.revision_id,
        deployment_id: staged.deployment_id,
        bundle_digest: staged.bundle_digest,
        bundle_source_uri: None,
        pack_list: pack_list(),
        pack_list_lock_ref: staged.pack_list_lock_ref,
        pack_config_refs: staged.pack_config_refs,
        config_digest: staged.config_digest,
        signature_sidecar_ref: staged.signature_sidecar_ref,
        drain_seconds: 30,
    }
}

fn warm(health_gate: Result<(), HealthGateFailure>) -> WarmRevisionPayload {
    WarmRevisionPayload {
        revision_id: revision_id(3),
        health_gate,
        expected_lifecycle: RevisionLifecycle::Staged,
    }
}

fn set_traffic() -> SetTrafficSplitPayload {
    SetTrafficSplitPayload {
        deployment_id: deployment_id(),
        entries: split().entries,
        updated_by: ALICE.to_owned(),
        authorization_ref: None,
    }
}

fn add_endpoint() -> AddMessagingEndpointPayload {
    AddMessagingEndpointPayload {
        provider_id: "tg-legal".to_owned(),
        provider_type: "telegram".to_owned(),
        display_name: "Legal bot".to_owned(),
        secret_refs: vec![secret(&format!("acme/_/{PACK}/bot_token")).to_string()],
        webhook_secret_ref: None,
        updated_by: ALICE.to_owned(),
    }
}

/// The binding that `result.binding-generation.json` remembers.
pub(crate) fn previous_binding() -> EnvPackBinding {
    binding(CapabilitySlot::Secrets, "greentic.secrets.dev-store@0.1.0")
}

/// A command of every form: a payload, a payload among ids, ids alone, nothing, any JSON.
fn commands() -> Vec<Command> {
    vec![
        Command::UpdateEnvironment(both(update())),
        Command::AddBundle { deployment_id: Some(deployment_id()), bundle: both(add_bundle()) },
        Command::WarmRevision(both(warm(Ok(())))),
        Command::FinishDrain { revision_id: revision_id(1), report: DrainReport::SETTLED },
        Command::AddMessagingEndpoint { endpoint_id: None, endpoint: both(add_endpoint()) },
        Command::RemoveExtensionBinding { key: ExtensionKey::new("acme.oauth.auth0", None) },
        Command::SeedTrustRootIfAbsent,
        Command::SavePackAnswers {
            slot: CapabilitySlot::Deployer,
            answers: json!({"namespace": "greentic"}),
        },
        Command::Restore {
            mode: RestoreMode::Undo,
            snapshot: Box::new(Snapshot {
                trusted_key_ids: None,
                environment: document(),
                runtime: Some(both(runtime())),
                pack_answers: [(CapabilitySlot::Deployer, json!({}))].into(),
            }),
        },
        Command::Adopt(Box::new(AdoptPayload {
            environment: None,
            runtime: FieldUpdate::Clear,
            pack_answers: [(CapabilitySlot::State, FieldUpdate::Set(json!({})))].into(),
        })),
    ]
}

fn both<T: DocumentType>(typed: T) -> Document<T> {
    Document::new(typed).expect("a sample has a JSON form")
}

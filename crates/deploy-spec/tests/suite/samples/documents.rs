//! The documents.

use std::collections::BTreeMap;

use greentic_deploy_spec::routing::{Routing, SlotTable};
use greentic_deploy_spec::{
    Actor, AuditDecision, AuditEvent, AuditResult, BackupArtifact, BackupManifest,
    BundleDeployment, BundleDeploymentStatus, CapabilitySlot, Credentials, CredentialsBootstrap,
    CredentialsExpiry, CredentialsMode, CredentialsValidation, CredentialsValidationResult,
    DEFAULT_LISTEN_ADDR, DEFAULT_PLAN_ENDPOINT, Document, EnvPackBinding, Environment,
    EnvironmentHostConfig, EnvironmentRuntime, ExtensionBinding, HealthState, HealthStatus,
    LockedPack, MessagingEndpoint, POLICY_LOCAL_ONLY, PackConfig, PackListEntry, PackListLock,
    RetentionPolicy, RevenuePolicyDocument, RevenueShareEntry, Revision, RevisionLifecycle,
    RevisionRuntimeBlock, RevocationConfig, RouteBinding, RuntimeConfig, SchemaVersion, SecretRef,
    SemVer, StateIntegrity, TenantSelector, TrafficSplit, TrafficSplitEntry, TrustRoot, TrustedKey,
    UpdateAction, UpdateChannelConfig, UsageMeter, WelcomeFlowRef, sha256_hex, stash_inline,
};
use serde_json::{Map, Value, json};

use super::{
    Sample, at, deployment_id, document_sample, endpoint_id, env_id, path, read_kept, revision_id,
    shape_sample,
};

pub(super) const PACK: &str = "messaging-telegram";
pub(super) const BUNDLE: &str = "customer.support";
pub(super) const CUSTOMER: &str = "local-dev";
pub(super) const ALICE: &str = "operator://alice";
pub(super) const KEY: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VJ";
pub(super) const OLDER_KEY: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VH";
pub(super) const BACKUP: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VB";

pub(super) fn samples() -> Vec<Sample> {
    vec![
        document_sample("environment.minimal.json", "environment", minimal_environment()),
        document_sample("environment.full.json", "environment", environment()),
        document_sample("bundle-deployment.json", "bundle-deployment", bundle()),
        document_sample("revision.json", "revision", revision(1)),
        document_sample("traffic-split.json", "traffic-split", split()),
        document_sample("messaging-endpoint.json", "messaging-endpoint", endpoint()),
        document_sample("environment-runtime.json", "environment-runtime", runtime()),
        document_sample("runtime-config.json", "runtime-config", runtime_config()),
        document_sample("pack-config.json", "pack-config", pack_config()),
        document_sample("pack-list-lock.json", "pack-list-lock", pack_list_lock()),
        document_sample("credentials.requirements.json", "credentials", provided_credentials()),
        document_sample("credentials.bootstrap.json", "credentials", credentials()),
        document_sample("revenue-policy.v2.json", "revenue-policy-document", revenue_policy()),
        document_sample("audit-event.ok.json", "audit-event", audit_event()),
        document_sample("audit-event.denied.json", "audit-event", denied_event()),
        document_sample("backup-manifest.json", "backup-manifest", backup_manifest()),
        document_sample("backup-artifact.json", "backup-artifact", backup_artifact()),
        document_sample("trust-root.json", "trust-root", trust_root()),
        document_sample("update-channel.disabled.json", "update-channel-config", bare_channel()),
        document_sample("update-channel.full.json", "update-channel-config", update_channel()),
        shape_sample("routing.json", "routing", &routing()),
        later_host_config(),
    ]
}

fn schema(text: &str) -> SchemaVersion {
    SchemaVersion::from(text)
}

/// A digest that says nothing but one byte, over and over.
pub(super) fn digest(byte: &str) -> String {
    format!("sha256:{}", byte.repeat(32))
}

pub(super) fn secret(rest: &str) -> SecretRef {
    SecretRef::try_new(format!("secret://local/{rest}")).expect("a secret reference")
}

fn lock_ref(number: u32) -> String {
    format!("revisions/{}/pack-list.lock", revision_id(number))
}

fn pack_config_ref(number: u32) -> String {
    format!("revisions/{}/pack-configs/{PACK}.json", revision_id(number))
}

pub(super) fn policy_ref() -> String {
    format!("billing-policies/{BUNDLE}/{CUSTOMER}/v1.json.sig")
}

pub(super) fn local_host() -> EnvironmentHostConfig {
    EnvironmentHostConfig {
        listen_addr: Some(DEFAULT_LISTEN_ADDR),
        ..EnvironmentHostConfig::new(env_id())
    }
}

/// What an environment is right after it was created.
pub(crate) fn minimal_environment() -> Environment {
    Environment::fresh(env_id(), "local".to_owned(), local_host())
}

/// An environment with something in every list.
pub(crate) fn environment() -> Environment {
    Environment {
        host_config: EnvironmentHostConfig {
            region: Some("eu-west-1".to_owned()),
            tenant_org_id: Some("acme".to_owned()),
            listen_addr: Some(([0, 0, 0, 0], 9090).into()),
            public_base_url: Some("https://chat.example.com".to_owned()),
            gui_enabled: Some(true),
            ..local_host()
        },
        packs: vec![
            deployer_binding(),
            binding(CapabilitySlot::Secrets, "greentic.secrets.dev-store@0.1.0"),
            binding(CapabilitySlot::Telemetry, "greentic.telemetry.stdout@0.1.0"),
            binding(CapabilitySlot::Sessions, "greentic.sessions.in-memory@0.1.0"),
            binding(CapabilitySlot::State, "greentic.state.in-memory@0.1.0"),
        ],
        credentials_ref: Some(secret("credentials/deployer")),
        bundles: vec![bundle()],
        revisions: vec![revision(1), revision(2)],
        traffic_splits: vec![split()],
        messaging_endpoints: vec![endpoint()],
        extensions: vec![extension(Some("primary")), extension(None)],
        revocation: RevocationConfig {
            required: true,
            list_ref: Some("https://revocations.example.com/list.json".to_owned()),
        },
        retention: RetentionPolicy { keep_revisions: Some(5), audit_retention_days: Some(90) },
        health: HealthStatus {
            state: HealthState::Green,
            message: Some("ok".to_owned()),
            last_checked_at: Some(at("08:54:00")),
        },
        ..minimal_environment()
    }
}

pub(super) fn binding(slot: CapabilitySlot, descriptor: &str) -> EnvPackBinding {
    EnvPackBinding {
        slot,
        kind: descriptor.parse().expect("a descriptor"),
        pack_ref: descriptor.into(),
        answers_ref: None,
        generation: 0,
        previous_binding_ref: None,
    }
}

pub(super) fn deployer_binding() -> EnvPackBinding {
    EnvPackBinding {
        answers_ref: path("env-packs/deployer/answers.json"),
        ..binding(CapabilitySlot::Deployer, "greentic.deployer.local-process@0.1.0")
    }
}

pub(crate) fn extension(instance: Option<&str>) -> ExtensionBinding {
    let kind = "acme.oauth.auth0";
    let answers = |instance| format!("extensions/{kind}-{instance}/answers.json").into();
    ExtensionBinding {
        kind: format!("{kind}@1.0.0").parse().expect("a descriptor"),
        pack_ref: kind.into(),
        instance_id: instance.map(str::to_owned),
        answers_ref: instance.map(answers),
        generation: 0,
        previous_binding_ref: None,
    }
}

pub(super) fn shares() -> Vec<RevenueShareEntry> {
    let share =
        |party: &str, basis_points| RevenueShareEntry { party_id: party.into(), basis_points };
    vec![share("agency-a", 3000), share("greentic", 7000)]
}

pub(super) fn route() -> RouteBinding {
    RouteBinding {
        hosts: vec!["chat.example.com".to_owned()],
        path_prefixes: vec!["/support".to_owned()],
        tenant_selector: TenantSelector { tenant: "acme".to_owned(), team: "support".to_owned() },
    }
}

pub(super) fn overrides() -> BTreeMap<String, BTreeMap<String, Value>> {
    let keys = [("api_base_url".to_owned(), json!("https://staging.example.com"))];
    [(PACK.to_owned(), keys.into())].into()
}

pub(crate) fn bundle() -> BundleDeployment {
    BundleDeployment {
        schema: schema(BundleDeployment::schema_str()),
        deployment_id: deployment_id(),
        env_id: env_id(),
        bundle_id: BUNDLE.into(),
        customer_id: CUSTOMER.into(),
        status: BundleDeploymentStatus::Active,
        current_revisions: vec![revision_id(1), revision_id(2)],
        route_binding: route(),
        revenue_share: shares(),
        revenue_policy_ref: policy_ref().into(),
        usage: Some(UsageMeter {
            meter_endpoint: "https://meter.example.com/v1".to_owned(),
            last_seen_at: Some(at("08:53:50")),
        }),
        created_at: at("08:53:25"),
        authorization_ref: "auth.json".into(),
        config_overrides: overrides(),
    }
}

pub(super) fn pack_list() -> Vec<PackListEntry> {
    vec![PackListEntry {
        pack_id: PACK.into(),
        version: SemVer::new(1, 2, 3),
        digest: digest("cd"),
        source_uri: Some(format!("oci://ghcr.io/acme/packs/{PACK}:1.2.3")),
    }]
}

/// The revision with this number, ready since the morning.
pub(crate) fn revision(number: u32) -> Revision {
    Revision {
        schema: schema(Revision::schema_str()),
        revision_id: revision_id(number),
        env_id: env_id(),
        bundle_id: BUNDLE.into(),
        deployment_id: deployment_id(),
        sequence: number.into(),
        created_at: at("08:53:30"),
        bundle_digest: digest("ab"),
        bundle_source_uri: None,
        pack_list: pack_list(),
        pack_list_lock_ref: lock_ref(number).into(),
        pack_config_refs: vec![pack_config_ref(number).into()],
        config_digest: digest("ef"),
        signature_sidecar_ref: format!("revisions/{}/rev.sig", revision_id(number)).into(),
        lifecycle: RevisionLifecycle::Ready,
        staged_at: Some(at("08:53:30")),
        warmed_at: Some(at("08:53:40")),
        drain_seconds: 30,
        abort_metrics: Vec::new(),
    }
}

pub(super) fn entry(number: u32, weight_bps: u32) -> TrafficSplitEntry {
    TrafficSplitEntry { revision_id: revision_id(number), weight_bps }
}

/// The first split: everything for REV1.
pub(crate) fn previous_split() -> TrafficSplit {
    TrafficSplit {
        schema: schema(TrafficSplit::schema_str()),
        env_id: env_id(),
        deployment_id: deployment_id(),
        bundle_id: BUNDLE.into(),
        generation: 0,
        entries: vec![entry(1, 10_000)],
        updated_at: at("08:54:10"),
        updated_by: ALICE.to_owned(),
        idempotency_key: OLDER_KEY.to_owned(),
        authorization_ref: "auth.json".into(),
        previous_split_ref: None,
    }
}

/// The split after it, which remembers the first one.
pub(crate) fn split() -> TrafficSplit {
    let previous = Document::new(previous_split()).expect("a split has a JSON form");
    TrafficSplit {
        generation: 1,
        entries: vec![entry(1, 9000), entry(2, 1000)],
        updated_at: at("08:54:20"),
        idempotency_key: KEY.to_owned(),
        authorization_ref: "audit/x.json".into(),
        previous_split_ref: Some(stash_inline(previous.raw())),
        ..previous_split()
    }
}

pub(crate) fn endpoint() -> MessagingEndpoint {
    MessagingEndpoint {
        schema: schema(MessagingEndpoint::schema_str()),
        env_id: env_id(),
        endpoint_id: endpoint_id(),
        provider_id: "tg-legal".to_owned(),
        provider_type: "telegram".to_owned(),
        display_name: "Legal bot".to_owned(),
        secret_refs: vec![secret(&format!("acme/_/{PACK}/bot_token"))],
        webhook_secret_ref: Some(secret(&format!(
            "default/_/messaging-{}/webhook_secret",
            endpoint_id()
        ))),
        linked_bundles: vec![BUNDLE.into()],
        welcome_flow: Some(WelcomeFlowRef {
            bundle_id: BUNDLE.into(),
            pack_id: PACK.into(),
            flow_id: "welcome".to_owned(),
        }),
        generation: 2,
        created_at: at("08:53:26"),
        updated_at: at("08:53:29"),
        updated_by: format!("{ALICE}#idem=set-welcome-flow:{OLDER_KEY}"),
    }
}

pub(super) fn runtime() -> EnvironmentRuntime {
    let secret = json!({"bot_token": "arn:aws:secretsmanager:eu-west-1:1:secret:x"});
    EnvironmentRuntime {
        schema: schema(EnvironmentRuntime::schema_str()),
        environment_id: env_id(),
        discovered: [
            ("listen_addr".to_owned(), json!(DEFAULT_LISTEN_ADDR)),
            ("alb_dns".to_owned(), json!("alb.example.com")),
            ("generated_secret_arns".to_owned(), secret),
        ]
        .into(),
        generated_at: at("08:54:30"),
        generated_by: "greentic.deployer.local-process@0.1.0".parse().expect("a descriptor"),
        generation: 1,
    }
}

fn runtime_config() -> RuntimeConfig {
    let block = |number, weight_bps| RevisionRuntimeBlock {
        deployment_id: deployment_id(),
        revision_id: revision_id(number),
        bundle_id: BUNDLE.into(),
        pack_list_refs: vec![lock_ref(number).into()],
        pack_config_refs: vec![pack_config_ref(number).into()],
        weight_bps,
    };
    RuntimeConfig {
        schema: schema(RuntimeConfig::schema_str()),
        env_id: env_id(),
        revisions: vec![block(1, 9000), block(2, 1000)],
    }
}

fn pack_config() -> PackConfig {
    let token = secret(&format!("{BUNDLE}/{PACK}/bot_token"));
    let host = "runtime://local/discovered/alb_dns".parse().expect("a runtime reference");
    PackConfig {
        schema: schema(PackConfig::schema_str()),
        pack_id: PACK.into(),
        revision_id: revision_id(1),
        non_secret: [
            ("retries".to_owned(), json!(3)),
            ("default_locale".to_owned(), json!("en-GB")),
        ]
        .into(),
        secret_refs: [("bot_token".to_owned(), token)].into(),
        runtime_refs: [("public_host".to_owned(), host)].into(),
    }
}

fn pack_list_lock() -> PackListLock {
    let file = format!("revisions/{}/packs/{PACK}.gtpack", revision_id(1));
    PackListLock {
        schema: schema(PackListLock::schema_str()),
        revision_id: revision_id(1),
        packs: vec![LockedPack { pack_id: PACK.into(), path: file.into(), digest: digest("cd") }],
    }
}

fn provided_credentials() -> Credentials {
    Credentials {
        schema: schema(Credentials::schema_str()),
        env_id: env_id(),
        deployer_kind: "greentic.deployer.k8s@1.0.0".parse().expect("a descriptor"),
        mode: CredentialsMode::Requirements,
        provided_credentials_ref: secret("credentials/k8s"),
        validation: CredentialsValidation {
            last_run_at: at("08:54:40"),
            result: CredentialsValidationResult::Pass,
            missing_capabilities: Vec::new(),
        },
        bootstrap: None,
        expiry: None,
    }
}

/// Credentials that were minted and lack something.
pub(crate) fn credentials() -> Credentials {
    let time = |text: &str| text.parse().expect("a time");
    Credentials {
        mode: CredentialsMode::Bootstrap,
        validation: CredentialsValidation {
            last_run_at: at("08:54:40"),
            result: CredentialsValidationResult::Fail,
            missing_capabilities: vec!["deployments.create".to_owned()],
        },
        bootstrap: Some(CredentialsBootstrap {
            admin_credential_consumed_at: at("08:54:39"),
            rules_pack_ref: "rules/v1.gtpack".into(),
            generated_credentials_ref: secret("generated/k8s"),
        }),
        expiry: Some(CredentialsExpiry {
            expires_at: time("2026-10-10T02:39:59Z"),
            rotate_at: Some(time("2026-09-27T06:01:28Z")),
        }),
        ..provided_credentials()
    }
}

pub(crate) fn revenue_policy() -> RevenuePolicyDocument {
    RevenuePolicyDocument {
        schema: schema(RevenuePolicyDocument::schema_str()),
        version: 2,
        deployment_id: deployment_id(),
        env_id: env_id(),
        bundle_id: BUNDLE.into(),
        customer_id: CUSTOMER.into(),
        revenue_share: shares(),
        created_at: at("08:54:50"),
        previous_version_ref: path(&policy_ref()),
    }
}

pub(super) fn actor() -> Actor {
    Actor { kind: "local-user".to_owned(), user: Some("alice".to_owned()), uid: Some(1000) }
}

pub(super) fn audit_event() -> AuditEvent {
    AuditEvent {
        schema: schema(AuditEvent::schema_str()),
        event_id: OLDER_KEY.to_owned(),
        ts: at("08:55:00"),
        actor: actor(),
        env_id: "local".to_owned(),
        noun: "traffic".to_owned(),
        verb: "set".to_owned(),
        target: json!({"environment_id": env_id(), "deployment_id": deployment_id()}),
        previous_generation: Some(3),
        new_generation: Some(4),
        idempotency_key: Some(KEY.to_owned()),
        authorization: AuditDecision::Allow {
            policy: POLICY_LOCAL_ONLY.to_owned(),
            reason: "env `local` is the local env".to_owned(),
        },
        result: AuditResult::Ok,
    }
}

fn denied_event() -> AuditEvent {
    AuditEvent {
        previous_generation: None,
        new_generation: None,
        idempotency_key: None,
        authorization: AuditDecision::Deny {
            policy: POLICY_LOCAL_ONLY.to_owned(),
            reason: "env `prod` is not local".to_owned(),
        },
        result: AuditResult::Error {
            kind: "unauthorized".to_owned(),
            message: "denied".to_owned(),
        },
        ..audit_event()
    }
}

/// The integrity of the full sample environment.
pub(super) fn integrity() -> StateIntegrity {
    StateIntegrity::sha256_of(&environment()).expect("an environment has a JSON form")
}

fn backup_manifest() -> BackupManifest {
    BackupManifest {
        schema: schema(BackupManifest::schema_str()),
        backup_id: BACKUP.to_owned(),
        env_id: env_id(),
        created_at: at("08:55:10"),
        generation: 4,
        integrity: integrity(),
        size_bytes: 4096,
    }
}

/// An artifact around a snapshot with an empty environment.
pub(super) fn backup_artifact() -> BackupArtifact {
    let snapshot = r#"{"environment":{}}"#;
    BackupArtifact {
        schema: schema(BackupArtifact::schema_str()),
        manifest: BackupManifest {
            created_at: at("08:53:20"),
            integrity: StateIntegrity::of_bytes(b"{}"),
            size_bytes: 2,
            ..backup_manifest()
        },
        snapshot: serde_json::from_str(snapshot).expect("JSON"),
        snapshot_digest: sha256_hex(snapshot.as_bytes()),
    }
}

/// The public key of RFC 8410, section 10.1.
pub(super) const PUBLIC_KEY_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";

fn trust_root() -> TrustRoot {
    let key_id = greentic_deploy_spec::key_id_for_public_key_pem(PUBLIC_KEY_PEM);
    let key_id = key_id.expect("an Ed25519 key");
    let key = TrustedKey { key_id, public_key_pem: PUBLIC_KEY_PEM.to_owned() };
    TrustRoot { keys: vec![key], ..TrustRoot::empty() }
}

fn bare_channel() -> UpdateChannelConfig {
    UpdateChannelConfig {
        schema: schema(UpdateChannelConfig::schema_str()),
        environment_id: env_id(),
        enabled: None,
        on_notify: None,
        on_update: None,
        poll_interval_secs: None,
        plan_endpoint: None,
        push_enabled: None,
        stream_endpoint: None,
        extra: Map::new(),
    }
}

fn update_channel() -> UpdateChannelConfig {
    let mut channel = UpdateChannelConfig {
        enabled: Some(true),
        poll_interval_secs: Some(900),
        plan_endpoint: Some(DEFAULT_PLAN_ENDPOINT.to_owned()),
        push_enabled: Some(true),
        ..bare_channel()
    };
    channel.set_action(UpdateAction::Apply);
    channel.stream_endpoint = channel.resolved_stream_endpoint();
    channel
}

fn routing() -> Routing {
    let table = SlotTable::canonical(deployment_id(), &split().entries);
    let table = table.expect("the weights sum to the whole");
    let wire = greentic_deploy_spec::routing::RoutingTable::encode(&table, split().generation);
    Routing::new(env_id(), vec![wire])
}

/// A host configuration with a key of a later version.
fn later_host_config() -> Sample {
    let typed =
        EnvironmentHostConfig { gui_enabled: Some(true), ..EnvironmentHostConfig::new(env_id()) };
    let mut raw = Document::new(typed).expect("a sample has a JSON form").into_raw();
    raw["default_bundle"] = json!(BUNDLE);
    let document: Document<EnvironmentHostConfig> = Document::from_value(raw).expect("a document");
    Sample {
        file: "host-config.default-bundle.json",
        schema: "environment-host-config",
        text: document.to_pretty().expect("a sample has a JSON form"),
        read: read_kept::<EnvironmentHostConfig>,
    }
}

//! Writes the JSON Schema of everything that goes over the wire or into a file:
//!
//! ```text
//! cargo run -p greentic-deploy-spec --features schemas --example schemas -- docs/schemas
//! ```

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::remote::{
    ConcurrencyConflict, IdempotencyOutcome, IdempotencyRecord, ImportOutcome, ImportRequest,
    MutationEnvelope, MutationResponse, Precondition, RbacRequest, ReconcileCompletionRequest,
    RemoteStoreError, RestoreOutcome, RestoreRequest,
};
use greentic_deploy_spec::routing::{ROUTING_SCHEMA, Routing};
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, AdoptPayload,
    ApplyTrafficSplitOutcome, AuditEvent, BackupArtifact, BackupManifest, BindingGenerationOutcome,
    BundleDeployment, CreateEnvironmentPayload, Credentials, DrainReport, EnvPackBinding,
    Environment, EnvironmentHostConfig, EnvironmentRuntime, ExtensionBinding,
    ExtensionBindingPayload, ExtensionKeyedPayload, MergeReport, MessagingBundleLinkPayload,
    MessagingEndpoint, MigrateMergePayload, PackBindingPayload, PackConfig, PackListLock,
    RemoveBundleOutcome, RevenuePolicyDocument, Revision, RevisionTransitionOutcome,
    RollbackTrafficSplitOutcome, RollbackTrafficSplitPayload, RotateOperatorKeyOutcome,
    RotateWebhookSecretPayload, RuntimeConfig, SchemaVersion, SetMessagingWelcomeFlowPayload,
    SetTrafficSplitPayload, Snapshot, StageRevisionPayload, StateIntegrity, TrafficSplit,
    TrustRoot, TrustRootAddOutcome, TrustRootListing, TrustRootRemoveOutcome, TrustRootSeed,
    UpdateBundlePayload, UpdateChannelConfig, UpdateEnvironmentPayload, WarmRevisionPayload,
};
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name the folder to write the schemas to")?;
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder)?;
    for (name, schema) in schemas() {
        let text = serde_json::to_string_pretty(&schema)?;
        fs::write(folder.join(format!("{name}.schema.json")), text + "\n")?;
    }
    Ok(())
}

fn schemas() -> Vec<(&'static str, Schema)> {
    [documents(), payloads(), results(), remote()].into_iter().flatten().collect()
}

fn documents() -> Vec<(&'static str, Schema)> {
    vec![
        ("environment", schema::<Environment>()),
        ("environment-host-config", schema::<EnvironmentHostConfig>()),
        ("environment-runtime", schema::<EnvironmentRuntime>()),
        ("env-pack-binding", schema::<EnvPackBinding>()),
        ("extension-binding", schema::<ExtensionBinding>()),
        ("bundle-deployment", schema::<BundleDeployment>()),
        ("revision", schema::<Revision>()),
        ("traffic-split", schema::<TrafficSplit>()),
        ("messaging-endpoint", schema::<MessagingEndpoint>()),
        ("runtime-config", schema::<RuntimeConfig>()),
        ("routing", schema::<Routing>()),
        ("pack-config", schema::<PackConfig>()),
        ("pack-list-lock", schema::<PackListLock>()),
        ("credentials", schema::<Credentials>()),
        ("revenue-policy-document", schema::<RevenuePolicyDocument>()),
        ("audit-event", schema::<AuditEvent>()),
        ("backup-manifest", schema::<BackupManifest>()),
        ("backup-artifact", schema::<BackupArtifact>()),
        ("state-integrity", schema::<StateIntegrity>()),
        ("trust-root", schema::<TrustRoot>()),
        ("update-channel-config", schema::<UpdateChannelConfig>()),
    ]
}

fn payloads() -> Vec<(&'static str, Schema)> {
    vec![
        ("command", schema::<Command>()),
        ("create-environment-payload", schema::<CreateEnvironmentPayload>()),
        ("update-environment-payload", schema::<UpdateEnvironmentPayload>()),
        ("migrate-merge-payload", schema::<MigrateMergePayload>()),
        ("stage-revision-payload", schema::<StageRevisionPayload>()),
        ("warm-revision-payload", schema::<WarmRevisionPayload>()),
        ("add-bundle-payload", schema::<AddBundlePayload>()),
        ("update-bundle-payload", schema::<UpdateBundlePayload>()),
        ("pack-binding-payload", schema::<PackBindingPayload>()),
        ("extension-binding-payload", schema::<ExtensionBindingPayload>()),
        ("extension-keyed-payload", schema::<ExtensionKeyedPayload>()),
        ("set-traffic-split-payload", schema::<SetTrafficSplitPayload>()),
        ("rollback-traffic-split-payload", schema::<RollbackTrafficSplitPayload>()),
        ("add-messaging-endpoint-payload", schema::<AddMessagingEndpointPayload>()),
        ("messaging-bundle-link-payload", schema::<MessagingBundleLinkPayload>()),
        ("set-messaging-welcome-flow-payload", schema::<SetMessagingWelcomeFlowPayload>()),
        ("rotate-webhook-secret-payload", schema::<RotateWebhookSecretPayload>()),
        ("add-trusted-key-payload", schema::<AddTrustedKeyPayload>()),
        ("adopt-payload", schema::<AdoptPayload>()),
        ("drain-report", schema::<DrainReport>()),
        ("snapshot", schema::<Snapshot>()),
    ]
}

fn results() -> Vec<(&'static str, Schema)> {
    vec![
        ("outcome", schema::<Outcome>()),
        ("merge-report", schema::<MergeReport>()),
        ("revision-transition-outcome", schema::<RevisionTransitionOutcome>()),
        ("remove-bundle-outcome", schema::<RemoveBundleOutcome>()),
        ("pack-binding-generation-outcome", schema::<BindingGenerationOutcome<EnvPackBinding>>()),
        (
            "extension-binding-generation-outcome",
            schema::<BindingGenerationOutcome<ExtensionBinding>>(),
        ),
        ("apply-traffic-split-outcome", schema::<ApplyTrafficSplitOutcome>()),
        ("rollback-traffic-split-outcome", schema::<RollbackTrafficSplitOutcome>()),
        ("trust-root-seed", schema::<TrustRootSeed>()),
        ("trust-root-add-outcome", schema::<TrustRootAddOutcome>()),
        ("trust-root-remove-outcome", schema::<TrustRootRemoveOutcome>()),
        ("rotate-operator-key-outcome", schema::<RotateOperatorKeyOutcome>()),
    ]
}

fn remote() -> Vec<(&'static str, Schema)> {
    vec![
        ("mutation-envelope", schema::<MutationEnvelope>()),
        ("mutation-response", schema::<MutationResponse>()),
        ("remote-store-error", schema::<RemoteStoreError>()),
        ("concurrency-conflict", schema::<ConcurrencyConflict>()),
        ("precondition", schema::<Precondition>()),
        ("idempotency-outcome", schema::<IdempotencyOutcome>()),
        ("idempotency-record", schema::<IdempotencyRecord>()),
        ("rbac-request", schema::<RbacRequest>()),
        ("trust-root-listing", schema::<TrustRootListing>()),
        ("restore-request", schema::<RestoreRequest>()),
        ("restore-outcome", schema::<RestoreOutcome>()),
        ("import-request", schema::<ImportRequest>()),
        ("import-outcome", schema::<ImportOutcome>()),
        ("reconcile-completion-request", schema::<ReconcileCompletionRequest>()),
    ]
}

/// The schema of what is accepted: a key with a default may be absent, unknown keys may be there.
fn schema<T: JsonSchema>() -> Schema {
    let settings = SchemaSettings::draft2020_12().with_transform(PlainText);
    settings.into_generator().into_root_schema_for::<T>()
}

/// Writes descriptions for readers without the crate's pages: a link to an item becomes plain code,
/// and a schema constant its text.
#[derive(Clone)]
struct PlainText;

impl Transform for PlainText {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(description) = schema.get_mut("description")
            && let Some(text) = description.as_str()
        {
            *description = plain(text).into();
        }
        transform_subschemas(self, schema);
    }
}

fn plain(text: &str) -> String {
    let mut text = text.replace("[`", "`").replace("`]", "`");
    for prefix in ["`crate::", "`super::"] {
        text = text.replace(prefix, "`");
    }
    for (name, value) in SCHEMA_STRINGS {
        text = text.replace(&format!("`SchemaVersion::{name}`"), &format!("`{value}`"));
    }
    text.replace("`ROUTING_SCHEMA`", &format!("`{ROUTING_SCHEMA}`"))
}

macro_rules! schema_strings {
    ($($name:ident),* $(,)?) => {
        &[$((stringify!($name), SchemaVersion::$name)),*]
    };
}

const SCHEMA_STRINGS: &[(&str, &str)] = schema_strings![
    ENVIRONMENT_V1,
    ENVIRONMENT_RUNTIME_V1,
    REVISION_V1,
    TRAFFIC_SPLIT_V1,
    BUNDLE_DEPLOYMENT_V1,
    REVENUE_POLICY_V1,
    CREDENTIALS_V1,
    PACK_CONFIG_V1,
    RUNTIME_CONFIG_V1,
    PACK_LIST_LOCK_V1,
    AUDIT_EVENT_V1,
    BACKUP_MANIFEST_V1,
    BACKUP_ARTIFACT_V1,
    MESSAGING_ENDPOINT_V1,
    UPDATE_CHANNEL_V1,
    TRUST_ROOT_V1,
];

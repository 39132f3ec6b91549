//! Values of every kind for property tests: JSON, texts, ids, documents with keys that no type
//! knows, and each command.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    AddBundlePayload, AddMessagingEndpointPayload, AddTrustedKeyPayload, AdoptPayload,
    BundleDeployment, BundleDeploymentStatus, BundleId, CapabilitySlot, CreateEnvironmentPayload,
    CustomerId, DeploymentId, Document, DocumentType, DrainReport, EnvId, EnvPackBinding,
    Environment, EnvironmentHostConfig, EnvironmentRuntime, ExtensionBinding, ExtensionKey,
    FieldUpdate, HealthCheckId, HealthGateFailure, HealthState, HealthStatus, MessagingEndpoint,
    MessagingEndpointId, MigrateMergePayload, MigrateSeedPayload, PackDescriptor, PackId,
    PackListEntry, PartyId, RestoreMode, RetentionPolicy, RevenueShareEntry, Revision, RevisionId,
    RevisionLifecycle, RevocationConfig, RotateWebhookSecretPayload, RouteBinding, SchemaVersion,
    SecretRef, SemVer, SetMessagingWelcomeFlowPayload, SetTrafficSplitPayload, Snapshot,
    StageRevisionPayload, TenantSelector, TrafficSplit, TrafficSplitEntry, UpdateBundlePayload,
    UpdateEnvironmentPayload, UsageMeter, WarmRevisionPayload, WelcomeFlowRef,
};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Number, Value};

/// Texts that paths, headers and writers of JSON trip over.
const ODD_TEXTS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "a/b",
    "/",
    "../x",
    "100%",
    "%2F",
    "%",
    "{env}",
    "?q=1#f",
    "two words",
    " padded ",
    "Grüße 東京 🦀",
    "e\u{301}",
    "\u{202e}right to left",
    "\"quoted\" \\ back",
    "line\nline\r\n",
    "\u{0}\u{1b}\u{7f}",
    "null",
    "a+b&c=d;e",
];

pub(super) fn text() -> BoxedStrategy<String> {
    prop_oneof![
        3 => "[a-z0-9-]{0,8}",
        2 => ".{0,6}",
        3 => select(ODD_TEXTS).prop_map(str::to_owned),
    ]
    .boxed()
}

fn number() -> BoxedStrategy<Value> {
    let finite = any::<f64>().prop_map(|x| Number::from_f64(x).map_or(Value::Null, Value::Number));
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-100..100_i64).prop_map(Value::from),
        finite,
    ]
    .boxed()
}

/// Any JSON value.
pub(super) fn json() -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number(),
        text().prop_map(Value::String),
    ];
    let nested = |inner: BoxedStrategy<Value>| {
        let object =
            btree_map(text(), inner.clone(), 0..4).prop_map(|map| map.into_iter().collect());
        prop_oneof![vec(inner, 0..4).prop_map(Value::Array), object.prop_map(Value::Object)]
    };
    leaf.prop_recursive(3, 16, 4, nested).boxed()
}

/// JSON that is not `null`.
fn some_json() -> BoxedStrategy<Value> {
    json().prop_map(|value| if value.is_null() { Value::Bool(true) } else { value }).boxed()
}

fn json_map() -> BoxedStrategy<BTreeMap<String, Value>> {
    btree_map(text(), json(), 0..3).boxed()
}

/// The JSON pointer of every place in a value, the value itself first.
pub(super) fn places(value: &Value) -> Vec<String> {
    let mut places = vec![String::new()];
    let mut below = |key: &str, value: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        places.extend(self::places(value).into_iter().map(|place| format!("/{key}{place}")));
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| below(&at.to_string(), value));
        }
        _ => {}
    }
    places
}

/// The objects in a value, as JSON pointers.
pub(super) fn objects(value: &Value) -> Vec<String> {
    let is_object = |place: &String| value.pointer(place).is_some_and(Value::is_object);
    places(value).into_iter().filter(is_object).collect()
}

/// A document of a type, with keys in some of its objects that the type does not know.
pub(super) fn document<T>(typed: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Document<T>>
where
    T: DocumentType + Clone + Debug + 'static,
{
    let unknown = (any::<Index>(), "[a-z]{3}_from_the_future|[ /~%ü.]{1,3}", json());
    (typed, vec(unknown, 0..3))
        .prop_map(|(typed, unknown)| {
            let plain = Document::new(typed).expect("every generated value has a JSON form");
            unknown.into_iter().fold(plain, |document, (place, key, value)| {
                with_unknown_key(&document, place, &key, value).unwrap_or(document)
            })
        })
        .boxed()
}

/// None where the type refuses unknown keys.
fn with_unknown_key<T: DocumentType>(
    document: &Document<T>,
    place: Index,
    key: &str,
    value: Value,
) -> Option<Document<T>> {
    let mut raw = document.raw().clone();
    let objects = objects(&raw);
    let map: &mut Map<_, _> =
        raw.pointer_mut(&objects[place.index(objects.len())])?.as_object_mut()?;
    map.entry(key).or_insert(value);
    Document::from_value(raw).ok()
}

pub(super) fn env_id() -> BoxedStrategy<EnvId> {
    let known = select(&["local", "PROD", ".", "..", "...", "-", "_", "a.b-c_d"][..]);
    prop_oneof![known.prop_map(str::to_owned), "[A-Za-z0-9._-]{1,12}"]
        .prop_map(|text| EnvId::new(text).expect("of the alphabet"))
        .boxed()
}

pub(super) fn revision_id() -> BoxedStrategy<RevisionId> {
    any::<u128>().prop_map(|bits| RevisionId(bits.into())).boxed()
}

pub(super) fn deployment_id() -> BoxedStrategy<DeploymentId> {
    any::<u128>().prop_map(|bits| DeploymentId(bits.into())).boxed()
}

pub(super) fn endpoint_id() -> BoxedStrategy<MessagingEndpointId> {
    any::<u128>().prop_map(|bits| MessagingEndpointId(bits.into())).boxed()
}

fn bundle_id() -> BoxedStrategy<BundleId> {
    text().prop_map(BundleId::new).boxed()
}

fn pack_id() -> BoxedStrategy<PackId> {
    text().prop_map(PackId::new).boxed()
}

fn slot() -> BoxedStrategy<CapabilitySlot> {
    select(CapabilitySlot::ALL).boxed()
}

pub(super) fn lifecycle() -> BoxedStrategy<RevisionLifecycle> {
    select(RevisionLifecycle::ALL).boxed()
}

/// From the first year to the last, with leap seconds.
pub(super) fn time() -> BoxedStrategy<DateTime<Utc>> {
    let years = DateTime::<Utc>::MIN_UTC.timestamp()..=DateTime::<Utc>::MAX_UTC.timestamp();
    let time = |(seconds, nanos)| DateTime::from_timestamp(seconds, nanos).expect("in range");
    let leap = (0..50_000_000_i64, 1_000_000_000..2_000_000_000_u32)
        .prop_map(|(minutes, nanos)| (minutes * 60 + 59, nanos));
    prop_oneof![
        4 => (0..4_102_444_800_i64, prop_oneof![Just(0), Just(120_000_000), 0..1_000_000_000_u32]),
        1 => (years, Just(0)),
        1 => leap,
    ]
    .prop_map(time)
    .boxed()
}

fn path() -> BoxedStrategy<PathBuf> {
    text().prop_map(PathBuf::from).boxed()
}

fn descriptor() -> BoxedStrategy<PackDescriptor> {
    let version =
        (any::<u64>(), any::<u64>(), 0..100_u64, "(-[a-z]{1,3}\\.[1-9])?(\\+[a-z0-9]{1,4})?");
    ("[a-z0-9-]{0,5}\\.[a-z0-9.-]{0,8}", version)
        .prop_map(|(path, (major, minor, patch, rest))| {
            let text = format!("{path}@{major}.{minor}.{patch}{rest}");
            PackDescriptor::try_new(text).expect("of the grammar")
        })
        .boxed()
}

fn secret() -> BoxedStrategy<SecretRef> {
    (env_id(), text())
        .prop_map(|(env_id, rest)| format!("secret://{env_id}/{rest}"))
        .prop_map(|text| SecretRef::try_new(text).expect("of the grammar"))
        .boxed()
}

fn address() -> BoxedStrategy<SocketAddr> {
    (any::<IpAddr>(), any::<u16>()).prop_map(SocketAddr::from).boxed()
}

fn host_config_of(env_id: BoxedStrategy<EnvId>) -> BoxedStrategy<EnvironmentHostConfig> {
    let rest = (
        option::of(text()),
        option::of(text()),
        option::of(address()),
        option::of(text()),
        option::of(any::<bool>()),
    );
    (env_id, rest)
        .prop_map(|(env_id, (region, tenant_org_id, listen_addr, public_base_url, gui_enabled))| {
            EnvironmentHostConfig {
                env_id,
                region,
                tenant_org_id,
                listen_addr,
                public_base_url,
                gui_enabled,
            }
        })
        .boxed()
}

fn host_config() -> BoxedStrategy<EnvironmentHostConfig> {
    host_config_of(env_id())
}

fn revocation() -> BoxedStrategy<RevocationConfig> {
    (any::<bool>(), option::of(text()))
        .prop_map(|(required, list_ref)| RevocationConfig { required, list_ref })
        .boxed()
}

fn retention() -> BoxedStrategy<RetentionPolicy> {
    (option::of(any::<u32>()), option::of(any::<u32>()))
        .prop_map(|(keep_revisions, audit_retention_days)| RetentionPolicy {
            keep_revisions,
            audit_retention_days,
        })
        .boxed()
}

fn health() -> BoxedStrategy<HealthStatus> {
    let states = [HealthState::Unknown, HealthState::Green, HealthState::Yellow, HealthState::Red];
    (select(states.to_vec()), option::of(text()), option::of(time()))
        .prop_map(|(state, message, last_checked_at)| HealthStatus {
            state,
            message,
            last_checked_at,
        })
        .boxed()
}

pub(super) fn pack_binding() -> BoxedStrategy<EnvPackBinding> {
    (slot(), descriptor(), pack_id(), option::of(path()), any::<u64>(), option::of(path()))
        .prop_map(|(slot, kind, pack_ref, answers_ref, generation, previous_binding_ref)| {
            EnvPackBinding { slot, kind, pack_ref, answers_ref, generation, previous_binding_ref }
        })
        .boxed()
}

pub(super) fn extension_binding() -> BoxedStrategy<ExtensionBinding> {
    let refs = (option::of(path()), option::of(path()));
    (descriptor(), pack_id(), option::of(text()), any::<u64>(), refs)
        .prop_map(|(kind, pack_ref, instance_id, generation, refs)| ExtensionBinding {
            kind,
            pack_ref,
            instance_id,
            answers_ref: refs.0,
            generation,
            previous_binding_ref: refs.1,
        })
        .boxed()
}

fn extension_key() -> BoxedStrategy<ExtensionKey> {
    (text(), option::of(text()))
        .prop_map(|(kind_path, instance_id)| ExtensionKey { kind_path, instance_id })
        .boxed()
}

fn route_binding() -> BoxedStrategy<RouteBinding> {
    (vec(text(), 0..3), vec(text(), 0..3), text(), text())
        .prop_map(|(hosts, path_prefixes, tenant, team)| RouteBinding {
            hosts,
            path_prefixes,
            tenant_selector: TenantSelector { tenant, team },
        })
        .boxed()
}

fn revenue_share() -> BoxedStrategy<Vec<RevenueShareEntry>> {
    let entry = (text(), any::<u32>()).prop_map(|(party, basis_points)| RevenueShareEntry {
        party_id: PartyId::new(party),
        basis_points,
    });
    vec(entry, 0..3).boxed()
}

fn overrides() -> BoxedStrategy<BTreeMap<String, BTreeMap<String, Value>>> {
    btree_map(text(), json_map(), 0..3).boxed()
}

fn status() -> BoxedStrategy<BundleDeploymentStatus> {
    use BundleDeploymentStatus::{Active, Archived, Paused};
    select(&[Active, Paused, Archived]).boxed()
}

fn usage() -> BoxedStrategy<UsageMeter> {
    (text(), option::of(time()))
        .prop_map(|(meter_endpoint, last_seen_at)| UsageMeter { meter_endpoint, last_seen_at })
        .boxed()
}

pub(super) fn bundle() -> BoxedStrategy<BundleDeployment> {
    let ids = (deployment_id(), env_id(), bundle_id(), text());
    let routing = (status(), vec(revision_id(), 0..3), route_binding(), revenue_share());
    let rest = (path(), option::of(usage()), time(), path(), overrides());
    (ids, routing, rest)
        .prop_map(|(ids, routing, rest)| BundleDeployment {
            schema: BundleDeployment::schema_str().into(),
            deployment_id: ids.0,
            env_id: ids.1,
            bundle_id: ids.2,
            customer_id: CustomerId::new(ids.3),
            status: routing.0,
            current_revisions: routing.1,
            route_binding: routing.2,
            revenue_share: routing.3,
            revenue_policy_ref: rest.0,
            usage: rest.1,
            created_at: rest.2,
            authorization_ref: rest.3,
            config_overrides: rest.4,
        })
        .boxed()
}

fn pack_list() -> BoxedStrategy<Vec<PackListEntry>> {
    let entry = (pack_id(), any::<(u64, u64, u64)>(), text(), option::of(text())).prop_map(
        |(pack_id, (major, minor, patch), digest, source_uri)| PackListEntry {
            pack_id,
            version: SemVer::new(major, minor, patch),
            digest,
            source_uri,
        },
    );
    vec(entry, 0..3).boxed()
}

pub(super) fn revision() -> BoxedStrategy<Revision> {
    let ids = (revision_id(), env_id(), bundle_id(), deployment_id(), any::<u64>());
    let artifacts = (text(), option::of(text()), pack_list(), path(), vec(path(), 0..3), text());
    let times = (time(), option::of(time()), option::of(time()));
    let rest = (path(), lifecycle(), any::<u32>(), vec(text(), 0..3));
    (ids, artifacts, times, rest)
        .prop_map(|(ids, artifacts, times, rest)| Revision {
            schema: Revision::schema_str().into(),
            revision_id: ids.0,
            env_id: ids.1,
            bundle_id: ids.2,
            deployment_id: ids.3,
            sequence: ids.4,
            created_at: times.0,
            bundle_digest: artifacts.0,
            bundle_source_uri: artifacts.1,
            pack_list: artifacts.2,
            pack_list_lock_ref: artifacts.3,
            pack_config_refs: artifacts.4,
            config_digest: artifacts.5,
            signature_sidecar_ref: rest.0,
            lifecycle: rest.1,
            staged_at: times.1,
            warmed_at: times.2,
            drain_seconds: rest.2,
            abort_metrics: rest.3,
        })
        .boxed()
}

fn split_entries() -> BoxedStrategy<Vec<TrafficSplitEntry>> {
    let entry = (revision_id(), any::<u32>())
        .prop_map(|(revision_id, weight_bps)| TrafficSplitEntry { revision_id, weight_bps });
    vec(entry, 0..4).boxed()
}

pub(super) fn split() -> BoxedStrategy<TrafficSplit> {
    let ids = (env_id(), deployment_id(), bundle_id(), any::<u64>());
    let rest = (split_entries(), time(), text(), text(), path(), option::of(path()));
    (ids, rest)
        .prop_map(|(ids, rest)| TrafficSplit {
            schema: TrafficSplit::schema_str().into(),
            env_id: ids.0,
            deployment_id: ids.1,
            bundle_id: ids.2,
            generation: ids.3,
            entries: rest.0,
            updated_at: rest.1,
            updated_by: rest.2,
            idempotency_key: rest.3,
            authorization_ref: rest.4,
            previous_split_ref: rest.5,
        })
        .boxed()
}

fn welcome_flow() -> BoxedStrategy<WelcomeFlowRef> {
    (bundle_id(), pack_id(), text())
        .prop_map(|(bundle_id, pack_id, flow_id)| WelcomeFlowRef { bundle_id, pack_id, flow_id })
        .boxed()
}

pub(super) fn endpoint() -> BoxedStrategy<MessagingEndpoint> {
    let ids = (env_id(), endpoint_id(), text(), text(), text());
    let secrets = (vec(secret(), 0..3), option::of(secret()));
    let rest = (vec(bundle_id(), 0..3), option::of(welcome_flow()), any::<u64>(), time(), time());
    (ids, secrets, rest, text())
        .prop_map(|(ids, secrets, rest, updated_by)| MessagingEndpoint {
            schema: MessagingEndpoint::schema_str().into(),
            env_id: ids.0,
            endpoint_id: ids.1,
            provider_id: ids.2,
            provider_type: ids.3,
            display_name: ids.4,
            secret_refs: secrets.0,
            webhook_secret_ref: secrets.1,
            linked_bundles: rest.0,
            welcome_flow: rest.1,
            generation: rest.2,
            created_at: rest.3,
            updated_at: rest.4,
            updated_by,
        })
        .boxed()
}

fn schema(own: &'static str) -> BoxedStrategy<SchemaVersion> {
    prop_oneof![4 => Just(own.to_owned()), 1 => text()].prop_map(SchemaVersion::new).boxed()
}

/// An environment that can be read; it need not be sound.
pub(super) fn environment() -> BoxedStrategy<Environment> {
    let head = (schema(Environment::schema_str()), env_id(), text(), host_config());
    let bindings =
        (vec(pack_binding(), 0..3), vec(extension_binding(), 0..3), option::of(secret()));
    let lists =
        (vec(bundle(), 0..2), vec(revision(), 0..3), vec(split(), 0..2), vec(endpoint(), 0..2));
    let rest = (revocation(), retention(), health());
    (head, bindings, lists, rest)
        .prop_map(|(head, bindings, lists, rest)| Environment {
            schema: head.0,
            environment_id: head.1,
            name: head.2,
            host_config: head.3,
            packs: bindings.0,
            credentials_ref: bindings.2,
            bundles: lists.0,
            revisions: lists.1,
            traffic_splits: lists.2,
            messaging_endpoints: lists.3,
            extensions: bindings.1,
            revocation: rest.0,
            retention: rest.1,
            health: rest.2,
        })
        .boxed()
}

fn runtime() -> BoxedStrategy<EnvironmentRuntime> {
    let own = schema(EnvironmentRuntime::schema_str());
    (own, env_id(), json_map(), time(), descriptor(), any::<u64>())
        .prop_map(|(schema, environment_id, discovered, generated_at, generated_by, generation)| {
            EnvironmentRuntime {
                schema,
                environment_id,
                discovered,
                generated_at,
                generated_by,
                generation,
            }
        })
        .boxed()
}

fn field<T: Clone + Debug + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<FieldUpdate<T>> {
    prop_oneof![
        Just(FieldUpdate::Keep),
        value.prop_map(FieldUpdate::Set),
        Just(FieldUpdate::Clear),
    ]
    .boxed()
}

fn create() -> BoxedStrategy<CreateEnvironmentPayload> {
    (env_id(), text(), host_config())
        .prop_map(|(env_id, name, host_config)| CreateEnvironmentPayload {
            env_id,
            name,
            host_config,
        })
        .boxed()
}

fn update() -> BoxedStrategy<UpdateEnvironmentPayload> {
    let texts = (option::of(text()), field(text()), field(text()), field(text()));
    (texts, field(address()), field(any::<bool>()))
        .prop_map(|(texts, listen_addr, gui_enabled)| UpdateEnvironmentPayload {
            name: texts.0,
            region: texts.1,
            tenant_org_id: texts.2,
            listen_addr,
            public_base_url: texts.3,
            gui_enabled,
        })
        .boxed()
}

fn merge() -> BoxedStrategy<MigrateMergePayload> {
    let seed = (host_config(), revocation(), retention(), health()).prop_map(
        |(host_config, revocation, retention, health)| MigrateSeedPayload {
            host_config,
            revocation,
            retention,
            health,
        },
    );
    (vec(pack_binding(), 0..3), vec(extension_binding(), 0..3), option::of(seed))
        .prop_map(|(packs, extensions, seed_if_missing)| MigrateMergePayload {
            packs,
            extensions,
            seed_if_missing,
        })
        .boxed()
}

fn stage() -> BoxedStrategy<StageRevisionPayload> {
    let ids = (revision_id(), deployment_id(), any::<u32>());
    let artifacts = (text(), option::of(text()), pack_list(), path(), vec(path(), 0..3));
    (ids, artifacts, text(), path())
        .prop_map(|(ids, artifacts, config_digest, signature_sidecar_ref)| StageRevisionPayload {
            revision_id: ids.0,
            deployment_id: ids.1,
            bundle_digest: artifacts.0,
            bundle_source_uri: artifacts.1,
            pack_list: artifacts.2,
            pack_list_lock_ref: artifacts.3,
            pack_config_refs: artifacts.4,
            config_digest,
            signature_sidecar_ref,
            drain_seconds: ids.2,
        })
        .boxed()
}

pub(super) fn failed_checks() -> BoxedStrategy<Vec<HealthCheckId>> {
    use HealthCheckId::{ProviderHealth, RouteTable, RuntimeConfig, SignatureStatus};
    vec(select(&[RouteTable, RuntimeConfig, SignatureStatus, ProviderHealth]), 0..4).boxed()
}

fn warm() -> BoxedStrategy<WarmRevisionPayload> {
    let failure = (failed_checks(), text())
        .prop_map(|(failed_checks, message)| HealthGateFailure { failed_checks, message });
    (revision_id(), option::of(failure), lifecycle())
        .prop_map(|(revision_id, failure, expected_lifecycle)| WarmRevisionPayload {
            revision_id,
            health_gate: failure.map_or(Ok(()), Err),
            expected_lifecycle,
        })
        .boxed()
}

pub(super) fn drain_report() -> BoxedStrategy<DrainReport> {
    any::<(u64, u64)>()
        .prop_map(|(open_requests, parked_sessions)| DrainReport { open_requests, parked_sessions })
        .boxed()
}

fn add_bundle() -> BoxedStrategy<AddBundlePayload> {
    let rest = (option::of(route_binding()), option::of(text()), overrides());
    (bundle_id(), text(), revenue_share(), rest)
        .prop_map(|(bundle_id, customer, revenue_share, rest)| AddBundlePayload {
            bundle_id,
            customer_id: CustomerId::new(customer),
            revenue_share,
            route_binding: rest.0,
            authorization_ref: rest.1,
            config_overrides: rest.2,
        })
        .boxed()
}

fn update_bundle() -> BoxedStrategy<UpdateBundlePayload> {
    let rest = (option::of(revenue_share()), option::of(overrides()));
    (deployment_id(), option::of(status()), option::of(route_binding()), rest)
        .prop_map(|(deployment_id, status, route_binding, rest)| UpdateBundlePayload {
            deployment_id,
            status,
            route_binding,
            revenue_share: rest.0,
            config_overrides: rest.1,
        })
        .boxed()
}

fn set_split() -> BoxedStrategy<SetTrafficSplitPayload> {
    (deployment_id(), split_entries(), text(), option::of(text()))
        .prop_map(|(deployment_id, entries, updated_by, authorization_ref)| {
            SetTrafficSplitPayload { deployment_id, entries, updated_by, authorization_ref }
        })
        .boxed()
}

fn add_endpoint() -> BoxedStrategy<AddMessagingEndpointPayload> {
    (text(), text(), text(), vec(text(), 0..3), option::of(text()), text())
        .prop_map(|(provider_id, provider_type, display_name, secrets, webhook, updated_by)| {
            AddMessagingEndpointPayload {
                provider_id,
                provider_type,
                display_name,
                secret_refs: secrets,
                webhook_secret_ref: webhook,
                updated_by,
            }
        })
        .boxed()
}

fn set_welcome_flow() -> BoxedStrategy<SetMessagingWelcomeFlowPayload> {
    (endpoint_id(), welcome_flow(), text())
        .prop_map(|(endpoint_id, flow, updated_by)| SetMessagingWelcomeFlowPayload {
            endpoint_id,
            bundle_id: flow.bundle_id,
            pack_id: flow.pack_id,
            flow_id: flow.flow_id,
            updated_by,
        })
        .boxed()
}

fn rotation() -> BoxedStrategy<RotateWebhookSecretPayload> {
    (text(), option::of(text()))
        .prop_map(|(updated_by, webhook_secret_ref)| RotateWebhookSecretPayload {
            updated_by,
            webhook_secret_ref,
        })
        .boxed()
}

fn snapshot() -> BoxedStrategy<Snapshot> {
    let answers = btree_map(slot(), json(), 0..3);
    (document(environment()), option::of(document(runtime())), answers)
        .prop_map(|(environment, runtime, pack_answers)| Snapshot {
            environment,
            runtime,
            pack_answers,
            trusted_key_ids: None,
        })
        .boxed()
}

/// Answers that were found as `null` are left out: `{"value": null}` sets nothing.
fn adopt() -> BoxedStrategy<AdoptPayload> {
    let answers = btree_map(slot(), field(some_json()), 0..3);
    (option::of(document(environment())), field(document(runtime())), answers)
        .prop_map(|(environment, runtime, pack_answers)| AdoptPayload {
            environment,
            runtime,
            pack_answers,
        })
        .boxed()
}

/// A kind of command by its name on the wire, and commands of it.
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) commands: BoxedStrategy<Command>,
}

fn kind(name: &'static str, commands: impl Strategy<Value = Command> + 'static) -> Kind {
    Kind { name, commands: commands.boxed() }
}

/// Every kind of command but `batch`.
fn single_kinds() -> Vec<Kind> {
    use Command as C;
    let mut kinds = environment_kinds();
    kinds.extend(revision_kinds());
    kinds.extend(binding_kinds());
    kinds.extend(messaging_kinds());
    kinds.extend([
        kind("bootstrap-trust-root", Just(C::BootstrapTrustRoot)),
        kind("seed-trust-root-if-absent", Just(C::SeedTrustRootIfAbsent)),
        kind(
            "add-trusted-key",
            (text(), text()).prop_map(|(key_id, public_key_pem)| {
                C::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem })
            }),
        ),
        kind("remove-trusted-key", text().prop_map(|key_id| C::RemoveTrustedKey { key_id })),
        kind("rotate-operator-key", Just(C::RotateOperatorKey)),
    ]);
    kinds
}

fn environment_kinds() -> Vec<Kind> {
    use Command as C;
    let modes = [RestoreMode::Backup, RestoreMode::Import, RestoreMode::Undo];
    let restore = (select(modes.to_vec()), snapshot())
        .prop_map(|(mode, snapshot)| C::Restore { mode, snapshot: Box::new(snapshot) });
    vec![
        kind("create-environment", document(create()).prop_map(C::CreateEnvironment)),
        kind("update-environment", document(update()).prop_map(C::UpdateEnvironment)),
        kind("migrate-merge-bindings", document(merge()).prop_map(C::MigrateMergeBindings)),
        kind("replace", document(environment()).prop_map(C::Replace)),
        kind("save-runtime", document(runtime()).prop_map(C::SaveRuntime)),
        kind(
            "save-pack-answers",
            (slot(), json()).prop_map(|(slot, answers)| C::SavePackAnswers { slot, answers }),
        ),
        kind("delete-pack-answers", slot().prop_map(|slot| C::DeletePackAnswers { slot })),
        kind("restore", restore),
        kind("adopt", adopt().prop_map(|payload| C::Adopt(Box::new(payload)))),
        kind("destroy", Just(C::Destroy)),
    ]
}

fn revision_kinds() -> Vec<Kind> {
    use Command as C;
    let finish = (revision_id(), drain_report())
        .prop_map(|(revision_id, report)| C::FinishDrain { revision_id, report });
    let add = (option::of(deployment_id()), document(add_bundle()))
        .prop_map(|(deployment_id, bundle)| C::AddBundle { deployment_id, bundle });
    vec![
        kind("stage-revision", document(stage()).prop_map(C::StageRevision)),
        kind("begin-warm", revision_id().prop_map(|revision_id| C::BeginWarm { revision_id })),
        kind("warm-revision", document(warm()).prop_map(C::WarmRevision)),
        kind(
            "drain-revision",
            revision_id().prop_map(|revision_id| C::DrainRevision { revision_id }),
        ),
        kind("finish-drain", finish),
        kind(
            "archive-revision",
            revision_id().prop_map(|revision_id| C::ArchiveRevision { revision_id }),
        ),
        kind("retry", revision_id().prop_map(|revision_id| C::Retry { revision_id })),
        kind("add-bundle", add),
        kind("update-bundle", document(update_bundle()).prop_map(C::UpdateBundle)),
        kind(
            "remove-bundle",
            deployment_id().prop_map(|deployment_id| C::RemoveBundle { deployment_id }),
        ),
        kind("set-traffic-split", document(set_split()).prop_map(C::SetTrafficSplit)),
        kind(
            "rollback-traffic-split",
            deployment_id().prop_map(|deployment_id| C::RollbackTrafficSplit { deployment_id }),
        ),
        kind(
            "clear-traffic-split",
            deployment_id().prop_map(|deployment_id| C::ClearTrafficSplit { deployment_id }),
        ),
    ]
}

fn binding_kinds() -> Vec<Kind> {
    use Command as C;
    vec![
        kind("add-pack-binding", document(pack_binding()).prop_map(C::AddPackBinding)),
        kind(
            "update-pack-binding",
            (slot(), document(pack_binding()))
                .prop_map(|(slot, binding)| C::UpdatePackBinding { slot, binding }),
        ),
        kind("remove-pack-binding", slot().prop_map(|slot| C::RemovePackBinding { slot })),
        kind("rollback-pack-binding", slot().prop_map(|slot| C::RollbackPackBinding { slot })),
        kind(
            "add-extension-binding",
            document(extension_binding()).prop_map(C::AddExtensionBinding),
        ),
        kind(
            "update-extension-binding",
            (extension_key(), document(extension_binding()))
                .prop_map(|(key, binding)| C::UpdateExtensionBinding { key, binding }),
        ),
        kind(
            "remove-extension-binding",
            extension_key().prop_map(|key| C::RemoveExtensionBinding { key }),
        ),
        kind(
            "rollback-extension-binding",
            extension_key().prop_map(|key| C::RollbackExtensionBinding { key }),
        ),
    ]
}

fn messaging_kinds() -> Vec<Kind> {
    use Command as C;
    let add = (option::of(endpoint_id()), document(add_endpoint()))
        .prop_map(|(endpoint_id, endpoint)| C::AddMessagingEndpoint { endpoint_id, endpoint });
    let link = (endpoint_id(), bundle_id(), text());
    vec![
        kind("add-messaging-endpoint", add),
        kind(
            "link-messaging-bundle",
            link.clone().prop_map(|(endpoint_id, bundle_id, updated_by)| C::LinkMessagingBundle {
                endpoint_id,
                bundle_id,
                updated_by,
            }),
        ),
        kind(
            "unlink-messaging-bundle",
            link.prop_map(|(endpoint_id, bundle_id, updated_by)| C::UnlinkMessagingBundle {
                endpoint_id,
                bundle_id,
                updated_by,
            }),
        ),
        kind(
            "set-messaging-welcome-flow",
            document(set_welcome_flow()).prop_map(C::SetMessagingWelcomeFlow),
        ),
        kind(
            "remove-messaging-endpoint",
            endpoint_id().prop_map(|endpoint_id| C::RemoveMessagingEndpoint { endpoint_id }),
        ),
        kind(
            "rotate-messaging-webhook-secret",
            (endpoint_id(), document(rotation())).prop_map(|(endpoint_id, rotation)| {
                C::RotateMessagingWebhookSecret { endpoint_id, rotation }
            }),
        ),
    ]
}

/// Every kind of command.
pub(super) fn kinds() -> Vec<Kind> {
    let mut kinds = single_kinds();
    let batch = vec(any_of(&kinds), 0..3).prop_map(Command::Batch);
    kinds.push(kind("batch", batch));
    kinds
}

fn any_of(kinds: &[Kind]) -> BoxedStrategy<Command> {
    let choices: Vec<_> = kinds.iter().map(|kind| kind.commands.clone()).collect();
    (any::<Index>(), Just(choices)).prop_flat_map(|(at, choices)| at.get(&choices).clone()).boxed()
}

/// The environment that a command is for: its own where it names one.
pub(super) fn target(command: &Command, other: EnvId) -> EnvId {
    match command {
        Command::CreateEnvironment(payload) => payload.env_id.clone(),
        _ => other,
    }
}

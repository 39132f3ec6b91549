//! No parser panics, whatever it is given, and what is wrong is refused by name.

use std::path::Path;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::{Method, Request, RequestError};
use greentic_deploy_spec::{
    BundleDeployment, Document, DocumentError, DocumentType, Environment, InvalidUlid, JsonError,
    MAX_DOCUMENT_BYTES, MessagingEndpoint, Revision, RevisionId, SpecError, TrafficSplit, fuzzing,
    load_inline, parse_json,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use crate::arbitrary::{self, objects, places};

const REVISION: &str = "01JTKW0000000000000000REV1";
const DEPLOYMENT: &str = "01JTKW0000000000000000DEP1";
const ENDPOINT: &str = "01JTKW00000000000000000EP1";
const NOW: &str = "2026-06-16T08:54:20Z";
/// `{"a":2,"b":1}`.
const STASH: &str = "inline://eyJhIjoyLCJiIjoxfQ";

// ---------------------------------------------------------------------------------------- samples

fn binding() -> Value {
    json!({
        "slot": "deployer", "kind": "greentic.deployer.local-process@0.1.0", "pack_ref": "p",
        "answers_ref": "env-packs/deployer/answers.json", "generation": 2,
        "previous_binding_ref": STASH,
    })
}

fn revision() -> Value {
    json!({
        "schema": "greentic.revision.v1", "revision_id": REVISION, "env_id": "local",
        "bundle_id": "support", "deployment_id": DEPLOYMENT, "sequence": 1, "created_at": NOW,
        "bundle_digest": "sha256:00",
        "pack_list": [{"pack_id": "faq", "version": "1.2.3-rc.1+b", "digest": "sha256:00"}],
        "pack_list_lock_ref": "r/pack-list.lock", "pack_config_refs": ["r/faq.json"],
        "config_digest": "sha256:00", "signature_sidecar_ref": "r/sig", "lifecycle": "ready",
        "staged_at": NOW, "drain_seconds": 30, "abort_metrics": ["errors"],
        "runtime_image_digest": "sha256:01",
    })
}

fn bundle() -> Value {
    json!({
        "schema": "greentic.bundle-deployment.v1", "deployment_id": DEPLOYMENT, "env_id": "local",
        "bundle_id": "support", "customer_id": "acme", "status": "active",
        "current_revisions": [REVISION],
        "route_binding": {
            "hosts": ["a.example"], "path_prefixes": ["/x"],
            "tenant_selector": {"tenant": "default", "team": "default"},
        },
        "revenue_share": [{"party_id": "acme", "basis_points": 10_000}],
        "revenue_policy_ref": "", "usage": {"meter_endpoint": "https://m", "last_seen_at": NOW},
        "created_at": NOW, "authorization_ref": "auth.json",
        "config_overrides": {"faq": {"limit": 12.5, "deep": [{"a": null}]}},
    })
}

fn split() -> Value {
    json!({
        "schema": "greentic.traffic-split.v1", "env_id": "local", "deployment_id": DEPLOYMENT,
        "bundle_id": "support", "generation": 1,
        "entries": [{"revision_id": REVISION, "weight_bps": 10_000}],
        "updated_at": NOW, "updated_by": "alice", "idempotency_key": "k",
        "authorization_ref": "auth.json", "previous_split_ref": STASH,
    })
}

fn endpoint() -> Value {
    json!({
        "schema": "greentic.messaging-endpoint.v1", "env_id": "local", "endpoint_id": ENDPOINT,
        "provider_id": "bot", "provider_type": "messaging.telegram", "display_name": "Bot",
        "secret_refs": ["secret://local/bot"], "webhook_secret_ref": "secret://local/hook",
        "linked_bundles": ["support"],
        "welcome_flow": {"bundle_id": "support", "pack_id": "faq", "flow_id": "hello"},
        "generation": 3, "created_at": NOW, "updated_at": NOW,
        "updated_by": "alice#idem=link-bundle:k",
    })
}

fn environment() -> Value {
    json!({
        "schema": "greentic.environment.v1", "environment_id": "local", "name": "Local",
        "host_config": {
            "env_id": "local", "region": "eu", "listen_addr": "[::1]:80",
            "public_base_url": "https://chat.example.com", "default_bundle": "support",
        },
        "packs": [binding()], "credentials_ref": "secret://local/deployer",
        "bundles": [bundle()], "revisions": [revision()], "traffic_splits": [split()],
        "messaging_endpoints": [endpoint()],
        "extensions": [{
            "kind": "acme.oauth@1.0.0", "pack_ref": "p", "instance_id": "one", "generation": 0,
        }],
        "revocation": {"required": true, "list_ref": "l"}, "retention": {"keep_revisions": 3},
        "health": {"state": "green", "last_checked_at": NOW},
        "from_the_future": {"a/b": [1, 2.5, -3, "é"]},
    })
}

fn manifest() -> Value {
    json!({
        "schema": "greentic.backup-manifest.v1", "backup_id": REVISION, "env_id": "local",
        "created_at": NOW, "generation": 4, "size_bytes": 2,
        "integrity": {"algorithm": "sha-256", "digest": "00"},
    })
}

fn event() -> Value {
    json!({
        "schema": "greentic.audit.event.v1", "event_id": REVISION, "ts": NOW,
        "actor": {"kind": "local-user", "user": "alice", "uid": 1000}, "env_id": "local",
        "noun": "traffic", "verb": "set", "target": {"deployment_id": DEPLOYMENT},
        "new_generation": 4, "idempotency_key": "k",
        "authorization": {"decision": "allow", "policy": "local-only", "reason": "r"},
        "result": {"outcome": "error", "kind": "conflict", "message": "m"},
    })
}

fn mutation() -> Value {
    json!({
        "etag": "aa", "generation": 4, "idempotency": {"idempotency": "applied"},
        "audit": event(),
    })
}

/// A document of each kind that [`fuzzing::documents`] and [`fuzzing::wire`] read.
fn samples() -> Vec<Value> {
    let policy = json!({
        "schema": "greentic.revenue-policy.v1", "version": 2, "deployment_id": DEPLOYMENT,
        "env_id": "local", "bundle_id": "support", "customer_id": "acme", "created_at": NOW,
        "revenue_share": [{"party_id": "acme", "basis_points": 10_000}],
        "previous_version_ref": "v1.json",
    });
    let credentials = json!({
        "schema": "greentic.credentials.v1", "env_id": "local", "deployer_kind": "a.b@1.0.0",
        "mode": "bootstrap", "provided_credentials_ref": "secret://local/a",
        "validation": {"last_run_at": NOW, "result": "pass", "missing_capabilities": []},
        "bootstrap": {
            "admin_credential_consumed_at": NOW, "rules_pack_ref": "r",
            "generated_credentials_ref": "secret://local/b",
        },
        "expiry": {"expires_at": NOW, "rotate_at": NOW},
    });
    let routing = json!({
        "schema": "greentic.routing.v1", "env_id": "local",
        "tables": [{
            "deployment_id": DEPLOYMENT, "generation": 1, "revisions": [REVISION],
            "runs": [[0, 10_000]],
        }],
    });
    let mut envelope = mutation();
    envelope["result"] = json!({"environment": environment()});
    vec![
        environment(),
        bundle(),
        revision(),
        split(),
        endpoint(),
        policy,
        credentials,
        json!({"schema": "greentic.trust-root.v1", "keys": [
            {"key_id": "00", "public_key_pem": "-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----"},
        ]}),
        json!({"schema": "greentic.update-channel.v1", "environment_id": "local", "enabled": true,
            "on_update": "apply", "poll_interval_secs": 9, "plan_endpoint": "https://u/plan", "x": 1}),
        json!({"schema": "greentic.environment-runtime.v1", "environment_id": "local",
            "discovered": {"listen_addr": "127.0.0.1:8080"}, "generated_at": NOW,
            "generated_by": "a.b@1.0.0", "generation": 1}),
        json!({"schema": "greentic.pack-config.v1", "pack_id": "faq", "revision_id": REVISION,
            "non_secret": {"a": 1}, "secret_refs": {"b": "secret://local/b"},
            "runtime_refs": {"c": "runtime://local/discovered/c"}}),
        json!({"schema": "greentic.pack-list-lock.v1", "revision_id": REVISION,
            "packs": [{"pack_id": "faq", "path": "faq.gtpack", "digest": "sha256:00"}]}),
        event(),
        manifest(),
        json!({"schema": "greentic.backup-artifact.v1", "manifest": manifest(),
            "snapshot": {"environment": environment()}, "snapshot_digest": "00"}),
        envelope,
        json!({"key": "k", "request_fingerprint": "00", "response": mutation(), "stored_at": NOW}),
        json!({"kind": "precondition-failed", "actual_etag": "a", "actual_generation": 1}),
        routing,
        json!({"command": "replace", "payload": environment()}),
        json!({"command": "batch", "payload": [
            {"command": "update-pack-binding", "payload": {"slot": "deployer", "binding": binding()}},
            {"command": "destroy"},
            {"command": "update-environment", "payload": {"region": {"value": "eu"},
                "listen_addr": {"clear": true}}},
            {"command": "warm-revision", "payload": {"revision_id": REVISION,
                "health_gate": {"ok": true}, "expected_lifecycle": "staged"}},
        ]}),
    ]
}

fn requests() -> Vec<(u8, String, Value)> {
    let env = "/environments/local";
    vec![
        (1, format!("{env}/commands"), json!({"command": "replace", "payload": environment()})),
        (1, format!("{env}/packs"), json!({"binding": binding()})),
        (2, format!("{env}/packs/deployer"), json!({"binding": binding()})),
        (3, format!("{env}/extensions"), json!({"key": {"kind_path": "a.b", "instance_id": null}})),
        (1, format!("{env}/revisions/{REVISION}/drain"), Value::Null),
        (3, format!("{env}/trust-root/keys/a%2Fb"), Value::Null),
        (
            1,
            format!("{env}/messaging/{ENDPOINT}/link"),
            json!({"bundle_id": "b", "updated_by": "a"}),
        ),
        (
            1,
            format!("{env}/restore"),
            json!({"backup_id": REVISION, "precondition": {"if_match": "a"}}),
        ),
        (
            1,
            format!("{env}/import"),
            json!({"artifact": {
                "schema": "greentic.backup-artifact.v1", "manifest": manifest(), "snapshot": {},
                "snapshot_digest": "00",
            }}),
        ),
        (
            1,
            format!("{env}/reconcile/complete"),
            json!({
                "authorized_generation": 1, "authorized_etag": "a",
                "completion": {"status": "failed", "error": "e"},
            }),
        ),
    ]
}

const TEXTS: &[&str] = &[
    REVISION,
    "a.b-c_d",
    "greentic.deployer.local-process@0.1.0-rc.1+b",
    "secret://local/a/b",
    "runtime://local/discovered/a",
    "ext://acme.oauth/one",
    "https://user@[::1]:8080/path?q#f",
    "alice#idem=add:k",
    STASH,
    "W/\"abc\"",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n",
];

#[test]
fn the_samples_are_sound_so_that_their_mutations_go_deep() {
    let environment = Document::<Environment>::from_value(environment()).unwrap();
    assert_eq!(environment.validate(), Ok(()));
    for command in samples().into_iter().filter(|sample| sample.get("command").is_some()) {
        assert!(serde_json::from_value::<Command>(command).is_ok());
    }
    for (method, path, body) in requests() {
        let method =
            [Method::Get, Method::Post, Method::Patch, Method::Delete][usize::from(method)];
        let request = Request { method, path, body: Some(body) };
        assert!(request.operation().is_ok(), "{:?}", request.operation());
    }
}

// -------------------------------------------------------------------------------------- mutations

/// JSON that is legal or nearly so and that a reader trips over.
const RAW: &[&str] = &[
    "null",
    "-0",
    "-1",
    "1.5",
    "1e999",
    "1e-999",
    "4294967296",
    "18446744073709551616",
    "-9223372036854775809",
    "123456789012345678901234567890123456789012345678901234567890",
    "01",
    "-",
    "NaN",
    "tru",
    "",
    "\"",
    r#""\ud800""#,
    r#""\udc00\ud800""#,
    r#""\u0000""#,
    r#""\uZZZZ""#,
    r#""\x""#,
    "\"\u{0}\"",
    "\"\n\"",
    r#""2026-02-30T00:00:00Z""#,
    r#""+999999-01-01T00:00:00Z""#,
    r#""+262142-12-31T23:59:59.999999999Z""#,
    r#""2016-12-31T23:59:60.999999999Z""#,
    r#""2026-06-16 08:54:20+14:00""#,
    r#""8ZZZZZZZZZZZZZZZZZZZZZZZZZ""#,
    r#""ééééééééééééé""#,
    r#""inline://%%%""#,
    r#""inline://""#,
    r#""127.0.0.1:99999""#,
    r#""a.b@18446744073709551616.0.0""#,
    r#""secret:///x""#,
    r#""..""#,
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    r#"{"value":1,"clear":true}"#,
    r#"{"ok":true,"failure":null}"#,
];

/// A change of a JSON text that was valid.
#[derive(Clone, Debug)]
enum Change {
    /// Puts another value at a place.
    Replace(Index, Value),
    /// Puts text at a place, legal or not.
    Raw(Index, &'static str),
    /// Removes a key from an object.
    RemoveKey(Index, Index),
    /// Writes a key of an object twice.
    RepeatKey(Index, Index),
    /// Swaps the values of two places.
    Swap(Index, Index),
}

/// A change of bytes.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Truncate(Index),
    Insert(Index, Vec<u8>),
    Remove(Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    prop_oneof![
        (at(), arbitrary::json()).prop_map(|(at, value)| Change::Replace(at, value)),
        (at(), select(RAW)).prop_map(|(at, text)| Change::Raw(at, text)),
        (at(), at()).prop_map(|(at, key)| Change::RemoveKey(at, key)),
        (at(), at()).prop_map(|(at, key)| Change::RepeatKey(at, key)),
        (at(), at()).prop_map(|(one, other)| Change::Swap(one, other)),
    ]
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        (at(), 1..=255_u8).prop_map(|(at, bits)| Damage::Flip(at, bits)),
        at().prop_map(Damage::Truncate),
        (at(), vec(any::<u8>(), 1..4)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        at().prop_map(Damage::Remove),
    ]
}

/// Stands for raw text until the value is written.
const MARK: &str = "raw text goes here";

fn pick(places: &[String], at: Index) -> &str {
    &places[at.index(places.len())]
}

/// Applies a change to a value. Text that is no JSON value comes back, to be put where the mark is.
fn apply(value: &mut Value, change: Change) -> Option<String> {
    let all = places(value);
    match change {
        Change::Replace(at, new) => {
            *value.pointer_mut(pick(&all, at))? = new;
            None
        }
        Change::Raw(at, text) => {
            *value.pointer_mut(pick(&all, at))? = json!(MARK);
            Some(text.to_owned())
        }
        Change::RemoveKey(at, key) => {
            let objects = objects(value);
            let object = value.pointer_mut(objects.get(at.index(objects.len().max(1)))?)?;
            let map = object.as_object_mut()?;
            let key = map.keys().nth(key.index(map.len().max(1)))?.clone();
            map.remove(&key);
            None
        }
        Change::RepeatKey(at, key) => {
            let objects = objects(value);
            let object = value.pointer_mut(objects.get(at.index(objects.len().max(1)))?)?;
            let text = object.to_string();
            let map = object.as_object()?;
            let (key, repeated) = map.iter().nth(key.index(map.len().max(1)))?;
            let text = format!("{{{}:{repeated},{}", json!(key), text.get(1..)?);
            *object = json!(MARK);
            Some(text)
        }
        Change::Swap(one, other) => {
            let (one, other) = (pick(&all, one).to_owned(), pick(&all, other).to_owned());
            let taken = value.pointer(&one)?.clone();
            let target = value.pointer_mut(&other)?;
            let taken = std::mem::replace(target, taken);
            *value.pointer_mut(&one)? = taken;
            None
        }
    }
}

fn written(mut value: Value, changes: Vec<Change>) -> Vec<u8> {
    let raw: Vec<_> = changes.into_iter().filter_map(|change| apply(&mut value, change)).collect();
    // A later change may have replaced a mark or copied it; each text goes where there is one.
    let mark = json!(MARK).to_string();
    let mut text = value.to_string();
    for raw in raw {
        text = text.replacen(&mark, &raw, 1);
    }
    text.into_bytes()
}

fn damaged(mut bytes: Vec<u8>, damages: Vec<Damage>) -> Vec<u8> {
    for damage in damages {
        let length = bytes.len();
        match damage {
            Damage::Flip(at, bits) if length > 0 => bytes[at.index(length)] ^= bits,
            Damage::Truncate(at) => bytes.truncate(at.index(length + 1)),
            Damage::Insert(at, new) => {
                let at = at.index(length + 1);
                drop(bytes.splice(at..at, new));
            }
            Damage::Remove(at) if length > 0 => drop(bytes.remove(at.index(length))),
            _ => {}
        }
    }
    bytes
}

/// Everything that reads bytes.
fn read_all(bytes: &[u8]) {
    fuzzing::documents(bytes);
    fuzzing::wire(bytes);
    fuzzing::texts(&String::from_utf8_lossy(bytes));
    for method in 0..4 {
        fuzzing::requests(method, "/environments/local/commands", bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_parser_panics_on_bytes(bytes in vec(any::<u8>(), 0..300), path in arbitrary::text()) {
        read_all(&bytes);
        fuzzing::requests(bytes.first().copied().unwrap_or(1), &path, &bytes);
        fuzzing::requests(3, &String::from_utf8_lossy(&bytes), b"");
    }

    #[test]
    fn no_parser_panics_on_json(value in arbitrary::json(), method: u8, at: Index) {
        let bytes = value.to_string().into_bytes();
        read_all(&bytes);
        let requests = requests();
        let (_, path, _) = &requests[at.index(requests.len())];
        fuzzing::requests(method, path, &bytes);
    }

    #[test]
    fn no_parser_panics_on_a_document_that_was_changed(
        sample in select(samples()), changes in vec(change(), 1..4), damages in vec(damage(), 0..2),
    ) {
        let bytes = damaged(written(sample, changes), damages);
        fuzzing::documents(&bytes);
        fuzzing::wire(&bytes);
    }

    #[test]
    fn no_parser_panics_on_a_request_that_was_changed(
        (method, path, body) in select(requests()), changes in vec(change(), 0..3),
        damages in vec(damage(), 0..2), path_damages in vec(damage(), 0..3),
    ) {
        let body = damaged(written(body, changes), damages);
        let path = damaged(path.into_bytes(), path_damages);
        fuzzing::requests(method, &String::from_utf8_lossy(&path), &body);
    }

    #[test]
    fn no_parser_panics_on_a_text_that_was_changed(
        text in select(TEXTS), damages in vec(damage(), 0..4), other in arbitrary::text(), at: Index,
    ) {
        let mut bytes = damaged(text.as_bytes().to_vec(), damages);
        let at = at.index(bytes.len() + 1);
        drop(bytes.splice(at..at, other.into_bytes()));
        fuzzing::texts(&String::from_utf8_lossy(&bytes));
    }
}

// ------------------------------------------------------------------------------------ hostile JSON

fn document_error<T: DocumentType + std::fmt::Debug>(bytes: &[u8]) -> DocumentError {
    Document::<T>::from_json(bytes).expect_err("refused")
}

/// Reads a document with one place replaced by raw text and returns the error as text.
fn refused<T: DocumentType + std::fmt::Debug>(sample: Value, pointer: &str, raw: &str) -> String {
    document_error::<T>(&with_raw(sample, pointer, raw)).to_string()
}

fn with_raw(mut sample: Value, pointer: &str, raw: &str) -> Vec<u8> {
    *sample.pointer_mut(pointer).expect("a place of the sample") = json!(MARK);
    sample.to_string().replacen(&json!(MARK).to_string(), raw, 1).into_bytes()
}

#[test]
fn a_document_over_the_limit_is_refused_before_it_is_parsed() {
    let bytes = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    let too_large = JsonError::TooLarge { actual: bytes.len(), limit: MAX_DOCUMENT_BYTES };
    assert_eq!(MAX_DOCUMENT_BYTES, 64 * 1024 * 1024);
    assert_eq!(parse_json(&bytes), Err(too_large.clone()));
    assert_eq!(document_error::<Environment>(&bytes), DocumentError::Json(too_large.clone()));
    let request = Request::from_wire(Method::Post, "/environments", &bytes);
    assert_eq!(request, Err(RequestError::Document(DocumentError::Json(too_large))));
}

#[test]
fn nesting_beyond_what_can_be_kept_is_refused() {
    let level = |open: &str, close: &str, levels: usize| {
        format!("{}1{}", open.repeat(levels), close.repeat(levels))
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}"), (r#"[{"a":"#, "}]")] {
        let brackets = open.matches(['[', '{']).count();
        let deepest = level(open, close, 126 / brackets);
        assert!(parse_json(deepest.as_bytes()).is_ok(), "{open}");
        for levels in [128 / brackets, 100_000] {
            let text = level(open, close, levels);
            let error = parse_json(text.as_bytes()).expect_err("refused");
            assert!(error.to_string().contains("recursion limit exceeded"), "{error}");
            read_all(text.as_bytes());
            read_all(open.repeat(levels).as_bytes());
        }
    }
    assert!(parse_json(level("[", "]", 127).as_bytes()).is_ok());
    let deep = "[".repeat(100_000);
    for place in ["/from_the_future", "/bundles/0/config_overrides/faq/deep", "/packs", ""] {
        let error = refused::<Environment>(environment(), place, &deep);
        assert!(error.contains("recursion limit exceeded"), "{place}: {error}");
    }
}

#[test]
fn a_number_that_lies_deeper_than_can_be_kept_does_not_make_a_long_error() {
    let text = format!("{}1e999", "[".repeat(1_000_000));
    let error = parse_json(text.as_bytes()).expect_err("refused");
    assert!(matches!(error, JsonError::Syntax { .. }), "{}", error.to_string().len());
    // At the deepest level it is named.
    let text = format!("{}1e999{}", "[".repeat(127), "]".repeat(127));
    assert!(matches!(parse_json(text.as_bytes()), Err(JsonError::LossyNumber { .. })));
}

#[test]
fn the_deepest_document_can_be_used_in_every_way() {
    let deep = format!("{}{}", "[".repeat(99), "]".repeat(99));
    let bytes = with_raw(environment(), "/from_the_future", &deep);
    let document = Document::<Environment>::from_json(&bytes).unwrap();
    let pretty = document.to_pretty().unwrap();
    let read = Document::<Environment>::from_json(pretty.as_bytes()).unwrap();
    assert_eq!(read, document);
    assert_eq!(read.etag(), document.etag());
    let mut renamed = document.typed().clone();
    renamed.name = "Renamed".to_owned();
    let renamed = document.with(renamed).unwrap();
    assert_eq!(renamed.raw().get("from_the_future"), document.raw().get("from_the_future"));
    // One level deeper there is no room for it.
    let deeper = format!("[{deep}]");
    let error = refused::<Environment>(environment(), "/from_the_future", &deeper);
    assert!(error.contains("more than 100 levels deep"), "{error}");
}

#[test]
fn batches_in_batches_are_read_or_refused_without_a_crash() {
    let nested = |levels: usize| {
        let (open, close) = (r#"{"command":"batch","payload":["#, "]}");
        format!("{}{}{}", open.repeat(levels), r#"{"command":"destroy"}"#, close.repeat(levels))
    };
    // Half the usual stack: a batch is not read recursively.
    let reader = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        for levels in [1, 10, 63, 64, 10_000] {
            fuzzing::wire(nested(levels).as_bytes());
            fuzzing::requests(1, "/environments/local/commands", nested(levels).as_bytes());
        }
    });
    reader.unwrap().join().unwrap();
}

#[test]
fn long_texts_are_read_in_bounded_time() {
    let long = "x".repeat(5_000_000);
    let bytes = with_raw(environment(), "/name", &format!("\"{long}\""));
    let document = Document::<Environment>::from_json(&bytes).unwrap();
    assert_eq!(document.name.len(), long.len());
    assert_eq!(document.validate(), Ok(()));
    let error = refused::<Environment>(environment(), "/environment_id", &format!("\"{long}/\""));
    assert!(error.starts_with("Environment is invalid at `environment_id`"));
    let error = refused::<Revision>(revision(), "/revision_id", &format!("\"{long}\""));
    assert!(error.len() < 500, "the id is cut: {}", error.len());
    let digits = "7".repeat(5_000_000);
    let error = document_error::<Revision>(&with_raw(revision(), "/sequence", &digits));
    assert!(matches!(error, DocumentError::Json(JsonError::LossyNumber { .. })));
    let zeros = format!("1.{}", "0".repeat(1_000_000));
    assert_eq!(parse_json(zeros.as_bytes()), Ok(json!(1.0)));
    fuzzing::texts(&format!("inline://{long}"));
    fuzzing::texts(&format!("alice{}", "#idem=add:k".repeat(100_000)));
    for text in [&long, &"/".repeat(1_000_000), &"%2F".repeat(300_000)] {
        fuzzing::texts(text);
        fuzzing::requests(3, &format!("/environments/local/trust-root/keys/{text}"), b"");
    }
}

#[test]
fn text_that_is_no_unicode_is_refused() {
    for bytes in [&b"\"\xff\""[..], b"{\"\xc3\":1}", b"\"\xed\xa0\x80\"", b"\xef\xbb\xbf{}"] {
        assert!(matches!(parse_json(bytes), Err(JsonError::Syntax { .. })), "{bytes:?}");
        read_all(bytes);
    }
    for raw in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\ud800""#, r#""\ud83e""#, r#""\ud83ex""#] {
        let error = refused::<Environment>(environment(), "/name", raw);
        assert!(error.starts_with("not valid JSON at line 1 column"), "{raw}: {error}");
    }
    let pair = with_raw(environment(), "/name", r#""\ud83e\udd80""#);
    assert_eq!(Document::<Environment>::from_json(&pair).unwrap().name, "🦀");
    // NUL is text when it is escaped, and no JSON when it is not.
    let escaped = with_raw(environment(), "/name", r#""a\u0000b""#);
    assert_eq!(Document::<Environment>::from_json(&escaped).unwrap().name, "a\0b");
    refused::<Environment>(environment(), "/name", "\"a\0b\"");
    assert!(parse_json(b"{}\0").is_err());
}

#[test]
fn numbers_outside_of_their_type_are_refused_where_they_stand() {
    let lossy = |error: &str| error.starts_with("number 18446744073709551616 at `/generation`");
    assert!(lossy(&refused::<TrafficSplit>(split(), "/generation", "18446744073709551616")));
    let largest = with_raw(split(), "/generation", "18446744073709551615");
    assert_eq!(Document::<TrafficSplit>::from_json(&largest).unwrap().generation, u64::MAX);
    for (pointer, raw, message) in [
        ("/generation", "-1", "TrafficSplit is invalid at `generation`: invalid value"),
        ("/generation", "1.0", "TrafficSplit is invalid at `generation`: invalid type"),
        ("/generation", "1e3", "TrafficSplit is invalid at `generation`: invalid type"),
        ("/generation", "\"1\"", "TrafficSplit is invalid at `generation`: invalid type"),
        ("/entries/0/weight_bps", "-1", "TrafficSplit is invalid at `entries[0].weight_bps`"),
        (
            "/entries/0/weight_bps",
            "4294967296",
            "TrafficSplit is invalid at `entries[0].weight_bps`",
        ),
        ("/entries/0/weight_bps", "0.5", "TrafficSplit is invalid at `entries[0].weight_bps`"),
    ] {
        let error = refused::<TrafficSplit>(split(), pointer, raw);
        assert!(error.starts_with(message), "{error}");
    }
    let most = with_raw(split(), "/entries/0/weight_bps", "4294967295");
    let most = Document::<TrafficSplit>::from_json(&most).unwrap();
    assert_eq!(most.validate(), Err(SpecError::BasisPointsEntryTooLarge { value: u32::MAX }));
    let error = refused::<BundleDeployment>(bundle(), "/revenue_share/0/basis_points", "-10000");
    assert!(error.contains("`revenue_share[0].basis_points`"), "{error}");
    // Weights whose sum wraps in 32 bits to the whole.
    let mut wraps = split();
    let entry = |weight: u32| json!({"revision_id": REVISION, "weight_bps": weight});
    wraps["entries"] = json!([entry(10_000), entry(1 << 31), entry(1 << 31)]);
    let wraps = Document::<TrafficSplit>::from_value(wraps).unwrap();
    assert!(wraps.validate().is_err());
    assert_eq!(wraps.weight_of(REVISION.parse().unwrap()), Some(10_000 + (1 << 32)));
}

#[test]
fn an_id_that_overflows_is_refused() {
    let overflow = "8ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    let value = overflow.to_owned();
    assert_eq!(overflow.parse::<RevisionId>(), Err(InvalidUlid::Overflow { value }));
    assert!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse::<RevisionId>().is_ok());
    let error = refused::<Revision>(revision(), "/revision_id", &format!("\"{overflow}\""));
    assert!(error.starts_with("Revision is invalid at `revision_id`: ULID"), "{error}");
    // 26 bytes that are fewer characters, and digits of another script.
    for text in ["ééééééééééééé", "012345678901234567890123é", "٠١٢٣٤٥٦٧٨٩٠١٢"]
    {
        assert_eq!(text.len(), 26, "{text}");
        assert!(matches!(text.parse::<RevisionId>(), Err(InvalidUlid::Character { .. })), "{text}");
    }
}

#[test]
fn a_stash_that_is_broken_is_none_and_its_document_is_read() {
    for stash in [
        "inline://%%%",
        "inline://e30=",
        "inline://e30",
        "inline://e3",
        "inline://+/+/",
        "inline://_w",
        "inline://eyJhIjoxLCJhIjoyfQ",
        "INLINE://e30",
        "inline:/e30",
    ] {
        let expected = (stash == "inline://e30").then(|| json!({}));
        assert_eq!(load_inline(Path::new(stash)), expected, "{stash}");
        let bytes = with_raw(split(), "/previous_split_ref", &format!("\"{stash}\""));
        let document = Document::<TrafficSplit>::from_json(&bytes).unwrap();
        assert_eq!(document.validate(), Ok(()));
    }
    // 120,000 brackets, encoded: a stash is read with the limits of a document.
    let deep = format!("inline://{}", "W1tb".repeat(40_000));
    assert_eq!(load_inline(Path::new(&deep)), None);
}

#[test]
fn times_that_no_calendar_has_are_refused() {
    for time in [
        "+999999-01-01T00:00:00Z",
        "999999-01-01T00:00:00Z",
        "+262143-01-01T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-06-16T24:00:00Z",
        "2026-06-16T08:60:00Z",
        "2026-06-16T08:54:61Z",
        "2026-06-16T08:54:20",
        "2026-06-16",
        "2026-06-16T08:54:20+99:00",
        "1781599460",
        "",
        "now",
    ] {
        let error = refused::<Revision>(revision(), "/created_at", &format!("\"{time}\""));
        assert!(error.starts_with("Revision is invalid at `created_at`"), "{time}: {error}");
    }
    refused::<Revision>(revision(), "/created_at", "1781599460");
}

#[test]
fn odd_times_that_a_calendar_has_come_back_the_same() {
    for time in [
        "2016-12-31T23:59:60Z",
        "2016-12-31T23:59:60.999999999Z",
        "+262142-12-31T23:59:59.999999999Z",
        "-262143-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
    ] {
        let bytes = with_raw(revision(), "/created_at", &format!("\"{time}\""));
        let document = Document::<Revision>::from_json(&bytes).unwrap();
        assert_eq!(serde_json::to_value(document.created_at).unwrap(), json!(time));
    }
    for (written, normal) in [
        ("2026-06-16 08:54:20Z", "2026-06-16T08:54:20Z"),
        ("2026-06-16T10:54:20.120+02:00", "2026-06-16T08:54:20.120Z"),
        ("2026-06-16t08:54:20z", "2026-06-16T08:54:20Z"),
    ] {
        let bytes = with_raw(endpoint(), "/updated_at", &format!("\"{written}\""));
        let document = Document::<MessagingEndpoint>::from_json(&bytes).unwrap();
        assert_eq!(serde_json::to_value(document.updated_at).unwrap(), json!(normal));
        // The raw document keeps what was written.
        assert_eq!(document.raw()["updated_at"], written);
    }
}

#[test]
fn a_key_that_stands_twice_is_refused_at_any_depth() {
    for (pointer, raw) in [
        ("/from_the_future", r#"{"a":1,"a":1}"#),
        ("/packs/0", r#"{"slot":"state","slot":"state"}"#),
        ("/bundles/0/config_overrides/faq", r#"{"x":{"y":[{"z":1,"\u007a":2}]}}"#),
    ] {
        let error = refused::<Environment>(environment(), pointer, raw);
        assert!(error.contains("stands twice in one object at line 1 column"), "{error}");
    }
}

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use greentic_deploy_spec::{RuntimeRef, SecretRef};
use greentic_env_pack::{MemoryState, PortError, SecretsReader};
use greentic_runner_host::wasm::{
    CallError, Guest, RuntimeConfig, RuntimeRefResolver, SecretGrant, StateGrant,
};
use serde_json::{Value, json};

use super::{CALLER, PROVIDER, guest, invocation};

/// One secret: the CBOR text `abcd`.
#[derive(Debug)]
struct OneSecret(&'static str);

#[async_trait]
impl SecretsReader for OneSecret {
    async fn read(&self, secret: &SecretRef) -> Result<Option<Vec<u8>>, PortError> {
        Ok((secret.to_string() == self.0).then(|| b"\x64abcd".to_vec()))
    }
}

async fn ask(guest: Guest, operation: &str) -> Result<Value, CallError> {
    CALLER.invoke(guest, &invocation(operation, json!("a text of some bytes, at least 24"))).await
}

fn error_code(answer: Result<Value, CallError>) -> String {
    match answer {
        Err(CallError::Guest { code, .. }) => code,
        other => panic!("{other:?}"),
    }
}

/// The n-th word of `secrets-error` and of `config-error`, as the caller component tells it.
fn error_number(answer: Result<Value, CallError>) -> String {
    match answer {
        Err(CallError::Guest { message, .. }) => message,
        other => panic!("{other:?}"),
    }
}

const DENIED: &str = "1";
const INTERNAL: &str = "3";

#[tokio::test]
async fn nothing_is_granted_unless_it_is_granted() {
    let mut with_ports = guest("t");
    with_ports.ports.secrets = Arc::new(OneSecret("secret://local/t/_/pack_one/key"));
    assert_eq!(error_code(ask(with_ports.clone(), "http").await), "denied");
    assert_eq!(error_code(ask(with_ports.clone(), "write").await), "denied");
    assert_eq!(error_code(ask(with_ports.clone(), "read").await), "denied");
    assert_eq!(error_number(ask(with_ports.clone(), "get").await), DENIED);
    assert_eq!(ask(with_ports, "config").await, Ok(Value::Null));
}

#[tokio::test]
async fn state_is_the_tenants_own_whatever_the_guest_says() {
    let state = Arc::new(MemoryState::default());
    let of = |tenant: &str| {
        let mut guest = guest(tenant);
        guest.grants.state = StateGrant::ReadWrite;
        guest.ports.state = state.clone();
        guest
    };
    // The component writes in the name of `victim`.
    assert_eq!(ask(of("writer"), "write").await, Ok(Value::Null));
    assert_eq!(ask(of("writer"), "read").await, Ok(json!("a text of some bytes, at least 24")));
    assert_eq!(error_code(ask(of("victim"), "read").await), "not_found");
    let mut other_revision = of("writer");
    let mut identity = (*other_revision.identity).clone();
    identity.revision = Some("r2".to_owned());
    other_revision.identity = Arc::new(identity);
    assert_eq!(error_code(ask(other_revision, "read").await), "not_found");
}

#[tokio::test]
async fn state_that_may_be_read_may_not_be_written() {
    let mut reader = guest("t");
    reader.grants.state = StateGrant::Read;
    assert_eq!(error_code(ask(reader.clone(), "read").await), "not_found");
    assert_eq!(error_code(ask(reader, "write").await), "denied");
}

#[test]
fn scopes_of_different_workers_are_never_the_same() {
    let scope = |tenant: &str, team: Option<&str>, pack: &str| {
        let mut identity = super::identity(tenant);
        identity.team = team.map(str::to_owned);
        identity.pack = pack.to_owned();
        identity.state_scope()
    };
    let scopes = [
        scope("a", None, "p"),
        scope("a", Some("_"), "p"),
        scope("a/_", None, "p"),
        scope("a%s_", None, "p"),
        scope("a", Some("p"), "_"),
        scope("A", None, "p"),
    ];
    for (n, one) in scopes.iter().enumerate() {
        assert!(!scopes[n + 1..].contains(one), "{one}");
    }
}

#[tokio::test]
async fn a_secret_is_read_by_any_spelling_of_its_key_and_only_when_it_is_listed() {
    let mut guest = guest("t");
    guest.ports.secrets = Arc::new(OneSecret("secret://local/t/_/pack_one/key"));
    guest.grants.secrets = SecretGrant::listed([" KEY "]);
    assert_eq!(ask(guest.clone(), "get").await, Ok(json!("abcd")));
    guest.grants.secrets = SecretGrant::listed(["other"]);
    assert_eq!(error_number(ask(guest.clone(), "get").await), DENIED);
    guest.grants.secrets = SecretGrant::Everything;
    assert_eq!(ask(guest.clone(), "get").await, Ok(json!("abcd")));
    let mut elsewhere = super::guest("other-tenant");
    elsewhere.ports = guest.ports.clone();
    elsewhere.grants = guest.grants.clone();
    assert_eq!(ask(elsewhere, "get").await, Ok(Value::Null));
}

#[test]
fn secrets_are_named_by_environment_tenant_team_pack_and_key() {
    let named = |tenant: &str, team: Option<&str>, pack: &str, key: &str| {
        let mut identity = super::identity(tenant);
        identity.team = team.map(str::to_owned);
        identity.pack = pack.to_owned();
        identity.secret(key).map(|secret| secret.to_string())
    };
    let expect = |text: &str| Some(text.to_owned());
    assert_eq!(
        named("t", None, "my-pack", "Bot Token"),
        expect("secret://local/t/_/my-pack/bot_token")
    );
    assert_eq!(named("t", Some("default"), "p", "k"), expect("secret://local/t/_/p/k"));
    assert_eq!(named("T", Some("ops"), "A.b", "k"), expect("secret://local/T/ops/a_b/k"));
    for (tenant, key) in [("a/b", "k"), ("", "k"), ("..", "k"), ("t", " ")] {
        assert_eq!(named(tenant, None, "p", key), None, "{tenant} {key}");
    }
}

#[tokio::test]
async fn putting_a_secret_ends_the_call_and_not_the_host() {
    let mut guest = guest("t");
    guest.grants.secrets = SecretGrant::Everything;
    let error = ask(guest, "put").await.unwrap_err();
    assert_eq!(error, CallError::Denied { what: "secrets-store.put".to_owned() });
}

#[tokio::test]
async fn a_component_that_is_asked_about_itself_has_no_rights() {
    let mut granted = guest("t");
    granted.ports.secrets = Arc::new(OneSecret("secret://local/t/_/pack_one/key"));
    granted.grants.secrets = SecretGrant::Everything;
    let who = PROVIDER.identify_instance(&granted, b"bot-1").await;
    assert_eq!(who, Ok(Some("bot-1".to_owned())), "it would answer with the secret");
}

/// Resolves one reference.
#[derive(Debug)]
struct OneRef;

impl RuntimeRefResolver for OneRef {
    fn resolve(&self, reference: &RuntimeRef) -> Result<Option<Value>, PortError> {
        Ok((reference.to_string() == "runtime://local/discovered/url").then(|| json!("r")))
    }
}

#[tokio::test]
async fn configuration_comes_from_values_then_references_then_secrets_and_is_json() {
    // The component hands the JSON on as bytes.
    let bytes = |json: &str| Ok(json!(json.as_bytes().to_vec()));
    let mut guest = guest("t");
    guest.ports.secrets = Arc::new(OneSecret("secret://local/t/_/pack_one/key"));
    guest.grants.secrets = SecretGrant::Everything;
    assert_eq!(ask(guest.clone(), "config").await, bytes("\"dabcd\""));
    guest.config.runtime_refs = one("runtime://local/discovered/url".to_owned());
    guest.config.resolver = Some(Arc::new(OneRef));
    assert_eq!(ask(guest.clone(), "config").await, bytes("\"r\""));
    guest.config.runtime_refs = one("runtime://local/discovered/none".to_owned());
    assert_eq!(ask(guest.clone(), "config").await, Ok(Value::Null));
    guest.config.runtime_refs = one("no reference".to_owned());
    assert_eq!(error_number(ask(guest.clone(), "config").await), "2", "an invalid key");
    guest.config.resolver = None;
    guest.config.runtime_refs = one("runtime://local/discovered/url".to_owned());
    assert_eq!(error_number(ask(guest.clone(), "config").await), INTERNAL);
    guest.config.non_secret = one(json!({"a": 1}));
    assert_eq!(ask(guest.clone(), "config").await, bytes("{\"a\":1}"));
    guest.config = RuntimeConfig::default();
    guest.grants.secrets = SecretGrant::Nothing;
    assert_eq!(ask(guest, "config").await, Ok(Value::Null));
}

/// The component asks for `Key`: values and references are found by the exact name.
fn one<T>(value: T) -> Arc<BTreeMap<String, T>> {
    Arc::new(BTreeMap::from([("Key".to_owned(), value)]))
}

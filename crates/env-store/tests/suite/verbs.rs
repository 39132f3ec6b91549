//! Every verb as data: what has to be there before it, the request, and another request that must not
//! pass under the same key.

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{EnvId, IdempotencyKey};
use greentic_env_store::{EnvironmentMutations, Request};
use serde_json::{Value, json};

/// The environment that every request is for.
pub(crate) const ENV: &str = "local";
/// The first and the second deployment.
pub(crate) const DEPLOYMENTS: [&str; 2] =
    ["01JTKW0000000000000000DEP1", "01JTKW0000000000000000DEP2"];
/// Revisions of the first deployment.
pub(crate) const REVISIONS: [&str; 3] =
    ["01JTKW0000000000000000REV1", "01JTKW0000000000000000REV2", "01JTKW0000000000000000REV3"];
/// The messaging endpoint.
pub(crate) const ENDPOINT: &str = "01JTKW0000000000000000MEP1";
/// The first public key of RFC 8032, section 7.1.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n\
    -----END PUBLIC KEY-----\n";

/// One verb, with everything that is needed to carry it out once.
#[derive(Clone, Debug)]
pub(crate) struct Verb {
    /// Its name on the wire, with a word about the case where there are several.
    pub(crate) name: String,
    /// What leads from nothing to an environment on which it is legal.
    pub(crate) before: Vec<Command>,
    /// The request.
    pub(crate) command: Command,
    /// A request that is another one.
    pub(crate) other: Command,
}

impl Verb {
    /// Carries out what has to be there before the verb.
    pub(crate) fn prepare(&self, store: &dyn EnvironmentMutations) {
        for command in &self.before {
            let name = command.name();
            let done = store.execute(&env_id(), Request::new(command.clone()));
            done.unwrap_or_else(|error| panic!("{name} before {}: {error}", self.name));
        }
    }
}

pub(crate) fn env_id() -> EnvId {
    ENV.parse().expect("an environment id")
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    text.parse().expect("a key")
}

/// A command from its form on the wire.
pub(crate) fn command(name: &str, payload: Value) -> Command {
    let wire = json!({"command": name, "payload": payload});
    serde_json::from_value(wire).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Every verb at least once.
pub(crate) fn verbs() -> Vec<Verb> {
    [
        environment(),
        revisions(),
        bundles(),
        bindings(),
        traffic(),
        messaging(),
        trust(),
        documents(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn verb(name: &str, before: Vec<Command>, payload: Value, other: Value) -> Verb {
    let wire = name.split(' ').next().unwrap_or_default();
    let (command, other) = (command(wire, payload), command(wire, other));
    Verb { name: name.to_owned(), before, command, other }
}

/// A verb that has nothing to be said about it, so that the other request is another verb.
fn bare(name: &str, before: Vec<Command>) -> Verb {
    let (command, other) = (command(name, Value::Null), rename("other"));
    Verb { name: name.to_owned(), before, command, other }
}

fn and(before: Vec<Command>, more: impl IntoIterator<Item = Command>) -> Vec<Command> {
    before.into_iter().chain(more).collect()
}

// What has to be there.

fn created() -> Vec<Command> {
    vec![command("create-environment", create("local"))]
}

fn trusting() -> Vec<Command> {
    and(created(), [command("bootstrap-trust-root", Value::Null)])
}

fn deployed() -> Vec<Command> {
    and(trusting(), [command("add-bundle", bundle(0, "b1"))])
}

fn staged() -> Vec<Command> {
    and(deployed(), [command("stage-revision", stage(0))])
}

/// With the first two revisions ready.
fn ready() -> Vec<Command> {
    let both = [0, 1].into_iter().flat_map(|number| {
        [command("stage-revision", stage(number)), command("warm-revision", warm(number))]
    });
    and(deployed(), both)
}

fn draining() -> Vec<Command> {
    and(ready(), [command("drain-revision", revision(0))])
}

fn split_once() -> Vec<Command> {
    and(ready(), [command("set-traffic-split", split(9_000))])
}

fn bound() -> Vec<Command> {
    and(created(), [command("add-pack-binding", binding("0.1.0"))])
}

fn extended() -> Vec<Command> {
    and(created(), [command("add-extension-binding", extension("1.0.0"))])
}

fn connected() -> Vec<Command> {
    and(deployed(), [command("add-messaging-endpoint", endpoint("legal"))])
}

fn linked() -> Vec<Command> {
    and(connected(), [command("link-messaging-bundle", link("b1"))])
}

// What is asked for.

fn create(name: &str) -> Value {
    json!({"env_id": ENV, "name": name, "host_config": {"env_id": ENV}})
}

pub(crate) fn rename(name: &str) -> Command {
    command("update-environment", json!({"name": name}))
}

fn bundle(number: usize, name: &str) -> Value {
    json!({"deployment_id": DEPLOYMENTS[number], "bundle": {
        "bundle_id": name,
        "customer_id": "local-dev",
        "revenue_share": [{"party_id": "greentic", "basis_points": 10_000}],
    }})
}

fn revision(number: usize) -> Value {
    json!({"revision_id": REVISIONS[number]})
}

fn stage(number: usize) -> Value {
    let id = REVISIONS[number];
    json!({
        "revision_id": id,
        "deployment_id": DEPLOYMENTS[0],
        "bundle_digest": format!("sha256:{}", "ab".repeat(32)),
        "pack_list": [],
        "pack_list_lock_ref": format!("revisions/{id}/pack-list.lock"),
        "pack_config_refs": [],
        "config_digest": format!("sha256:{}", "ef".repeat(32)),
        "signature_sidecar_ref": format!("revisions/{id}/rev.sig"),
        "drain_seconds": 30,
    })
}

fn warm(number: usize) -> Value {
    json!({
        "revision_id": REVISIONS[number],
        "health_gate": {"ok": true},
        "expected_lifecycle": "staged",
    })
}

fn failing_warm(message: &str) -> Value {
    json!({
        "revision_id": REVISIONS[0],
        "health_gate": {"ok": false, "failure": {
            "failed_checks": ["route-table"],
            "message": message,
        }},
        "expected_lifecycle": "staged",
    })
}

fn finish(parked: u64) -> Value {
    json!({
        "revision_id": REVISIONS[0],
        "report": {"open_requests": 0, "parked_sessions": parked},
    })
}

fn binding(version: &str) -> Value {
    json!({
        "slot": "deployer",
        "kind": format!("greentic.deployer.local-process@{version}"),
        "pack_ref": "deployer",
    })
}

fn extension(version: &str) -> Value {
    json!({"kind": format!("acme.oauth@{version}"), "pack_ref": "oauth"})
}

fn extension_key(instance: Option<&str>) -> Value {
    json!({"key": {"kind_path": "acme.oauth", "instance_id": instance}})
}

pub(crate) fn split(first: u32) -> Value {
    json!({
        "deployment_id": DEPLOYMENTS[0],
        "entries": [
            {"revision_id": REVISIONS[0], "weight_bps": first},
            {"revision_id": REVISIONS[1], "weight_bps": 10_000 - first},
        ],
        "updated_by": "operator://alice",
    })
}

fn deployment(number: usize) -> Value {
    json!({"deployment_id": DEPLOYMENTS[number]})
}

fn endpoint(provider: &str) -> Value {
    json!({"endpoint_id": ENDPOINT, "endpoint": {
        "provider_id": provider,
        "provider_type": "telegram",
        "display_name": "Legal bot",
        "secret_refs": [],
        "updated_by": "operator://alice",
    }})
}

fn link(bundle: &str) -> Value {
    json!({"endpoint_id": ENDPOINT, "bundle_id": bundle, "updated_by": "operator://alice"})
}

fn greet(flow: &str) -> Value {
    json!({
        "endpoint_id": ENDPOINT,
        "bundle_id": "b1",
        "pack_id": "pack-a",
        "flow_id": flow,
        "updated_by": "operator://alice",
    })
}

fn rotate(by: &str) -> Value {
    json!({"endpoint_id": ENDPOINT, "rotation": {"updated_by": by}})
}

fn trusted_key() -> Value {
    json!({"key_id": key_id(), "public_key_pem": PUBLIC_KEY})
}

fn key_id() -> String {
    greentic_deploy_spec::key_id_for_public_key_pem(PUBLIC_KEY).expect("a public key")
}

pub(crate) fn whole(name: &str) -> Value {
    let env_id = env_id();
    let host = greentic_deploy_spec::EnvironmentHostConfig::new(env_id.clone());
    json!(greentic_deploy_spec::Environment::fresh(env_id, name.to_owned(), host))
}

fn runtime(generation: u64) -> Value {
    json!({
        "schema": greentic_deploy_spec::EnvironmentRuntime::schema_str(),
        "environment_id": ENV,
        "discovered": {"address": "127.0.0.1:8080"},
        "generated_at": "2026-06-16T08:53:20Z",
        "generated_by": "greentic.deployer.local-process@0.1.0",
        "generation": generation,
    })
}

pub(crate) fn answers(text: &str) -> Value {
    json!({"slot": "secrets", "answers": {"marker": text}})
}

fn restore(mode: &str, name: &str) -> Value {
    json!({"mode": mode, "snapshot": {"environment": whole(name), "pack_answers": {}}})
}

// The verbs.

fn environment() -> Vec<Verb> {
    let merge = |slots: Value| json!({"packs": slots, "extensions": []});
    vec![
        verb("create-environment", vec![], create("local"), create("other")),
        verb("update-environment", created(), json!({"name": "a"}), json!({"name": "b"})),
        verb(
            "migrate-merge-bindings",
            created(),
            merge(json!([binding("0.1.0")])),
            merge(json!([binding("0.2.0")])),
        ),
        verb(
            "batch",
            created(),
            json!([rename("a"), command("save-pack-answers", answers("a"))]),
            json!([rename("b"), command("save-pack-answers", answers("a"))]),
        ),
        bare("destroy", connected()),
    ]
}

fn revisions() -> Vec<Verb> {
    let begun = and(staged(), [command("begin-warm", revision(0))]);
    let failed = and(staged(), [command("warm-revision", failing_warm("no routes"))]);
    let inactive = and(draining(), [command("finish-drain", finish(0))]);
    let from_warming = |ok: Value| {
        json!({
            "revision_id": REVISIONS[0],
            "health_gate": ok,
            "expected_lifecycle": "warming",
        })
    };
    let no = json!({"ok": false, "failure": {"failed_checks": [], "message": "no"}});
    vec![
        verb("stage-revision", deployed(), stage(0), stage(1)),
        verb("begin-warm", staged(), revision(0), revision(1)),
        verb("warm-revision", staged(), warm(0), warm(1)),
        verb("warm-revision begun", begun, from_warming(json!({"ok": true})), from_warming(no)),
        verb("warm-revision failing", staged(), failing_warm("no routes"), failing_warm("no")),
        verb("drain-revision", ready(), revision(0), revision(1)),
        verb("finish-drain", draining(), finish(0), finish(1)),
        verb("archive-revision", inactive, revision(0), revision(1)),
        verb("retry", failed, revision(0), revision(1)),
    ]
}

fn bundles() -> Vec<Verb> {
    let update = |party: &str| {
        json!({
            "deployment_id": DEPLOYMENTS[0],
            "revenue_share": [{"party_id": party, "basis_points": 10_000}],
        })
    };
    let minted = |name: &str| json!({"bundle": bundle(1, name)["bundle"]});
    vec![
        verb("add-bundle", trusting(), bundle(0, "b1"), bundle(0, "b2")),
        verb("add-bundle minted", trusting(), minted("b1"), minted("b2")),
        verb("update-bundle", deployed(), update("agency"), update("partner")),
        verb("remove-bundle", deployed(), deployment(0), deployment(1)),
    ]
}

fn bindings() -> Vec<Verb> {
    let rebind = |version: &str| json!({"slot": "deployer", "binding": binding(version)});
    let slot = |slot: &str| json!({"slot": slot});
    let rebound = and(bound(), [command("update-pack-binding", rebind("0.2.0"))]);
    let extend = |version: &str| {
        let mut payload = extension_key(None);
        payload["binding"] = extension(version);
        payload
    };
    let extended_again = and(extended(), [command("update-extension-binding", extend("2.0.0"))]);
    let (this, other) = (extension_key(None), extension_key(Some("second")));
    vec![
        verb("add-pack-binding", created(), binding("0.1.0"), binding("0.2.0")),
        verb("update-pack-binding", bound(), rebind("0.2.0"), rebind("0.3.0")),
        verb("remove-pack-binding", bound(), slot("deployer"), slot("state")),
        verb("rollback-pack-binding", rebound, slot("deployer"), slot("state")),
        verb("add-extension-binding", created(), extension("1.0.0"), extension("2.0.0")),
        verb("update-extension-binding", extended(), extend("2.0.0"), extend("3.0.0")),
        verb("remove-extension-binding", extended(), this.clone(), other.clone()),
        verb("rollback-extension-binding", extended_again, this, other),
    ]
}

fn traffic() -> Vec<Verb> {
    let split_twice = and(split_once(), [command("set-traffic-split", split(5_000))]);
    vec![
        verb("set-traffic-split", ready(), split(9_000), split(8_000)),
        verb("rollback-traffic-split", split_twice, deployment(0), deployment(1)),
        verb("clear-traffic-split", split_once(), deployment(0), deployment(1)),
    ]
}

fn messaging() -> Vec<Verb> {
    let minted = |provider: &str| json!({"endpoint": endpoint(provider)["endpoint"]});
    let gone = |id: &str| json!({"endpoint_id": id});
    vec![
        verb("add-messaging-endpoint", deployed(), endpoint("legal"), endpoint("sales")),
        verb("add-messaging-endpoint minted", deployed(), minted("legal"), minted("sales")),
        verb("link-messaging-bundle", connected(), link("b1"), link("b2")),
        verb("unlink-messaging-bundle", linked(), link("b1"), link("b2")),
        verb("set-messaging-welcome-flow", linked(), greet("hello"), greet("bye")),
        verb("remove-messaging-endpoint", connected(), gone(ENDPOINT), gone(DEPLOYMENTS[1])),
        verb(
            "rotate-messaging-webhook-secret",
            connected(),
            rotate("operator://alice"),
            rotate("operator://bob"),
        ),
    ]
}

fn trust() -> Vec<Verb> {
    let added = and(trusting(), [command("add-trusted-key", trusted_key())]);
    let remove = |key_id: String| json!({"key_id": key_id});
    let mut other_key = trusted_key();
    other_key["key_id"] = json!("00".repeat(16));
    vec![
        bare("bootstrap-trust-root", created()),
        bare("seed-trust-root-if-absent", created()),
        verb("add-trusted-key", trusting(), trusted_key(), other_key),
        verb("remove-trusted-key", added, remove(key_id()), remove("00".repeat(16))),
        bare("rotate-operator-key", trusting()),
    ]
}

fn documents() -> Vec<Verb> {
    let answered = and(created(), [command("save-pack-answers", answers("a"))]);
    let slot = |slot: &str| json!({"slot": slot});
    let adopt = |name: &str| json!({"environment": whole(name)});
    vec![
        verb("replace", created(), whole("a"), whole("b")),
        verb("save-runtime", created(), runtime(1), runtime(2)),
        verb("save-pack-answers", created(), answers("a"), answers("b")),
        verb("delete-pack-answers", answered, slot("secrets"), slot("state")),
        verb("restore backup", created(), restore("backup", "a"), restore("backup", "b")),
        verb("restore import", vec![], restore("import", "a"), restore("import", "b")),
        verb("restore undo", created(), restore("undo", "a"), restore("undo", "b")),
        verb("adopt", created(), adopt("a"), adopt("b")),
    ]
}

/// The names of all commands, as their crate lists them when it meets an unknown one.
fn command_names() -> Vec<String> {
    let unknown = serde_json::from_value::<Command>(json!({"command": "?"}));
    let message = unknown.expect_err("no command has this name").to_string();
    let (_, names) = message.split_once("expected one of ").expect("the names");
    let names = names.split('`').filter(|name| name.starts_with(char::is_alphabetic));
    names.map(str::to_owned).collect()
}

#[test]
fn every_verb_is_in_the_table() {
    let table: Vec<String> = verbs().into_iter().map(|verb| verb.name).collect();
    let there = |name: &String| table.iter().any(|verb| verb.split(' ').next() == Some(name));
    let missing: Vec<String> = command_names().into_iter().filter(|name| !there(name)).collect();
    assert!(missing.is_empty(), "these verbs are tried nowhere: {missing:?}");
}

//! The remote contract: every command becomes one request and comes back, every outcome becomes one
//! result and comes back, every rejection becomes one error.

use std::collections::HashSet;

use greentic_deploy_spec::engine::{
    ActiveSplitRef, BindingKey, Command, Counted, Outcome, Rejection,
};
use greentic_deploy_spec::remote::{
    ConcurrencyConflict, ContractViolation, ErrorKind, IdempotencyOutcome, IfMatch, Method,
    MutationEnvelope, Operation, Precondition, PreconditionError, ROUTES, ReconcileCompletion,
    RemoteContractError, RemoteStoreError, Request, RequestError, Route, StateEtag, outcome_of,
    result_of,
};
use greentic_deploy_spec::{
    AuditDecision, BindingGenerationOutcome, CapabilitySlot, DeploymentId, Document, DrainReport,
    EnvId, Environment, EnvironmentHostConfig, ExtensionKey, IdempotencyKey, InvalidTrustedKey,
    MergeReport, MessagingEndpointId, RemoveBundleOutcome, Revision, RevisionId, RevisionLifecycle,
    RotateOperatorKeyOutcome, SpecError, TrustRootAddOutcome, TrustRootRemoveOutcome,
    TrustRootSeed, UnsafeId, UnsafeIdReason, canonical_value,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::arbitrary::{self, Kind};

const COMMANDS: &str = "/environments/{env}/commands";

const REVISION: &str = "01JTKW0000000000000000REV1";
const DEPLOYMENT: &str = "01JTKW0000000000000000DEP1";
const ENDPOINT: &str = "01JTKW00000000000000000EP1";
const OTHER: &str = "01JTKW00000000000000000XYZ";

fn local() -> EnvId {
    EnvId::new("local").expect("a legal id")
}

fn revision_id() -> RevisionId {
    REVISION.parse().expect("a ULID")
}

fn deployment_id() -> DeploymentId {
    DEPLOYMENT.parse().expect("a ULID")
}

fn endpoint_id() -> MessagingEndpointId {
    ENDPOINT.parse().expect("a ULID")
}

/// Runs a check on some commands of each kind.
fn for_each_kind(cases: u32, check: impl Fn(&Kind, EnvId, Command) -> Result<(), TestCaseError>) {
    for kind in arbitrary::kinds() {
        let config =
            ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) };
        let input = (arbitrary::env_id(), kind.commands.clone());
        let run = TestRunner::new(config).run(&input, |(env_id, command)| {
            let env_id = arbitrary::target(&command, env_id);
            check(&kind, env_id, command)
        });
        assert!(
            run.is_ok(),
            "{}: {}",
            kind.name,
            run.err().map(|e| e.to_string()).unwrap_or_default()
        );
    }
}

/// What a server makes of a request that was sent to it.
fn over_the_wire(request: &Request) -> Request {
    let body = request.body.as_ref().map(|body| serde_json::to_vec(body).expect("JSON"));
    Request::from_wire(request.method, &request.path, &body.unwrap_or_default())
        .expect("what was written can be read")
}

// ---------------------------------------------------------------------------- commands and routes

/// The public routes of the verbs.
const VERBS: &[(&str, Method, &str)] = &[
    ("create-environment", Method::Post, "/environments"),
    ("update-environment", Method::Patch, "/environments/{env}"),
    ("migrate-merge-bindings", Method::Post, "/environments/{env}/migrate-bindings"),
    ("stage-revision", Method::Post, "/environments/{env}/revisions"),
    ("warm-revision", Method::Post, "/environments/{env}/revisions/{revision}/warm"),
    ("drain-revision", Method::Post, "/environments/{env}/revisions/{revision}/drain"),
    ("archive-revision", Method::Post, "/environments/{env}/revisions/{revision}/archive"),
    ("set-traffic-split", Method::Post, "/environments/{env}/traffic"),
    ("rollback-traffic-split", Method::Post, "/environments/{env}/traffic/rollback"),
    ("add-pack-binding", Method::Post, "/environments/{env}/packs"),
    ("update-pack-binding", Method::Patch, "/environments/{env}/packs/{slot}"),
    ("remove-pack-binding", Method::Delete, "/environments/{env}/packs/{slot}"),
    ("rollback-pack-binding", Method::Post, "/environments/{env}/packs/{slot}/rollback"),
    ("add-extension-binding", Method::Post, "/environments/{env}/extensions"),
    ("update-extension-binding", Method::Patch, "/environments/{env}/extensions"),
    ("remove-extension-binding", Method::Delete, "/environments/{env}/extensions"),
    ("rollback-extension-binding", Method::Post, "/environments/{env}/extensions/rollback"),
    ("add-bundle", Method::Post, "/environments/{env}/bundles"),
    ("update-bundle", Method::Patch, "/environments/{env}/bundles/{deployment}"),
    ("remove-bundle", Method::Delete, "/environments/{env}/bundles/{deployment}"),
    ("add-messaging-endpoint", Method::Post, "/environments/{env}/messaging"),
    ("remove-messaging-endpoint", Method::Delete, "/environments/{env}/messaging/{endpoint}"),
    ("link-messaging-bundle", Method::Post, "/environments/{env}/messaging/{endpoint}/link"),
    ("unlink-messaging-bundle", Method::Post, "/environments/{env}/messaging/{endpoint}/unlink"),
    (
        "set-messaging-welcome-flow",
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/welcome-flow",
    ),
    (
        "rotate-messaging-webhook-secret",
        Method::Post,
        "/environments/{env}/messaging/{endpoint}/rotate-secret",
    ),
    ("bootstrap-trust-root", Method::Post, "/environments/{env}/trust-root/bootstrap"),
    ("seed-trust-root-if-absent", Method::Post, "/environments/{env}/trust-root/seed"),
    ("add-trusted-key", Method::Post, "/environments/{env}/trust-root/keys"),
    ("remove-trusted-key", Method::Delete, "/environments/{env}/trust-root/keys/{key}"),
];

/// The verbs that the public contract does not have.
const OURS: &[&str] = &[
    "begin-warm",
    "finish-drain",
    "retry",
    "clear-traffic-split",
    "rotate-operator-key",
    "replace",
    "save-runtime",
    "save-pack-answers",
    "delete-pack-answers",
    "restore",
    "adopt",
    "destroy",
    "batch",
];

/// The public routes that are no verbs, with what becomes of `If-Match` and whether they change.
const OTHERS: &[(Method, &str, IfMatch, bool)] = &[
    (Method::Get, "/healthz", IfMatch::Ignored, false),
    (Method::Get, "/readyz", IfMatch::Ignored, false),
    (Method::Get, "/environments", IfMatch::Ignored, false),
    (Method::Get, "/environments/{env}", IfMatch::Ignored, false),
    (Method::Get, "/environments/{env}/trust-root", IfMatch::Ignored, false),
    (Method::Get, "/environments/{env}/backups", IfMatch::Ignored, false),
    (Method::Post, "/environments/{env}/backups", IfMatch::Ignored, true),
    (Method::Delete, "/environments/{env}/backups/{backup}", IfMatch::Ignored, true),
    (Method::Get, "/environments/{env}/backups/{backup}/export", IfMatch::Ignored, false),
    (Method::Post, "/environments/{env}/restore", IfMatch::Ignored, true),
    (Method::Post, "/environments/{env}/import", IfMatch::Ignored, true),
    (Method::Get, "/environments/{env}/runtime", IfMatch::Ignored, false),
    (Method::Post, "/environments/{env}/reconcile", IfMatch::Required, true),
    (Method::Post, "/environments/{env}/reconcile/complete", IfMatch::Ignored, true),
];

/// `If-Match` counts on every verb but those of the trust root and the one that creates.
fn if_match_of_verb(template: &str) -> IfMatch {
    if template == "/environments" || template.contains("/trust-root/") {
        IfMatch::Ignored
    } else {
        IfMatch::Optional
    }
}

fn route_key(route: &Route) -> String {
    format!(
        "{} {} {:?} {}",
        route.method.as_str(),
        route.template,
        route.if_match,
        if route.mutates { "mutates" } else { "reads" }
    )
}

/// The public route of a command; none for one of ours, and for one that says what the public route
/// has no place for: an id that the server mints, or a key id that is empty.
fn public_route(name: &str, command: &Command) -> Option<(Method, &'static str)> {
    let has_place = match command {
        Command::AddBundle { deployment_id, .. } => deployment_id.is_none(),
        Command::AddMessagingEndpoint { endpoint_id, .. } => endpoint_id.is_none(),
        Command::RemoveTrustedKey { key_id } => !key_id.is_empty(),
        _ => true,
    };
    let (_, method, template) = VERBS.iter().find(|(verb, ..)| *verb == name)?;
    has_place.then_some((*method, *template))
}

/// What serde says that it could have read instead of a name that does not exist.
fn names_known_to_serde<T: serde::de::DeserializeOwned>(tag: &str) -> Vec<String> {
    let error = serde_json::from_value::<T>(json!({tag: "no-such-name"})).err();
    let text = error.map(|error| error.to_string()).unwrap_or_default();
    let expected = text.split_once("expected one of ").map(|(_, names)| names.to_owned());
    expected.unwrap_or_default().split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<_> = items.into_iter().collect();
    items.sort_unstable();
    items
}

#[test]
fn every_command_is_generated_and_is_public_or_ours() {
    let known = sorted(names_known_to_serde::<Command>("command"));
    let generated = sorted(arbitrary::kinds().iter().map(|kind| kind.name.to_owned()));
    assert_eq!(generated, known);
    let listed = VERBS.iter().map(|(name, ..)| *name).chain(OURS.iter().copied());
    assert_eq!(sorted(listed.map(str::to_owned)), known);
}

#[test]
fn the_table_has_the_public_routes_and_one_of_ours_at_its_end() {
    let verbs = VERBS
        .iter()
        .map(|(_, method, template)| (*method, *template, if_match_of_verb(template), true));
    let expected =
        verbs.chain(OTHERS.iter().copied()).map(|(method, template, if_match, mutates)| {
            let if_match = format!("{if_match:?}");
            let mutates = if mutates { "mutates" } else { "reads" };
            format!("{} {template} {if_match} {mutates}", method.as_str())
        });
    let (ours, public) = ROUTES.split_last().expect("a table");
    assert_eq!(sorted(public.iter().map(route_key)), sorted(expected));
    assert_eq!(route_key(ours), format!("POST {COMMANDS} Optional mutates"));
}

#[test]
fn no_two_routes_match_one_request() {
    let literal = |segment: &&str| !segment.is_empty() && !segment.starts_with('{');
    let mut words: Vec<_> =
        ROUTES.iter().flat_map(|route| route.template.split('/')).filter(literal).collect();
    words.sort_unstable();
    words.dedup();
    for route in ROUTES {
        for first in &words {
            for second in &words {
                let mut values = [*first, *second].into_iter().cycle();
                let fill = |segment| match segment {
                    "" => "",
                    parameter if parameter.starts_with('{') => values.next().unwrap_or_default(),
                    literal => literal,
                };
                let path = route.template.split('/').map(fill).collect::<Vec<_>>().join("/");
                let request = Request { method: route.method, path, body: None };
                let matched = request.route().expect("its own route at least");
                assert_eq!(route_key(matched), route_key(route), "{}", request.path);
            }
        }
    }
}

#[test]
fn every_command_goes_to_its_route_and_comes_back_the_same() {
    for_each_kind(24, |kind, env_id, command| {
        let request = Request::for_command(&env_id, &command).expect("plain data");
        let route = request.route().expect("a route of the table");
        let expected = public_route(kind.name, &command).unwrap_or((Method::Post, COMMANDS));
        prop_assert_eq!((route.method, route.template), expected);
        prop_assert_eq!(request.method, route.method);
        prop_assert_eq!(request.is_whole_command(), route.template == COMMANDS);

        let received = over_the_wire(&request);
        prop_assert_eq!(&received, &request);
        prop_assert_eq!(received.fingerprint(), request.fingerprint());
        prop_assert_eq!(received.operation(), Ok(Operation::Command(env_id, command)));
        Ok(())
    });
}

#[test]
fn every_command_survives_being_written_and_read_by_itself() {
    for_each_kind(8, |kind, _, command| {
        let text = serde_json::to_string(&command).expect("plain data");
        let value = greentic_deploy_spec::parse_json(text.as_bytes()).expect("JSON");
        prop_assert_eq!(value.get("command").and_then(Value::as_str), Some(kind.name));
        prop_assert_eq!(&serde_json::from_value::<Command>(value).expect("a command"), &command);
        prop_assert_eq!(serde_json::from_str::<Command>(&text).expect("a command"), command);
        Ok(())
    });
}

#[test]
fn a_path_has_only_characters_that_need_no_escape_and_no_dot_segments() {
    for_each_kind(8, |_, env_id, command| {
        let path = Request::for_command(&env_id, &command).expect("plain data").path;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/-_~%".contains(c);
        prop_assert!(path.chars().all(plain), "{path}");
        prop_assert!(!path.split('/').skip(1).any(str::is_empty), "{path}");
        prop_assert!(path.parse::<http::Uri>().is_ok_and(|uri| uri.path() == path), "{path}");
        Ok(())
    });
}

#[test]
fn names_with_a_meaning_in_paths_arrive_as_they_are() {
    for key_id in ["a/b", "..", ".", "100%", "%2F", "?q#f", " ", "é🦀", "\u{0}", "keys", "{key}"]
    {
        let command = Command::RemoveTrustedKey { key_id: key_id.to_owned() };
        for env_id in [".", "..", "a.b-c_d"] {
            let env_id = EnvId::new(env_id).expect("a legal id");
            let request = Request::for_command(&env_id, &command).expect("plain data");
            assert_eq!(request.path.split('/').count(), 6, "{}", request.path);
            let expected = Operation::Command(env_id, command.clone());
            assert_eq!(over_the_wire(&request).operation(), Ok(expected), "{}", request.path);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_fingerprint_tells_method_path_and_body_apart(
        body in option::of(arbitrary::json()), other in arbitrary::json(), path in arbitrary::text(),
    ) {
        let request = Request { method: Method::Post, path, body };
        let fingerprint = request.fingerprint();
        prop_assert_eq!(fingerprint.len(), 64);
        let moved = Request { path: format!("{}/", request.path), ..request.clone() };
        prop_assert_ne!(moved.fingerprint(), fingerprint.clone());
        for method in [Method::Get, Method::Patch, Method::Delete] {
            prop_assert_ne!(Request { method, ..request.clone() }.fingerprint(), fingerprint.clone());
        }
        // No body and `null` are the same to it.
        let body = request.body.clone().unwrap_or_default();
        let same = canonical_value(&body) == canonical_value(&other);
        let replaced = Request { body: Some(other), ..request };
        prop_assert_eq!(replaced.fingerprint() == fingerprint, same);
    }
}

#[test]
fn the_published_fingerprint_comes_out() {
    let command = Command::DrainRevision { revision_id: revision_id() };
    let request = Request::for_command(&local(), &command).unwrap();
    assert_eq!(request.path, "/environments/local/revisions/01JTKW0000000000000000REV1/drain");
    assert_eq!(
        request.fingerprint(),
        "f5729f2d862ace588e874421f86bd2e8242a2d0def2ef8008b4596181ee05006"
    );
}

// ------------------------------------------------------------------------------- requests refused

/// The error of a request, as text.
#[track_caller]
fn check_refused(method: Method, path: &str, body: &str, expected: &str) {
    let asked = Request::from_wire(method, path, body.as_bytes())
        .and_then(|request| request.operation())
        .map_err(|error| error.to_string());
    assert_eq!(asked, Err(expected.to_owned()), "{} {path} {body}", method.as_str());
}

#[test]
fn a_request_that_the_contract_does_not_have_is_refused() {
    let unknown = "the store has no such route";
    let paths = [
        "",
        "/",
        "healthz",
        "/healthz/",
        "//environments",
        "/environments/",
        "/environments//traffic",
        "/environments/local/traffic/",
        "/environments/local/audit",
        "/environments/local/traffic/clear",
        "/Environments/local/traffic",
        "/v1/environments",
        "/environments/%ff/traffic",
        "/environments/local/trust-root/keys/",
        "/environments/local/trust-root/keys/a/b",
        "/environments/local/traffic?x=1",
    ];
    for path in paths {
        for method in [Method::Get, Method::Post, Method::Patch, Method::Delete] {
            check_refused(method, path, "", unknown);
        }
    }
    check_refused(Method::Delete, "/environments/local", "", unknown);
    check_refused(Method::Delete, "/environments/local/traffic", "", unknown);
    check_refused(Method::Get, "/environments/local/traffic", "", unknown);
    check_refused(Method::Patch, "/environments", "{}", unknown);
    check_refused(Method::Get, "/environments/local/commands", "", unknown);
    check_refused(Method::Post, "/healthz", "", unknown);
}

/// The environment of a command: a creation names its own.
fn subject(command: &Command, otherwise: EnvId) -> EnvId {
    match command {
        Command::CreateEnvironment(payload) => payload.env_id.clone(),
        _ => otherwise,
    }
}

#[test]
fn a_creation_for_another_environment_is_no_request() {
    let command = Command::CreateEnvironment(
        Document::from_value(json!({"env_id": "a", "name": "A", "host_config": {"env_id": "a"}}))
            .expect("a payload"),
    );
    let expected = RequestError::IdMismatch { path: "local".to_owned(), body: "a".to_owned() };
    assert_eq!(Request::for_command(&local(), &command), Err(expected));
}

#[test]
fn a_route_with_a_body_needs_one() {
    let no_body = "the request needs a JSON body";
    for kind in arbitrary::kinds() {
        let mut runner = TestRunner::deterministic();
        let tree = kind.commands.new_tree(&mut runner).expect("a value");
        let command = proptest::strategy::ValueTree::current(&tree);
        let request =
            Request::for_command(&subject(&command, local()), &command).expect("plain data");
        if request.body.is_some() {
            check_refused(request.method, &request.path, "", no_body);
        }
    }
    for path in ["restore", "import", "reconcile/complete"] {
        check_refused(Method::Post, &format!("/environments/local/{path}"), "", no_body);
    }
}

#[test]
fn a_body_that_is_no_json_is_refused() {
    check_refused(
        Method::Post,
        "/environments/local/traffic",
        "{",
        "not valid JSON at line 1 column 1: EOF while parsing an object",
    );
    check_refused(
        Method::Post,
        "/environments/local/traffic",
        r#"{"entries":[],"entries":[]}"#,
        "key \"entries\" stands twice in one object at line 1 column 23; keep one of the two",
    );
}

#[test]
fn an_id_in_the_path_that_is_none_is_named() {
    check_refused(
        Method::Post,
        "/environments/local/revisions/short/drain",
        "",
        "\"short\" in the path is not valid: invalid length: a ULID has 26 characters, \"short\" has 5",
    );
    check_refused(
        Method::Delete,
        "/environments/local/bundles/8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "",
        "\"8ZZZZZZZZZZZZZZZZZZZZZZZZZ\" in the path is not valid: ULID \"8ZZZZZZZZZZZZZZZZZZZZZZZZZ\" overflows 128 bits: its first character must be 0-7",
    );
    check_refused(
        Method::Delete,
        "/environments/local/messaging/01JTKW00000000000000000EPI",
        "",
        "\"01JTKW00000000000000000EPI\" in the path is not valid: invalid character 'I' in ULID \"01JTKW00000000000000000EPI\": allowed are 0-9 and A-Z without I, L, O and U",
    );
    check_refused(
        Method::Delete,
        "/environments/local/packs/Deployer",
        "",
        "\"Deployer\" in the path is not valid: unknown capability slot \"Deployer\"; slots are deployer, secrets, telemetry, sessions, state, revocation, messaging, extension",
    );
    check_refused(
        Method::Get,
        "/environments/a%20b",
        "",
        "\"a b\" in the path is not valid: InvalidInput: EnvId must contain only ASCII letters, digits, '.', '-', or '_' (got \"a b\")",
    );
}

#[test]
fn an_id_in_the_path_may_be_in_lower_case() {
    let path = format!("/environments/local/revisions/{}/drain", REVISION.to_lowercase());
    let request = Request { method: Method::Post, path, body: None };
    let command = Command::DrainRevision { revision_id: revision_id() };
    assert_eq!(request.operation(), Ok(Operation::Command(local(), command)));
}

#[test]
fn a_body_that_does_not_fit_is_refused_with_its_field() {
    let refused = |method, path: &str, body: Value, field: &str| {
        let path = format!("/environments/local/{path}");
        let error = Request { method, path, body: Some(body) }.operation().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(field), "{text:?} does not name {field:?}");
        assert!(!text.contains('\n'), "{text:?}");
        assert!(
            matches!(error, RequestError::Body { .. } | RequestError::Document(_)),
            "{error:?}"
        );
    };
    let post = Method::Post;
    let split = json!({"deployment_id": DEPLOYMENT, "updated_by": "a", "entries": [
        {"revision_id": REVISION, "weight_bps": -1},
    ]});
    refused(post, "traffic", split, "`entries[0].weight_bps`");
    refused(post, "traffic", json!([]), "SetTrafficSplitPayload");
    refused(post, "traffic/rollback", json!({"deployment_id": "x"}), "`deployment_id`");
    refused(post, "traffic/rollback", json!({}), "deployment_id");
    refused(post, "packs", json!({}), "`binding`");
    refused(post, "packs", json!([]), "`binding`");
    refused(post, "packs", json!("binding"), "`binding`");
    refused(post, "packs", json!({"binding": {"slot": "none"}}), "`slot`");
    refused(post, "packs", json!({"binding": null}), "EnvPackBinding");
    refused(Method::Patch, "extensions", json!({"binding": {"kind": 1}}), "`kind`");
    let binding = json!({"kind": "a.b@1.0.0", "pack_ref": "p"});
    refused(Method::Patch, "extensions", json!({"binding": binding}), "key");
    refused(
        Method::Patch,
        "extensions",
        json!({"binding": binding, "key": {"kind_path": 1}}),
        "`key.kind_path`",
    );
    refused(Method::Delete, "extensions", json!({"key": {}}), "kind_path");
    let link = format!("messaging/{ENDPOINT}/link");
    refused(post, &link, json!({"bundle_id": "b"}), "updated_by");
    refused(post, &link, json!({"bundle_id": 1, "updated_by": "a"}), "`bundle_id`");
    refused(post, "trust-root/keys", json!({"key_id": []}), "`key_id`");
    refused(post, "restore", json!({"backup_id": "b"}), "precondition");
    refused(
        post,
        "restore",
        json!({"backup_id": "b", "precondition": {"expected_generation": -1}}),
        "`precondition.expected_generation`",
    );
    refused(post, "import", json!({"artifact": {"schema": 1}}), "`artifact.schema`");
    let completion = json!({"status": "succeeded", "applied": 1, "pruned": 0});
    refused(
        post,
        "reconcile/complete",
        json!({"authorized_generation": 1, "authorized_etag": "e", "completion": completion, "x": 1}),
        "`x`",
    );
    let warm = json!({"revision_id": REVISION, "expected_lifecycle": "staged", "health_gate": {"ok": false}});
    refused(post, &format!("revisions/{REVISION}/warm"), warm, "`health_gate`");
    refused(post, "commands", json!({"command": "fly"}), "`command`");
    refused(post, "commands", json!({"command": "retry", "payload": {}}), "revision_id");
    refused(
        post,
        "commands",
        json!({"command": "adopt", "payload": {"enviroment": {}}}),
        "enviroment",
    );
}

#[test]
fn what_path_and_body_both_name_is_the_same() {
    let warm = json!({
        "revision_id": OTHER, "health_gate": {"ok": true}, "expected_lifecycle": "staged",
    });
    let flow = json!({
        "endpoint_id": OTHER, "bundle_id": "b", "pack_id": "p", "flow_id": "f", "updated_by": "a",
    });
    let update = json!({"deployment_id": OTHER});
    let requests = [
        (Method::Post, format!("revisions/{REVISION}/warm"), warm, REVISION),
        (Method::Post, format!("messaging/{ENDPOINT}/welcome-flow"), flow, ENDPOINT),
        (Method::Patch, format!("bundles/{DEPLOYMENT}"), update, DEPLOYMENT),
    ];
    for (method, path, body, id) in requests {
        let path = format!("/environments/local/{path}");
        let request = Request { method, path: path.clone(), body: Some(body.clone()) };
        let (path_id, body_id) = (id.to_owned(), OTHER.to_owned());
        assert_eq!(
            request.operation(),
            Err(RequestError::IdMismatch { path: path_id, body: body_id })
        );
        let same = Request { path: path.replace(id, OTHER), ..request };
        assert!(matches!(same.operation(), Ok(Operation::Command(..))), "{same:?}");
    }
}

#[test]
fn requests_that_are_no_commands_are_read() {
    let get = |path: &str| Request { method: Method::Get, path: path.to_owned(), body: None };
    let send = |method, path: &str, body: Option<Value>| {
        Request { method, path: format!("/environments/a.b/{path}"), body }.operation().unwrap()
    };
    let env = || EnvId::new("a.b").unwrap();
    assert_eq!(get("/healthz").operation(), Ok(Operation::Health));
    assert_eq!(get("/readyz").operation(), Ok(Operation::Ready));
    assert_eq!(get("/environments").operation(), Ok(Operation::ListEnvironments));
    assert_eq!(get("/environments/a.b").operation(), Ok(Operation::GetEnvironment(env())));
    assert_eq!(send(Method::Get, "trust-root", None), Operation::GetTrustRoot(env()));
    assert_eq!(send(Method::Get, "runtime", None), Operation::GetRuntime(env()));
    assert_eq!(send(Method::Get, "backups", None), Operation::ListBackups(env()));
    assert_eq!(send(Method::Post, "backups", None), Operation::CreateBackup(env()));
    let backup = OTHER.to_owned();
    assert_eq!(
        send(Method::Delete, &format!("backups/{OTHER}"), None),
        Operation::DeleteBackup(env(), backup.clone())
    );
    assert_eq!(
        send(Method::Get, &format!("backups/{OTHER}/export"), None),
        Operation::ExportBackup(env(), backup)
    );
    for odd in ["..%2F..%2Fother", "x", "%2E%2E"] {
        let path = format!("/environments/local/backups/{odd}");
        let request = Request { method: Method::Delete, path, body: None };
        assert!(matches!(request.operation(), Err(RequestError::Parameter { .. })), "{odd}");
    }
    assert_eq!(send(Method::Post, "reconcile", None), Operation::Reconcile(env()));

    let restore = json!({"backup_id": OTHER, "precondition": {}});
    let Operation::Restore(_, restore) = send(Method::Post, "restore", Some(restore)) else {
        panic!("not a restore");
    };
    assert_eq!(restore.validate(), Err(RemoteContractError::UnconditionalRestore));

    let complete = |completion: Value| {
        let body = json!({
            "authorized_generation": 7, "authorized_etag": "ab", "completion": completion,
        });
        match send(Method::Post, "reconcile/complete", Some(body)) {
            Operation::CompleteReconcile(_, request) => request.completion,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        complete(json!({"status": "succeeded", "applied": 2, "pruned": 1})),
        ReconcileCompletion::Succeeded { applied: 2, pruned: 1 }
    );
    assert_eq!(
        complete(json!({"status": "failed", "error": "e"})),
        ReconcileCompletion::Failed { error: "e".to_owned() }
    );
}

// --------------------------------------------------------------------------------------- headers

#[test]
fn if_match_takes_one_strong_etag_of_hex_digits() {
    let hex = "c219824ac860a52efc6b9071021abf09e60dd4bd30ce449183d7879c0376aca2";
    let quoted = format!("\"{hex}\"");
    for value in [hex, &quoted, &format!("  {quoted}\t"), &quoted.to_uppercase()] {
        assert_eq!(StateEtag::from_header(value), Ok(StateEtag(hex.to_owned())), "{value}");
    }
    assert_eq!(StateEtag(hex.to_owned()).header_value(), quoted);
    let refused = [
        "",
        " ",
        "\"\"",
        "\"",
        "*",
        "\"*\"",
        &format!("W/{quoted}"),
        &format!("w/{quoted}"),
        &format!("{quoted}, {quoted}"),
        &format!("\"{hex}"),
        &format!("{hex}\""),
        &format!("'{hex}'"),
        "0x12",
        "xyz",
        "\"a b\"",
        "\u{ff11}",
    ];
    for value in refused {
        let error = StateEtag::from_header(value).unwrap_err();
        assert_eq!(error.value, value);
        assert!(error.to_string().contains("; send"), "{error}");
    }
}

#[test]
fn an_idempotency_key_has_text_and_at_most_255_bytes() {
    for blank in ["", " ", "\t \u{a0}"] {
        let error = IdempotencyKey::from_header(blank);
        assert_eq!(error, Err(RemoteContractError::EmptyIdempotencyKey), "{blank:?}");
        assert!(serde_json::from_value::<IdempotencyKey>(json!(blank)).is_err());
    }
    let longest = "k".repeat(255);
    assert_eq!(IdempotencyKey::from_header(&longest).unwrap().as_str(), longest);
    for long in ["k".repeat(256), "é".repeat(128), " ".repeat(256)] {
        let error = RemoteContractError::IdempotencyKeyTooLong { actual: long.len(), limit: 255 };
        assert_eq!(IdempotencyKey::from_header(&long), Err(error));
    }
    // Only the header has a limit.
    assert!(IdempotencyKey::new("k".repeat(256)).is_ok());
    assert_eq!(IdempotencyKey::from_header(" k ").unwrap().as_str(), " k ");
}

#[test]
fn a_precondition_pins_something_and_all_that_it_pins_holds() {
    let (here, stale) = (StateEtag("aa".to_owned()), StateEtag("bb".to_owned()));
    let pin = |etag: Option<&StateEtag>, expected_generation| Precondition {
        if_match: etag.cloned(),
        expected_generation,
    };
    let none = pin(None, None);
    assert_eq!(none, Precondition::default());
    assert!(!none.is_conditional());
    assert_eq!(none.check(&here, 4), Err(PreconditionError::Required));
    let required = RemoteStoreError::from(PreconditionError::Required);
    assert_eq!((required.kind().as_str(), required.http_status()), ("precondition-required", 428));

    assert_eq!(Precondition::matching(here.clone(), 4), pin(Some(&here), Some(4)));
    for holds in [pin(Some(&here), Some(4)), pin(Some(&here), None), pin(None, Some(4))] {
        assert!(holds.is_conditional());
        assert_eq!(holds.check(&here, 4), Ok(()));
    }
    let stale_pins = [
        pin(Some(&stale), Some(4)),
        pin(Some(&here), Some(3)),
        pin(Some(&stale), None),
        pin(None, Some(5)),
    ];
    for pinned in stale_pins {
        let conflict = ConcurrencyConflict {
            expected_etag: pinned.if_match.clone().map(|etag| etag.0),
            actual_etag: "aa".to_owned(),
            expected_generation: pinned.expected_generation,
            actual_generation: 4,
        };
        let error = pinned.check(&here, 4);
        assert_eq!(error, Err(PreconditionError::Conflict(conflict.clone())));
        let error = RemoteStoreError::from(error.unwrap_err());
        assert_eq!(error, RemoteStoreError::PreconditionFailed(conflict));
        assert_eq!(error.http_status(), 412);
    }
}

// --------------------------------------------------------------------------- answers to mutations

fn envelope() -> Value {
    json!({
        "result": {"any": "thing"},
        "etag": "aa",
        "generation": 4,
        "idempotency": {"idempotency": "applied"},
        "audit": {
            "schema": "greentic.audit.event.v1",
            "event_id": REVISION,
            "ts": "2026-06-16T08:55:00Z",
            "actor": {"kind": "local-user", "user": "alice", "uid": 1000},
            "env_id": "local",
            "noun": "traffic",
            "verb": "set",
            "target": {"environment_id": "local"},
            "previous_generation": 3,
            "new_generation": 4,
            "idempotency_key": "key-1",
            "authorization": {"decision": "allow", "policy": "local-only", "reason": "r"},
            "result": {"outcome": "ok"},
        },
    })
}

fn with(mut value: Value, pointer: &str, new: Value) -> Value {
    *value.pointer_mut(pointer).expect("a place in the sample") = new;
    value
}

fn without(mut value: Value, parent: &str, key: &str) -> Value {
    let parent = value.pointer_mut(parent).and_then(Value::as_object_mut);
    assert!(parent.is_some_and(|parent| parent.remove(key).is_some()), "{key}");
    value
}

fn read_envelope(body: Value) -> Result<MutationEnvelope, ContractViolation> {
    MutationEnvelope::read(body, &local(), &IdempotencyKey::new("key-1").expect("not blank"))
}

#[test]
fn an_envelope_that_answers_the_request_is_read_and_written_the_same() {
    let read = read_envelope(envelope()).unwrap();
    assert_eq!(read.result, json!({"any": "thing"}));
    assert_eq!(read.response.etag, StateEtag("aa".to_owned()));
    assert_eq!(read.response.generation, 4);
    assert_eq!(read.response.idempotency, IdempotencyOutcome::Applied);
    assert_eq!(serde_json::to_value(&read).unwrap(), envelope());

    let seed = read_envelope(with(envelope(), "/result", Value::Null)).unwrap();
    assert_eq!(seed.result, Value::Null);
    let replay = with(envelope(), "/idempotency", json!({"idempotency": "replayed"}));
    let replay = read_envelope(replay).unwrap();
    assert_eq!(replay.response.idempotency, IdempotencyOutcome::Replayed);
    let mut later = envelope();
    later["from_the_future"] = json!({"etag": 1});
    later["audit"]["from_the_future"] = json!(1);
    assert_eq!(read_envelope(later), read_envelope(envelope()));
}

#[test]
fn an_envelope_of_another_request_or_of_a_refusal_is_a_violation() {
    let deny = json!({"decision": "deny", "policy": "p", "reason": "r"});
    let error = json!({"outcome": "error", "kind": "conflict", "message": "m"});
    let missing = json!({"outcome": "not-yet-implemented", "detail": "d"});
    let samples = [
        ("/audit/authorization", deny, "decision", "allow", "deny"),
        ("/audit/result", error, "outcome", "ok", "error"),
        ("/audit/result", missing, "outcome", "ok", "not-yet-implemented"),
        ("/audit/env_id", json!("prod"), "env_id", "local", "prod"),
        ("/audit/env_id", json!("Local"), "env_id", "local", "Local"),
        ("/audit/idempotency_key", json!("key-2"), "idempotency_key", "key-1", "key-2"),
        ("/audit/idempotency_key", Value::Null, "idempotency_key", "key-1", ""),
    ];
    for (pointer, new, field, expected, actual) in samples {
        let (expected, actual) = (expected.to_owned(), actual.to_owned());
        assert_eq!(
            read_envelope(with(envelope(), pointer, new)),
            Err(ContractViolation::Audit { field, expected, actual })
        );
    }
}

#[test]
fn an_envelope_without_one_of_its_parts_is_a_violation() {
    let is_violation = |body: Value, names: &str| match read_envelope(body) {
        Err(ContractViolation::Envelope { detail }) => assert!(detail.contains(names), "{detail}"),
        other => panic!("{other:?}"),
    };
    for key in ["result", "etag", "generation", "idempotency", "audit"] {
        is_violation(without(envelope(), "", key), key);
    }
    for key in ["schema", "event_id", "actor", "env_id", "target", "authorization", "result"] {
        is_violation(without(envelope(), "/audit", key), key);
    }
    is_violation(with(envelope(), "/generation", json!(-1)), "u64");
    is_violation(with(envelope(), "/idempotency", json!("applied")), "");
    for body in [json!(null), json!([]), json!("text"), json!(1)] {
        is_violation(body, "");
    }
}

fn errors() -> Vec<RemoteStoreError> {
    use RemoteStoreError as E;
    let text = || "text".to_owned();
    vec![
        E::PreconditionFailed(ConcurrencyConflict {
            expected_etag: None,
            actual_etag: text(),
            expected_generation: Some(3),
            actual_generation: 4,
        }),
        E::PreconditionRequired { detail: text() },
        E::IdempotencyConflict { reason: text() },
        E::Unauthorized { policy: text(), reason: text() },
        E::NotFound,
        E::AlreadyExists { detail: text() },
        E::InvalidRequest { detail: text() },
        E::Conflict { detail: text() },
        E::DependentNotFound { detail: text() },
        E::HealthGateFailed {
            revision_id: revision_id(),
            failed_checks: vec![greentic_deploy_spec::HealthCheckId::RouteTable],
            message: text(),
        },
        E::IntegrityMismatch { expected: text(), actual: text() },
        E::NotYetImplemented { detail: text() },
        E::Internal { message: text() },
    ]
}

/// Every kind with the status that goes with it.
const STATUSES: &[(&str, u16)] = &[
    ("precondition-failed", 412),
    ("precondition-required", 428),
    ("idempotency-conflict", 409),
    ("unauthorized", 403),
    ("not-found", 404),
    ("already-exists", 409),
    ("invalid-request", 400),
    ("conflict", 409),
    ("dependent-not-found", 404),
    ("health-gate-failed", 422),
    ("integrity-mismatch", 422),
    ("not-yet-implemented", 501),
    ("internal", 500),
];

#[test]
fn an_error_body_is_read_with_its_own_status_only() {
    assert_eq!(
        sorted(names_known_to_serde::<RemoteStoreError>("kind")),
        sorted(STATUSES.iter().map(|(kind, _)| (*kind).to_owned()))
    );
    for (error, (kind, own)) in errors().into_iter().zip(STATUSES) {
        let body = serde_json::to_value(&error).unwrap();
        assert_eq!(body["kind"], *kind);
        assert_eq!((error.kind().as_str(), error.http_status()), (*kind, *own));
        for status in 100..600 {
            let read = RemoteStoreError::read(status, body.clone());
            if status == *own || (status == 401 && *kind == "unauthorized") {
                assert_eq!(read.as_ref(), Ok(&error), "{status}");
            } else {
                let violation = ContractViolation::Status { status, kind, expected: *own };
                assert_eq!(read, Err(violation));
            }
        }
    }
}

#[test]
fn a_body_that_is_no_error_is_a_violation() {
    let bodies = [
        json!(null),
        json!({}),
        json!([]),
        json!("conflict"),
        json!({"kind": "conflict"}),
        json!({"kind": "Conflict", "detail": "d"}),
        json!({"kind": "conflict", "detail": 1}),
        json!({"kind": "precondition-failed", "actual_etag": "a", "actual_generation": -1}),
        envelope(),
    ];
    for body in bodies {
        let read = RemoteStoreError::read(409, body.clone());
        assert_eq!(read, Err(ContractViolation::ErrorBody { status: 409 }), "{body}");
    }
    let later = json!({"kind": "conflict", "detail": "d", "from_the_future": 1});
    assert!(RemoteStoreError::read(409, later).is_ok());
}

#[test]
fn a_denial_is_an_error_and_an_allowance_is_none() {
    let (policy, reason) = ("p".to_owned(), "r".to_owned());
    let allow = AuditDecision::Allow { policy: policy.clone(), reason: reason.clone() };
    assert_eq!(<Result<(), RemoteStoreError>>::from(allow), Ok(()));
    let deny = AuditDecision::Deny { policy: policy.clone(), reason: reason.clone() };
    let error = RemoteStoreError::Unauthorized { policy, reason };
    assert_eq!(<Result<(), RemoteStoreError>>::from(deny), Err(error));
}

// --------------------------------------------------------------------------------------- outcomes

fn binding_changed<T: std::fmt::Debug>(
    binding: impl Strategy<Value = T> + 'static,
) -> impl Strategy<Value = BindingGenerationOutcome<T>> {
    (binding, any::<u64>())
        .prop_map(|(binding, generation)| BindingGenerationOutcome { binding, generation })
}

fn transition() -> BoxedStrategy<Outcome> {
    (arbitrary::revision(), arbitrary::lifecycle())
        .prop_map(|(revision, starting_lifecycle)| Outcome::Transition {
            revision,
            starting_lifecycle,
        })
        .boxed()
}

fn split_set() -> BoxedStrategy<Outcome> {
    (arbitrary::split(), option::of(any::<u64>()), option::of(any::<u64>()))
        .prop_map(|(split, previous_generation, new_generation)| Outcome::SplitSet {
            split,
            previous_generation,
            new_generation,
        })
        .boxed()
}

fn split_rolled_back() -> BoxedStrategy<Outcome> {
    (arbitrary::split(), any::<u64>(), any::<u64>())
        .prop_map(|(restored, previous_generation, new_generation)| Outcome::SplitRolledBack {
            restored,
            previous_generation,
            new_generation,
        })
        .boxed()
}

fn seeded() -> BoxedStrategy<Outcome> {
    (arbitrary::text(), arbitrary::text(), any::<usize>())
        .prop_map(|(key_id, public_key_pem, trusted_key_count)| {
            Outcome::TrustRootSeeded(TrustRootSeed { key_id, public_key_pem, trusted_key_count })
        })
        .boxed()
}

fn key_removed() -> BoxedStrategy<Outcome> {
    (arbitrary::text(), option::of(arbitrary::text()), any::<usize>())
        .prop_map(|(removed_key_id, removed_public_key_pem, trusted_key_count)| {
            Outcome::KeyRemoved(TrustRootRemoveOutcome {
                removed_key_id,
                removed_public_key_pem,
                trusted_key_count,
            })
        })
        .boxed()
}

/// What the public verbs answer, by the name of the outcome.
fn public_outcomes() -> Vec<(&'static str, BoxedStrategy<Outcome>)> {
    let merged = (vec(arbitrary::text(), 0..3), vec(arbitrary::text(), 0..3)).prop_map(
        |(merged_slots, merged_extensions)| {
            Outcome::Merged(MergeReport { merged_slots, merged_extensions })
        },
    );
    let removed = (arbitrary::bundle(), vec(arbitrary::revision_id(), 0..3)).prop_map(
        |(deployment, pruned_revision_ids)| {
            Outcome::BundleRemoved(RemoveBundleOutcome { deployment, pruned_revision_ids })
        },
    );
    let trusted = (arbitrary::text(), any::<usize>()).prop_map(|(added_key_id, count)| {
        Outcome::KeyTrusted(TrustRootAddOutcome { added_key_id, trusted_key_count: count })
    });
    let pack_changed = binding_changed(arbitrary::pack_binding()).prop_map(Outcome::PackChanged);
    let extension_changed =
        binding_changed(arbitrary::extension_binding()).prop_map(Outcome::ExtensionChanged);
    vec![
        ("environment", Just(Outcome::Environment).boxed()),
        ("merged", merged.boxed()),
        ("staged", arbitrary::revision().prop_map(Outcome::Staged).boxed()),
        ("transition", transition()),
        ("bundle", arbitrary::bundle().prop_map(Outcome::Bundle).boxed()),
        ("bundle-removed", removed.boxed()),
        ("pack-bound", arbitrary::pack_binding().prop_map(Outcome::PackBound).boxed()),
        ("pack-changed", pack_changed.boxed()),
        (
            "extension-bound",
            arbitrary::extension_binding().prop_map(Outcome::ExtensionBound).boxed(),
        ),
        ("extension-changed", extension_changed.boxed()),
        ("split-set", split_set()),
        ("split-rolled-back", split_rolled_back()),
        ("endpoint", arbitrary::endpoint().prop_map(Outcome::Endpoint).boxed()),
        (
            "endpoint-removed",
            arbitrary::endpoint_id()
                .prop_map(|endpoint_id| Outcome::EndpointRemoved { endpoint_id })
                .boxed(),
        ),
        ("trust-root-seeded", seeded()),
        ("trust-root-present", Just(Outcome::TrustRootPresent).boxed()),
        ("key-trusted", trusted.boxed()),
        ("key-removed", key_removed()),
    ]
}

/// What only our verbs answer, and a failed gate, which is an error on the public route.
fn other_outcomes() -> Vec<(&'static str, BoxedStrategy<Outcome>)> {
    let gate = (arbitrary::revision_id(), arbitrary::failed_checks(), arbitrary::text()).prop_map(
        |(revision_id, failed_checks, message)| Outcome::HealthGateFailed {
            revision_id,
            failed_checks,
            message,
        },
    );
    let rotated = (arbitrary::text(), arbitrary::text(), any::<usize>()).prop_map(
        |(key_id, public_key_pem, trusted_key_count)| {
            Outcome::OperatorKeyRotated(RotateOperatorKeyOutcome {
                key_id,
                public_key_pem,
                trusted_key_count,
            })
        },
    );
    let cleared = arbitrary::split().prop_map(|cleared| Outcome::SplitCleared { cleared });
    vec![
        ("health-gate-failed", gate.boxed()),
        ("split-cleared", cleared.boxed()),
        ("operator-key-rotated", rotated.boxed()),
        ("done", Just(Outcome::Done).boxed()),
    ]
}

fn any_outcome() -> BoxedStrategy<Outcome> {
    let all: Vec<_> =
        public_outcomes().into_iter().chain(other_outcomes()).map(|(_, outcome)| outcome).collect();
    let one = proptest::strategy::Union::new(all).boxed();
    prop_oneof![4 => one.clone(), 1 => vec(one, 0..3).prop_map(Outcome::Batch)].boxed()
}

/// The outcomes of each public verb.
fn outcomes_of(verb: &str) -> &'static [&'static str] {
    match verb {
        "create-environment" | "update-environment" => &["environment"],
        "migrate-merge-bindings" => &["merged"],
        "stage-revision" => &["staged"],
        "warm-revision" | "drain-revision" | "archive-revision" => &["transition"],
        "set-traffic-split" => &["split-set"],
        "rollback-traffic-split" => &["split-rolled-back"],
        "add-pack-binding" => &["pack-bound"],
        "update-pack-binding" | "remove-pack-binding" | "rollback-pack-binding" => {
            &["pack-changed"]
        }
        "add-extension-binding" => &["extension-bound"],
        "update-extension-binding" | "remove-extension-binding" | "rollback-extension-binding" => {
            &["extension-changed"]
        }
        "add-bundle" | "update-bundle" => &["bundle"],
        "remove-bundle" => &["bundle-removed"],
        "remove-messaging-endpoint" => &["endpoint-removed"],
        "add-messaging-endpoint"
        | "link-messaging-bundle"
        | "unlink-messaging-bundle"
        | "set-messaging-welcome-flow"
        | "rotate-messaging-webhook-secret" => &["endpoint"],
        "bootstrap-trust-root" => &["trust-root-seeded"],
        "seed-trust-root-if-absent" => &["trust-root-seeded", "trust-root-present"],
        "add-trusted-key" => &["key-trusted"],
        "remove-trusted-key" => &["key-removed"],
        _ => &[],
    }
}

fn embeds(outcome: &Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Environment
            | Outcome::Transition { .. }
            | Outcome::SplitSet { .. }
            | Outcome::SplitRolledBack { .. }
    )
}

/// Writes an outcome as a server does and reads it as a client does.
fn check_answer(
    env_id: &EnvId,
    command: &Command,
    outcome: Outcome,
    environment: Document<Environment>,
) -> Result<(), TestCaseError> {
    let env_id = subject(command, env_id.clone());
    let request = Request::for_command(&env_id, command).expect("plain data");
    let received = over_the_wire(&request);
    let result = result_of(&received, &outcome, Some(&environment)).expect("plain data");
    let text = serde_json::to_vec(&result).expect("JSON");
    let result = greentic_deploy_spec::parse_json(&text).expect("what was written can be read");
    let expected = (!request.is_whole_command() && embeds(&outcome)).then_some(environment);
    prop_assert_eq!(outcome_of(&request, command, &result), Ok((outcome, expected)));
    Ok(())
}

#[test]
fn every_outcome_is_generated() {
    let generated = public_outcomes().into_iter().chain(other_outcomes()).map(|(name, _)| name);
    assert_eq!(
        sorted(generated.chain(["batch"]).map(str::to_owned)),
        sorted(names_known_to_serde::<Outcome>("outcome"))
    );
}

#[test]
fn every_outcome_of_a_public_verb_comes_back_with_the_environment_that_it_embeds() {
    let mut answered = HashSet::new();
    for kind in arbitrary::kinds() {
        for name in outcomes_of(kind.name) {
            answered.insert(*name);
            let outcomes = public_outcomes().into_iter().find(|(known, _)| known == name);
            let (_, outcome) = outcomes.expect("an outcome of the list");
            let config =
                ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(6) };
            let public = kind.commands.clone().prop_filter("has a public route", {
                let name = kind.name;
                move |command| public_route(name, command).is_some()
            });
            let environment = arbitrary::document(arbitrary::environment());
            let run = TestRunner::new(config).run(
                &(arbitrary::env_id(), public, outcome, environment),
                |(env_id, command, outcome, environment)| {
                    check_answer(&env_id, &command, outcome, environment)
                },
            );
            assert!(run.is_ok(), "{}: {:?}", kind.name, run.err());
        }
    }
    assert_eq!(answered.len(), public_outcomes().len(), "every public outcome was looked at");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_outcome_of_a_whole_command_comes_back(
        outcome in any_outcome(),
        environment in arbitrary::document(arbitrary::environment()),
        given: u128,
    ) {
        check_answer(&local(), &Command::Destroy, outcome.clone(), environment.clone())?;
        let with_given_id = Command::RemoveTrustedKey { key_id: String::new() };
        check_answer(&local(), &with_given_id, outcome.clone(), environment.clone())?;
        let retry = Command::Retry { revision_id: RevisionId(given.into()) };
        check_answer(&local(), &retry, outcome, environment)?;
    }
}

fn small_environment() -> Document<Environment> {
    let host = EnvironmentHostConfig::new(local());
    Document::new(Environment::fresh(local(), "local".to_owned(), host)).expect("plain data")
}

fn small_revision() -> Value {
    json!({
        "schema": "greentic.revision.v1", "revision_id": REVISION, "env_id": "local",
        "bundle_id": "b", "deployment_id": DEPLOYMENT, "sequence": 1,
        "created_at": "2026-06-16T08:54:20Z", "bundle_digest": "sha256:00", "pack_list": [],
        "pack_list_lock_ref": "", "config_digest": "sha256:00", "signature_sidecar_ref": "",
        "lifecycle": "ready",
    })
}

fn small_split() -> Value {
    json!({
        "schema": "greentic.traffic-split.v1", "env_id": "local", "deployment_id": DEPLOYMENT,
        "bundle_id": "b", "generation": 1,
        "entries": [{"revision_id": REVISION, "weight_bps": 10_000}],
        "updated_at": "2026-06-16T08:54:20Z", "updated_by": "a", "idempotency_key": "k",
        "authorization_ref": "auth.json",
    })
}

fn set_traffic() -> (Request, Command) {
    let payload = json!({"deployment_id": DEPLOYMENT, "entries": [], "updated_by": "a"});
    let command = Command::SetTrafficSplit(Document::from_value(payload).expect("a payload"));
    (Request::for_command(&local(), &command).expect("plain data"), command)
}

#[test]
fn a_split_that_was_replayed_without_generations_is_read() {
    let (request, command) = set_traffic();
    let environment = small_environment();
    let nulls = json!({
        "split": small_split(), "previous_generation": null, "new_generation": null,
        "environment": environment.raw(),
    });
    let mut absent = nulls.clone();
    absent.as_object_mut().unwrap().retain(|key, _| !key.ends_with("_generation"));
    for result in [nulls, absent] {
        let (outcome, embedded) = outcome_of(&request, &command, &result).unwrap();
        assert!(matches!(
            outcome,
            Outcome::SplitSet { previous_generation: None, new_generation: None, .. }
        ));
        assert_eq!(embedded.as_ref(), Some(&environment));
    }
}

#[test]
fn a_result_of_another_verb_is_refused_with_its_field() {
    let (request, command) = set_traffic();
    for (result, field) in [
        (json!(null), "ApplyTrafficSplitOutcome"),
        (json!({}), "split"),
        (json!({"split": {"schema": 1}}), "`split.schema`"),
        (json!({"split": small_split(), "environment": null}), "`environment`"),
        (small_revision(), "split"),
    ] {
        let error = outcome_of(&request, &command, &result).unwrap_err().to_string();
        assert!(error.contains(field), "{error:?} does not name {field:?}");
    }
}

#[test]
fn a_later_key_called_environment_does_not_hide_a_result() {
    let stage = json!({
        "revision_id": REVISION, "deployment_id": DEPLOYMENT, "bundle_digest": "", "pack_list": [],
        "pack_list_lock_ref": "", "pack_config_refs": [], "config_digest": "",
        "signature_sidecar_ref": "", "drain_seconds": 0,
    });
    let command = Command::StageRevision(Document::from_value(stage).unwrap());
    let request = Request::for_command(&local(), &command).unwrap();
    let staged: Revision = serde_json::from_value(small_revision()).unwrap();
    let mut result = small_revision();
    result["environment"] = json!("a key of a later version");
    let read = outcome_of(&request, &command, &result);
    assert_eq!(read, Ok((Outcome::Staged(staged), None)));
}

// ------------------------------------------------------------------------------------- rejections

/// A rejection of each kind: what it becomes, its code, and the ids that its text has.
struct Sample {
    rejection: Rejection,
    kind: ErrorKind,
    code: &'static str,
    names: Vec<&'static str>,
}

fn sample(
    rejection: Rejection,
    kind: ErrorKind,
    code: &'static str,
    names: &[&'static str],
) -> Sample {
    Sample { rejection, kind, code, names: names.to_vec() }
}

fn samples() -> Vec<Sample> {
    let mut samples = environment_samples();
    samples.extend(revision_samples());
    samples.extend(deployment_samples());
    samples.extend(split_samples());
    samples.extend(binding_samples());
    samples.extend(messaging_samples());
    samples.extend(other_samples());
    samples
}

fn environment_samples() -> Vec<Sample> {
    use ErrorKind::{AlreadyExists, Conflict, InvalidRequest, NotFound};
    use Rejection as R;
    let env_id = local;
    let document = Document::<Revision>::from_json(b"{}").expect_err("no revision");
    let defect =
        UnsafeId { kind: "bundle_id", value: "a/b".to_owned(), reason: UnsafeIdReason::Separator };
    vec![
        sample(
            R::EnvironmentNotFound { env_id: env_id() },
            NotFound,
            "environment-not-found",
            &["local"],
        ),
        sample(
            R::EnvironmentExists { env_id: env_id() },
            AlreadyExists,
            "environment-exists",
            &["local"],
        ),
        sample(
            R::EnvironmentLive { env_id: env_id(), splits: 12, revisions: 34 },
            Conflict,
            "environment-live",
            &["local", "12", "34"],
        ),
        sample(
            R::Invalid(SpecError::BasisPointsSum { sum: 12 }),
            InvalidRequest,
            "basis-points-sum",
            &["12"],
        ),
        sample(R::Document(document), InvalidRequest, "document-field", &["Revision", "schema"]),
        sample(R::UnsafeId(defect), InvalidRequest, "unsafe-id", &["bundle_id", "a/b"]),
    ]
}

fn revision_samples() -> Vec<Sample> {
    use ErrorKind::{AlreadyExists, Conflict, DependentNotFound};
    use Rejection as R;
    let (env_id, revision_id, deployment_id) = (local, revision_id(), deployment_id());
    let splits = vec![
        ActiveSplitRef { deployment_id, bundle_id: "b".into(), weight_bps: 2500 },
        ActiveSplitRef {
            deployment_id: OTHER.parse().expect("a ULID"),
            bundle_id: "b".into(),
            weight_bps: 0,
        },
    ];
    let report = DrainReport { open_requests: 12, parked_sessions: 34 };
    let deadline = "2026-06-16T08:54:20Z".parse().ok();
    vec![
        sample(
            R::RevisionNotFound { env_id: env_id(), revision_id },
            DependentNotFound,
            "revision-not-found",
            &["local", REVISION],
        ),
        sample(
            R::RevisionExists { env_id: env_id(), revision_id },
            AlreadyExists,
            "revision-exists",
            &["local", REVISION],
        ),
        sample(
            R::LifecycleConflict {
                revision_id,
                actual: RevisionLifecycle::Failed,
                expected: vec![RevisionLifecycle::Staged, RevisionLifecycle::Warming],
            },
            Conflict,
            "lifecycle-conflict",
            &[REVISION, "failed", "staged or warming"],
        ),
        sample(
            R::RevisionHasTraffic { revision_id, splits },
            Conflict,
            "revision-has-traffic",
            &[REVISION, DEPLOYMENT, OTHER, "2500"],
        ),
        sample(
            R::DrainNotFinished { revision_id, report, deadline },
            Conflict,
            "drain-not-finished",
            &[REVISION, "12", "34", "2026-06-16T08:54:20Z"],
        ),
        sample(
            R::NotReady { revision_id, lifecycle: RevisionLifecycle::Draining },
            Conflict,
            "revision-not-ready",
            &[REVISION, "draining"],
        ),
        sample(
            R::AdmissionRevisionMissing { env_id: env_id(), revision_id },
            Conflict,
            "admission-revision-missing",
            &["local", REVISION],
        ),
    ]
}

fn deployment_samples() -> Vec<Sample> {
    use ErrorKind::{AlreadyExists, Conflict, DependentNotFound};
    use Rejection as R;
    let (env_id, deployment_id) = (local, deployment_id());
    vec![
        sample(
            R::DeploymentNotFound { env_id: env_id(), deployment_id },
            DependentNotFound,
            "deployment-not-found",
            &["local", DEPLOYMENT],
        ),
        sample(
            R::AlreadyDeployed {
                env_id: env_id(),
                bundle_id: "support".into(),
                customer_id: "acme".into(),
            },
            AlreadyExists,
            "already-deployed",
            &["local", "support", "acme"],
        ),
        sample(
            R::DeploymentExists { env_id: env_id(), deployment_id },
            AlreadyExists,
            "deployment-exists",
            &["local", DEPLOYMENT],
        ),
        sample(
            R::DeploymentLive { deployment_id, splits: 12, revisions: 34 },
            Conflict,
            "deployment-live",
            &[DEPLOYMENT, "12", "34"],
        ),
        sample(
            R::BundleLinked {
                bundle_id: "support".into(),
                endpoints: vec![endpoint_id(), OTHER.parse().expect("a ULID")],
            },
            Conflict,
            "bundle-linked",
            &["support", ENDPOINT, OTHER],
        ),
        sample(
            R::WrongDeployment {
                revision_id: revision_id(),
                actual: OTHER.parse().expect("a ULID"),
                expected: deployment_id,
            },
            Conflict,
            "wrong-deployment",
            &[REVISION, DEPLOYMENT, OTHER],
        ),
    ]
}

fn split_samples() -> Vec<Sample> {
    use ErrorKind::{Conflict, DependentNotFound, InvalidRequest};
    use Rejection as R;
    let (env_id, deployment_id) = (local, deployment_id());
    vec![
        sample(
            R::DuplicateSplitEntry { revision_id: revision_id() },
            InvalidRequest,
            "duplicate-split-entry",
            &[REVISION],
        ),
        sample(
            R::TooManySplitEntries { actual: 123, limit: 100 },
            InvalidRequest,
            "too-many-split-entries",
            &["123", "100"],
        ),
        sample(
            R::SplitNotFound { env_id: env_id(), deployment_id },
            DependentNotFound,
            "split-not-found",
            &["local", DEPLOYMENT],
        ),
        sample(R::NoPreviousSplit { deployment_id }, Conflict, "no-previous-split", &[DEPLOYMENT]),
        sample(
            R::StashUnreadable {
                of: Counted::Binding(BindingKey::Slot(CapabilitySlot::State)),
                detail: "broken".to_owned(),
            },
            DependentNotFound,
            "stash-unreadable",
            &["slot `state`", "broken"],
        ),
    ]
}

fn binding_samples() -> Vec<Sample> {
    use ErrorKind::{AlreadyExists, Conflict, DependentNotFound, InvalidRequest};
    use Rejection as R;
    let env_id = local;
    let slot = || BindingKey::Slot(CapabilitySlot::State);
    let extension =
        || BindingKey::Extension(ExtensionKey::new("acme.oauth", Some("one".to_owned())));
    vec![
        sample(
            R::NotPackSlot { slot: CapabilitySlot::Messaging },
            InvalidRequest,
            "not-a-pack-slot",
            &["messaging"],
        ),
        sample(
            R::BindingExists { binding: slot(), env_id: env_id() },
            AlreadyExists,
            "binding-exists",
            &["slot `state`", "local"],
        ),
        sample(
            R::BindingNotFound { binding: extension(), env_id: env_id() },
            DependentNotFound,
            "binding-not-found",
            &["extension `acme.oauth/one`", "local"],
        ),
        sample(
            R::BindingMismatch { given: slot(), target: extension() },
            Conflict,
            "binding-mismatch",
            &["slot `state`", "extension `acme.oauth/one`"],
        ),
        sample(
            R::NoPreviousBinding { binding: slot(), env_id: env_id() },
            Conflict,
            "no-previous-binding",
            &["slot `state`", "local"],
        ),
        sample(
            R::CounterOverflow { of: Counted::Split(deployment_id()) },
            Conflict,
            "counter-overflow",
            &["split"],
        ),
    ]
}

fn messaging_samples() -> Vec<Sample> {
    use ErrorKind::{AlreadyExists, Conflict, DependentNotFound, InvalidRequest};
    use Rejection as R;
    let (env_id, endpoint_id) = (local, endpoint_id());
    let bundle_id = || "support".into();
    vec![
        sample(
            R::EndpointExists {
                env_id: env_id(),
                provider_type: "telegram".to_owned(),
                provider_id: "bot-1".to_owned(),
            },
            AlreadyExists,
            "endpoint-exists",
            &["local", "telegram", "bot-1"],
        ),
        sample(
            R::EndpointIdTaken { env_id: env_id(), endpoint_id },
            AlreadyExists,
            "endpoint-id-taken",
            &["local", ENDPOINT],
        ),
        sample(
            R::EndpointNotFound { env_id: env_id(), endpoint_id },
            DependentNotFound,
            "endpoint-not-found",
            &["local", ENDPOINT],
        ),
        sample(
            R::BundleNotDeployed { env_id: env_id(), bundle_id: bundle_id() },
            DependentNotFound,
            "bundle-not-deployed",
            &["local", "support"],
        ),
        sample(
            R::WelcomeFlowOwned { endpoint_id, bundle_id: bundle_id() },
            Conflict,
            "welcome-flow-owned",
            &[ENDPOINT, "support"],
        ),
        sample(
            R::BundleNotLinked { endpoint_id, bundle_id: bundle_id() },
            InvalidRequest,
            "bundle-not-linked",
            &[ENDPOINT, "support"],
        ),
        sample(
            R::WelcomePackUnknown {
                pack_id: "greeter".to_owned(),
                bundle_id: bundle_id(),
                known: vec!["faq".to_owned(), "tickets".to_owned()],
            },
            InvalidRequest,
            "welcome-pack-unknown",
            &["greeter", "support", "faq, tickets"],
        ),
        sample(
            R::InvalidSecretRef { raw: "https://x".to_owned(), reason: "is no secret".to_owned() },
            InvalidRequest,
            "invalid-secret-ref",
            &["https://x", "is no secret"],
        ),
    ]
}

fn other_samples() -> Vec<Sample> {
    use ErrorKind::{Conflict, Internal, InvalidRequest};
    use Rejection as R;
    let env_id = local;
    let mismatch =
        InvalidTrustedKey::IdMismatch { given: "00ff".to_owned(), derived: "11ee".to_owned() };
    let inner = R::NotReady { revision_id: revision_id(), lifecycle: RevisionLifecycle::Failed };
    vec![
        sample(
            R::InvalidTrustedKey(mismatch),
            InvalidRequest,
            "key-not-trustable",
            &["00ff", "11ee"],
        ),
        sample(
            R::OperatorKeyNotTrusted { env_id: env_id(), key_id: "00ff".to_owned() },
            Conflict,
            "operator-key-not-trusted",
            &["local", "00ff"],
        ),
        sample(R::TrustRootEmpty { env_id: env_id() }, Conflict, "trust-root-empty", &["local"]),
        sample(
            R::UndoRefused { what: "the split".to_owned(), instead: "traffic set" },
            Conflict,
            "undo-refused",
            &["the split", "traffic set"],
        ),
        sample(
            R::SupplyMissing { need: "an endpoint id" },
            Internal,
            "supply-missing",
            &["an endpoint id"],
        ),
        sample(
            R::SupplyMismatch {
                need: "the policy",
                expected: "v2".to_owned(),
                actual: "v1".to_owned(),
            },
            Internal,
            "supply-mismatch",
            &["the policy", "v1", "v2"],
        ),
        sample(R::NestedBatch, InvalidRequest, "nested-batch", &[]),
        sample(
            R::BatchTooLong { actual: 1234, limit: 1000 },
            InvalidRequest,
            "batch-too-long",
            &["1234", "1000"],
        ),
        sample(
            R::BatchStep { index: 3, verb: "traffic.set".to_owned(), rejection: Box::new(inner) },
            Conflict,
            "revision-not-ready",
            &["3", "traffic.set", REVISION],
        ),
    ]
}

#[test]
fn every_rejection_becomes_the_public_error() {
    for Sample { rejection, kind, code, .. } in samples() {
        assert_eq!((rejection.kind(), rejection.code()), (kind, code), "{rejection}");
        let error = RemoteStoreError::from(&rejection);
        assert_eq!((error.kind(), error.http_status()), (kind, kind.http_status()), "{rejection}");
        let body = serde_json::to_value(&error).unwrap();
        let text = body.get("detail").or_else(|| body.get("message"));
        let expected = json!(rejection.to_string());
        assert_eq!(text, (kind != ErrorKind::NotFound).then_some(&expected), "{code}");
        assert_eq!(RemoteStoreError::read(kind.http_status(), body), Ok(error));
    }
}

#[test]
fn every_rejection_says_on_one_line_what_is_wrong_and_what_to_do() {
    for Sample { rejection, names, code, .. } in samples() {
        let text = rejection.to_string();
        assert!(!text.trim().is_empty() && !text.contains(char::is_control), "{code}: {text:?}");
        for name in names {
            assert!(text.contains(name), "{code}: {text:?} does not name {name:?}");
        }
        if matches!(rejection, Rejection::Invalid(_) | Rejection::Document(_)) {
            continue;
        }
        let advice = text.split_once("; ").map(|(_, advice)| advice.trim()).unwrap_or_default();
        assert!(!advice.is_empty(), "{code}: {text:?} does not say what to do");
        assert!(!text.ends_with('.'), "{code}: {text:?}");
    }
}

#[test]
fn every_rejection_has_a_code_of_its_own() {
    let mut codes = HashSet::new();
    for Sample { rejection, code, .. } in samples() {
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        assert!(code.split('-').all(word), "{code}");
        if !matches!(rejection, Rejection::BatchStep { .. }) {
            assert!(codes.insert(code), "{code} twice");
        }
    }
}

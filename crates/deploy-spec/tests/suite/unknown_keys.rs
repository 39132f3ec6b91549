//! Keys that no type here has survive every verb.
//!
//! Writers of other versions put them there, at any depth. The tests find elements by their
//! identity with a walk of their own, so that they do not trust the engine's idea of it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use greentic_deploy_spec::engine::{Command, EnvState};
use greentic_deploy_spec::{Document, DocumentError, Environment, JsonError, UsageMeter};
use serde_json::{Map, Value, json};

use crate::world::commands::{
    add_bundle, add_endpoint, create, drain, finish_drain, rollback_split, split, stage, warm, with,
};
use crate::world::{
    self, Generator, command, deployment_id, endpoint_id, idempotency_key, revision_id, run, start,
};

// ---- The walk ----------------------------------------------------------------------------------

/// What tells the elements of a list apart.
fn identity(list: &str, element: &Value) -> String {
    let key = match list {
        "packs" => "slot",
        "bundles" | "traffic_splits" => "deployment_id",
        "revisions" | "entries" => "revision_id",
        "messaging_endpoints" => "endpoint_id",
        "pack_list" => "pack_id",
        "revenue_share" => "party_id",
        _ => {
            assert_eq!(list, "extensions", "a list of objects that the walk does not know");
            let kind = element["kind"].as_str().unwrap_or_default();
            let path = kind.split('@').next().unwrap_or_default();
            return format!("{path} {}", element["instance_id"]);
        }
    };
    element[key].to_string()
}

fn is_unknown(key: &str) -> bool {
    key.starts_with("x_") || ["pack_name", "runtime_image_digest"].contains(&key)
}

/// Free-form values belong to whoever wrote them: their keys are data, not keys of the document.
fn is_free_form(key: &str) -> bool {
    is_unknown(key) || key == "config_overrides"
}

/// Calls `visit` with every object and the path to it, in which list elements go by identity.
fn visit_objects(
    value: &mut Value,
    path: &str,
    visit: &mut dyn FnMut(&str, &mut Map<String, Value>),
) {
    let Value::Object(map) = value else { return };
    visit(path, map);
    for (key, child) in map.iter_mut().filter(|(key, _)| !is_free_form(key)) {
        match child {
            Value::Array(list) => {
                for element in list.iter_mut().filter(|element| element.is_object()) {
                    let id = identity(key, element);
                    visit_objects(element, &format!("{path}/{key}[{id}]"), visit);
                }
            }
            child => visit_objects(child, &format!("{path}/{key}"), visit),
        }
    }
}

/// The unknown keys of every object.
type Unknown = BTreeMap<String, BTreeMap<String, Value>>;

fn unknown_keys(value: &Value) -> Unknown {
    let mut all = Unknown::new();
    visit_objects(&mut value.clone(), "", &mut |path, map| {
        let own = map.iter().filter(|(key, _)| is_unknown(key));
        let own = own.map(|(key, value)| (key.clone(), value.clone())).collect();
        let twice = all.insert(path.to_owned(), own);
        assert!(twice.is_none(), "two objects at {path}");
    });
    all
}

/// Puts a key of its own into every object that has none yet.
fn mark(value: &mut Value, serial: &mut u64) {
    visit_objects(value, "", &mut |_, map| {
        if !map.keys().any(|key| key.starts_with("x_mark")) {
            *serial += 1;
            let value = match *serial % 3 {
                0 => json!(*serial),
                1 => json!([*serial, {"revision_id": "x"}]),
                _ => json!({"deep": {"n": *serial}, "list": [1, 2]}),
            };
            map.insert(format!("x_mark_{serial}"), value);
        }
    });
}

/// Every object that is in both has in the second at least the unknown keys of the first.
fn check_kept(what: &str, before: &Unknown, after: &Unknown) {
    for (path, keys) in before {
        let Some(kept) = after.get(path) else { continue };
        for (key, value) in keys {
            assert_eq!(kept.get(key), Some(value), "{key} of {path} after {what}");
        }
    }
}

// ---- A rich environment ------------------------------------------------------------------------

fn try_run(state: &EnvState, command: &Command, serial: u64) -> Option<EnvState> {
    let now = start() + chrono::TimeDelta::seconds(serial as i64);
    let key = idempotency_key(&format!("rich-{serial}"));
    world::step(state, command, now, &key).ok().map(|applied| applied.state)
}

/// A deployment with overrides, whose keys are data.
fn deployment(number: u128, bundle: &str) -> Command {
    let overrides = json!({"cart": {"limit": {"n": 1}}});
    with(add_bundle(Some(number), bundle), "/payload/bundle", "config_overrides", overrides)
}

fn binding(slot: &str, version: u64) -> Value {
    json!({"slot": slot, "kind": format!("greentic.{slot}.pack@0.{version}.0"), "pack_ref": "p"})
}

fn extension(path: &str, instance: Option<&str>, version: u64) -> Value {
    let mut binding = json!({"kind": format!("{path}@0.{version}.0"), "pack_ref": "p"});
    if let Some(instance) = instance {
        binding["instance_id"] = json!(instance);
    }
    binding
}

fn update_pack(slot: &str, binding: &Value) -> Command {
    command("update-pack-binding", json!({"slot": slot, "binding": binding}))
}

fn messaging(number: u128) -> [Command; 3] {
    let id = endpoint_id(number);
    let link = json!({"endpoint_id": id, "bundle_id": "shop", "updated_by": "alice"});
    let mut welcome = link.clone();
    welcome["pack_id"] = json!("cart");
    welcome["flow_id"] = json!("hello");
    [
        add_endpoint(Some(number), &format!("instance-{number}")),
        command("link-messaging-bundle", link),
        command("set-messaging-welcome-flow", welcome),
    ]
}

/// An environment in which every list has several elements and every optional object is there.
fn rich() -> EnvState {
    let mut commands = vec![create(), Command::BootstrapTrustRoot];
    commands.extend([(0, "shop"), (1, "faq"), (2, "desk")].map(|(n, id)| deployment(n, id)));
    commands.extend([(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)].map(|(n, of)| stage(n, of)));
    commands.extend([0, 1, 2, 3].map(warm));
    commands.push(split(0, &[(0, 5_000), (1, 3_000), (2, 2_000)]));
    commands.push(split(0, &[(1, 9_000), (0, 1_000)]));
    commands.push(split(1, &[(3, 10_000)]));
    let slots = ["deployer", "secrets", "state"];
    commands.extend(slots.map(|slot| command("add-pack-binding", binding(slot, 1))));
    commands.extend(slots.map(|slot| update_pack(slot, &binding(slot, 2))));
    let store = "greentic.memory.store";
    let extensions = [(store, None), (store, Some("archive")), ("greentic.oauth.broker", None)];
    commands.extend(
        extensions.map(|(path, id)| command("add-extension-binding", extension(path, id, 1))),
    );
    commands.extend([0, 1, 2].into_iter().flat_map(messaging));
    let state = run(&EnvState::default(), commands);
    let document = state.environment.as_ref().expect("an environment");
    let mut env = document.typed().clone();
    for bundle in &mut env.bundles {
        let meter_endpoint = "https://meter.example.com".to_owned();
        bundle.usage = Some(UsageMeter { meter_endpoint, last_seen_at: None });
    }
    env.health.message = Some("fine".to_owned());
    run(&state, [Command::Replace(document.with(env).expect("JSON"))])
}

fn raw(state: &EnvState) -> &Value {
    state.environment.as_ref().expect("an environment").raw()
}

/// The state with an unknown key in every object of its environment.
fn marked(mut state: EnvState, serial: &mut u64) -> EnvState {
    if let Some(document) = state.environment.take() {
        let mut raw = document.into_raw();
        mark(&mut raw, serial);
        state.environment = Some(Document::from_value(raw).expect("still an environment"));
    }
    state
}

fn element<'v>(raw: &'v Value, list: &str, is: impl Fn(&Value) -> bool) -> &'v Value {
    let list = raw[list].as_array().expect("a list");
    list.iter().find(|element| is(element)).expect("the element")
}

/// The previous version that a split or a binding carries along.
fn stashed(element: &Value) -> Option<Value> {
    let token = ["previous_split_ref", "previous_binding_ref"]
        .iter()
        .find_map(|key| element.get(*key)?.as_str()?.strip_prefix("inline://"))?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token).ok()?).ok()
}

// ---- Any verb ----------------------------------------------------------------------------------

/// The part of an environment that a command rolls back.
fn rolled_back<'v>(raw: &'v Value, command: &Command) -> Option<&'v Value> {
    match command {
        Command::RollbackTrafficSplit { deployment_id } => {
            Some(element(raw, "traffic_splits", |e| e["deployment_id"] == json!(deployment_id)))
        }
        Command::RollbackPackBinding { slot } => {
            Some(element(raw, "packs", |e| e["slot"] == json!(slot)))
        }
        Command::RollbackExtensionBinding { key } => Some(element(raw, "extensions", |e| {
            let kind = e["kind"].as_str().unwrap_or_default();
            kind.starts_with(&format!("{}@", key.kind_path))
                && e.get("instance_id").and_then(Value::as_str) == key.instance_id.as_deref()
        })),
        _ => None,
    }
}

/// The whole document that a command writes as it is, without regard to what was there.
fn written_as_it_is(command: &Command) -> Option<&Document<Environment>> {
    match command {
        Command::Restore { snapshot, .. } => Some(&snapshot.environment),
        Command::Adopt(payload) => payload.environment.as_ref(),
        _ => None,
    }
}

/// The same document with the split generations of another one: an undo gives splits that come back new ones, and notes
/// the next one where a split goes.
fn but_for_split_generations(raw: &Value, other: &Value) -> Value {
    let mut raw = raw.clone();
    let splits = raw["traffic_splits"].as_array_mut().into_iter().flatten();
    for (split, other) in splits.zip(other["traffic_splits"].as_array().into_iter().flatten()) {
        split["generation"] = other["generation"].clone();
    }
    let bundles = raw["bundles"].as_array_mut().into_iter().flatten();
    for (bundle, other) in bundles.zip(other["bundles"].as_array().into_iter().flatten()) {
        let bundle = bundle.as_object_mut().expect("an object");
        match other.get("next_split_generation") {
            Some(next) => drop(bundle.insert("next_split_generation".to_owned(), next.clone())),
            None => drop(bundle.remove("next_split_generation")),
        }
    }
    raw
}

fn check_command(command: &Command, before: &EnvState, after: &EnvState) {
    let (Some(_), Some(document)) = (&before.environment, &after.environment) else { return };
    let what = format!("{command:?}");
    if let Some(written) = written_as_it_is(command) {
        let raw = but_for_split_generations(document.raw(), written.raw());
        assert_eq!(&raw, written.raw(), "{what}");
        return;
    }
    let (before, after) = (raw(before), raw(after));
    check_kept(&what, &unknown_keys(before), &unknown_keys(after));
    if let Command::Replace(document) = command {
        check_kept(&what, &unknown_keys(document.raw()), &unknown_keys(after));
    }
    if let Some(was) = rolled_back(before, command) {
        let stash = stashed(was).expect("what is rolled back has a previous version");
        let is = rolled_back(after, command).expect("it is still there");
        let (stash, is) = (unknown_keys(&stash), unknown_keys(is));
        assert!(stash.keys().all(|path| is.contains_key(path)), "{what}");
        check_kept(&what, &stash, &is);
    }
}

/// The commands of a batch one by one, since only each of them has a before and an after.
fn single(command: Command) -> Vec<Command> {
    match command {
        Command::Batch(commands) => commands,
        command => vec![command],
    }
}

#[test]
fn unknown_keys_at_every_depth_survive_every_verb() {
    let rich = rich();
    let mut accepted: BTreeMap<String, u64> = BTreeMap::new();
    let mut serial = 0;
    for seed in 0..60 {
        let mut generator = Generator::new(1_000_000 + seed);
        let mut state = marked(rich.clone(), &mut serial);
        for _ in 0..50 {
            for command in single(generator.next(&state)) {
                serial += 1;
                let Some(after) = try_run(&state, &command, serial) else { continue };
                check_command(&command, &state, &after);
                *accepted.entry(world::name_of(&command)).or_default() += 1;
                generator.remember(&state);
                state = marked(after, &mut serial);
            }
        }
    }
    // Where the environment begins or ends there is nothing that could be kept.
    let mut names = world::command_names();
    names.retain(|name| {
        !["restore", "batch", "create-environment", "destroy"].contains(&name.as_str())
    });
    let missing: Vec<_> = names.iter().filter(|name| !accepted.contains_key(*name)).collect();
    assert!(missing.is_empty(), "never accepted: {missing:?}");
}

#[test]
fn the_walk_reaches_every_object_of_a_rich_environment() {
    let state = marked(rich(), &mut 0);
    let all = unknown_keys(raw(&state));
    assert!(all.values().all(|keys| keys.len() == 1), "{all:?}");
    for part in [
        "/host_config",
        "/health",
        "/revocation",
        "/retention",
        "/packs[",
        "/extensions[",
        "/route_binding/tenant_selector",
        "/usage",
        "/revenue_share[",
        "/pack_list[",
        "/entries[",
        "/welcome_flow",
    ] {
        assert!(all.keys().any(|path| path.contains(part)), "{part}");
    }
}

// ---- One verb at a time ------------------------------------------------------------------------

/// Changes a marked environment with commands and checks that what is still there kept its keys.
fn check_all_kept(commands: impl IntoIterator<Item = Command>) -> (EnvState, EnvState) {
    let before = marked(rich(), &mut 0);
    let after = run(&before, commands);
    check_kept("the commands", &unknown_keys(raw(&before)), &unknown_keys(raw(&after)));
    (before, after)
}

#[test]
fn removing_a_middle_element_leaves_the_others_their_keys() {
    let key = json!({"kind_path": "greentic.memory.store", "instance_id": "archive"});
    let (_, after) = check_all_kept([
        command("remove-pack-binding", json!({"slot": "secrets"})),
        command("remove-extension-binding", json!({"key": key})),
        command("remove-messaging-endpoint", json!({"endpoint_id": endpoint_id(1)})),
        command("clear-traffic-split", json!({"deployment_id": deployment_id(0)})),
        command("archive-revision", json!({"revision_id": revision_id(1)})),
    ]);
    let left = |list: &str| raw(&after)[list].as_array().map(Vec::len);
    let lists = ["packs", "extensions", "messaging_endpoints", "traffic_splits", "revisions"];
    assert_eq!(lists.map(left), [2, 2, 2, 1, 5].map(Some));
}

#[test]
fn removing_a_bundle_in_the_middle_leaves_the_others_their_keys() {
    let (_, after) = check_all_kept([
        command("clear-traffic-split", json!({"deployment_id": deployment_id(1)})),
        command("archive-revision", json!({"revision_id": revision_id(3)})),
        command("archive-revision", json!({"revision_id": revision_id(4)})),
        command("remove-bundle", json!({"deployment_id": deployment_id(1)})),
    ]);
    let ids = |list: &str, key: &str| -> Vec<_> {
        let list = raw(&after)[list].as_array().expect("a list");
        list.iter().map(|element| element[key].clone()).collect()
    };
    assert_eq!(ids("bundles", "deployment_id"), [0, 2].map(|n| json!(deployment_id(n))));
    assert_eq!(ids("revisions", "revision_id"), [0, 1, 2].map(|n| json!(revision_id(n))));
}

#[test]
fn replace_keeps_the_keys_of_reordered_elements() {
    let before = marked(rich(), &mut 0);
    let mut env = before.environment.as_ref().expect("an environment").typed().clone();
    env.packs.reverse();
    env.bundles.reverse();
    env.revisions.reverse();
    env.traffic_splits.reverse();
    env.messaging_endpoints.reverse();
    env.extensions.reverse();
    env.bundles.iter_mut().for_each(|bundle| bundle.revenue_share.reverse());
    env.revisions.iter_mut().for_each(|revision| revision.pack_list.reverse());
    env.traffic_splits.iter_mut().for_each(|split| split.entries.reverse());
    // A writer that knows none of the keys.
    let after = run(&before, [Command::Replace(Document::new(env).expect("JSON"))]);
    assert_eq!(unknown_keys(raw(&after)), unknown_keys(raw(&before)));
    assert_eq!(raw(&after)["packs"][0]["slot"], "state");
}

#[test]
fn replace_drops_the_keys_of_what_it_drops_and_takes_those_that_it_brings() {
    let before = marked(rich(), &mut 0);
    let document = before.environment.as_ref().expect("an environment");
    let mut env = document.typed().clone();
    env.bundles[0].usage = None;
    env.packs.remove(1);
    let mut written = document.with(env).expect("JSON").into_raw();
    written["packs"][0]["x_new"] = json!(1);
    let written = Document::from_value(written).expect("an environment");
    let after = run(&before, [Command::Replace(written)]);
    check_kept("replace", &unknown_keys(raw(&before)), &unknown_keys(raw(&after)));
    assert_eq!(raw(&after)["packs"][0]["x_new"], 1);
    assert!(raw(&after)["bundles"][0].get("usage").is_none());
}

#[test]
fn rolling_a_binding_back_brings_its_keys_back() {
    let state = rich();
    let mut first = binding("telemetry", 1);
    first["x_note"] = json!("first");
    first["x_first"] = json!({"a": 1});
    let mut second = binding("telemetry", 2);
    second["x_note"] = json!("second");
    let rollback = command("rollback-pack-binding", json!({"slot": "telemetry"}));
    let add = command("add-pack-binding", first);
    let after = run(&state, [add, update_pack("telemetry", &second), rollback]);
    let bound = element(raw(&after), "packs", |e| e["slot"] == "telemetry");
    assert_eq!(bound["kind"], "greentic.telemetry.pack@0.1.0");
    assert_eq!(bound["generation"], 2);
    assert_eq!(bound["x_note"], "first", "a key that both have is the restored one's");
    assert_eq!(bound["x_first"], json!({"a": 1}));
}

#[test]
fn rolling_an_extension_back_brings_its_keys_back() {
    let path = "greentic.tools.search";
    let mut first = extension(path, Some("a"), 1);
    first["x_note"] = json!("first");
    let second = extension(path, Some("a"), 2);
    let key = json!({"kind_path": path, "instance_id": "a"});
    let after = run(
        &rich(),
        [
            command("add-extension-binding", first),
            command("update-extension-binding", json!({"key": key, "binding": second})),
            command("rollback-extension-binding", json!({"key": key})),
        ],
    );
    let bound =
        element(raw(&after), "extensions", |e| e["kind"] == format!("{path}@0.1.0").as_str());
    assert_eq!(bound["x_note"], "first");
}

#[test]
fn rolling_a_split_back_brings_the_keys_of_its_entries_back() {
    let before = marked(rich(), &mut 0);
    let of_first = |e: &Value| e["deployment_id"] == json!(deployment_id(0));
    let was = unknown_keys(element(raw(&before), "traffic_splits", of_first));
    // The split between names none of the revisions that the first one names.
    let between = run(&before, [split(0, &[(2, 10_000)])]);
    let kept = unknown_keys(element(raw(&between), "traffic_splits", of_first));
    assert_eq!(kept.len(), 2, "the split, and an entry that is new");
    let after = run(&between, [rollback_split(0)]);
    let is = unknown_keys(element(raw(&after), "traffic_splits", of_first));
    assert_eq!(is, was);
}

#[test]
fn keys_that_a_payload_brings_reach_what_is_made_of_it() {
    let bundle = deployment(5, "extra");
    let bundle = with(bundle, "/payload/bundle", "pack_name", json!("Extra pack"));
    let bundle = with(bundle, "/payload/bundle/revenue_share/1", "x_party", json!(1));
    let staged = with(stage(7, 5), "/payload", "runtime_image_digest", json!("sha256:ii"));
    let staged = with(staged, "/payload/pack_list/1", "x_pack", json!(2));
    let shared = with(split(5, &[(7, 10_000)]), "/payload/entries/0", "x_entry", json!(3));
    let [endpoint, ..] = messaging(7);
    let endpoint = with(endpoint, "/payload/endpoint", "x_endpoint", json!(4));
    let state = run(&rich(), [bundle, staged, warm(7), shared, endpoint]);
    let document = state.environment.as_ref().expect("an environment");
    assert_eq!(document.pack_name(deployment_id(5)), Some("Extra pack"));
    assert_eq!(document.pack_name(deployment_id(0)), None);
    assert_eq!(document.runtime_image_digest(revision_id(7)), Some("sha256:ii"));
    assert_eq!(document.runtime_image_digest(revision_id(0)), None);
    let pointers = [
        ("/bundles/3/revenue_share/1/x_party", 1),
        ("/revisions/5/pack_list/1/x_pack", 2),
        ("/traffic_splits/2/entries/0/x_entry", 3),
        ("/messaging_endpoints/3/x_endpoint", 4),
    ];
    for (pointer, value) in pointers {
        assert_eq!(document.raw().pointer(pointer), Some(&json!(value)), "{pointer}");
    }
}

#[test]
fn a_payload_cannot_set_what_only_the_engine_may_set() {
    let payload = json!({"deployment_id": deployment_id(5), "bundle": {
        "bundle_id": "extra",
        "customer_id": "acme",
        "revenue_share": [{"party_id": "greentic", "basis_points": 10_000}],
        "status": "archived",
        "revenue_policy_ref": "mine.sig",
        "usage": {"meter_endpoint": "mine"},
        "deployment_id": deployment_id(6),
    }});
    let staged = with(stage(7, 5), "/payload", "lifecycle", json!("ready"));
    let staged = with(staged, "/payload", "warmed_at", json!("2026-01-01T00:00:00Z"));
    let staged = with(staged, "/payload", "draining_since", json!("2026-01-01T00:00:00Z"));
    let state = run(&rich(), [command("add-bundle", payload), staged]);
    let bundle = element(raw(&state), "bundles", |e| e["bundle_id"] == "extra");
    assert_eq!(bundle["status"], "active");
    assert_eq!(bundle["revenue_policy_ref"], "billing-policies/extra/acme/v1.json.sig");
    assert_eq!(bundle["deployment_id"], json!(deployment_id(5)));
    assert!(bundle.get("usage").is_none());
    let revision = element(raw(&state), "revisions", |e| e["revision_id"] == json!(revision_id(7)));
    assert_eq!(revision["lifecycle"], "staged");
    assert!(revision.get("warmed_at").is_none());
    assert!(revision.get("draining_since").is_none());
}

#[test]
fn the_default_bundle_can_be_set_cleared_and_brought_along() {
    let default = |state: &EnvState| {
        let document = state.environment.as_ref().expect("an environment");
        document.default_bundle().map(|bundle| bundle.to_string())
    };
    let host = json!({"env_id": "local", "default_bundle": "shop"});
    let payload = json!({"env_id": "local", "name": "Local", "host_config": host});
    let created = run(&EnvState::default(), [command("create-environment", payload)]);
    assert_eq!(default(&created).as_deref(), Some("shop"));
    let update = |update: Value| command("update-environment", json!({"default_bundle": update}));
    let set = run(&created, [update(json!({"value": "faq"}))]);
    assert_eq!(default(&set).as_deref(), Some("faq"));
    assert_eq!(default(&run(&set, [update(Value::Null)])).as_deref(), Some("faq"));
    assert_eq!(default(&run(&set, [update(json!({"clear": true}))])), None);
}

#[test]
fn the_time_of_a_drain_is_kept_as_long_as_it_takes() {
    let since = |state: &EnvState| {
        state.environment.as_ref().and_then(|env| env.draining_since(revision_id(2)))
    };
    let draining = run(&rich(), [drain(2)]);
    assert_eq!(since(&draining), Some(start()));
    assert_eq!(since(&run(&draining, [finish_drain(2, 0)])), None);
    let archive = Command::ArchiveRevision { revision_id: revision_id(2) };
    assert_eq!(since(&run(&draining, [archive])), None);
}

#[test]
fn a_number_that_would_change_is_refused_by_name() {
    let text = raw(&rich()).to_string();
    let check = |number: &str, read_as: &str| {
        let odd = text.replacen("\"health\":{", &format!("\"health\":{{\"x_odd\":{number},"), 1);
        let expected = DocumentError::Json(JsonError::LossyNumber {
            pointer: "/health/x_odd".to_owned(),
            literal: number.to_owned(),
            read_as: read_as.to_owned(),
        });
        assert_eq!(Document::<Environment>::from_json(odd.as_bytes()), Err(expected));
    };
    check("18446744073709551616", "1.8446744073709552e+19");
    check("0.12345678901234567890", "0.12345678901234568");
    check("1e400", "infinity");
    for number in ["18446744073709551615", "-9223372036854775808", "0.1", "1e3"] {
        let odd = text.replacen("\"health\":{", &format!("\"health\":{{\"x_odd\":{number},"), 1);
        let document = Document::<Environment>::from_json(odd.as_bytes()).expect("it is kept");
        let again = Document::<Environment>::from_json(document.canonical().as_bytes());
        assert_eq!(again, Ok(document), "{number}");
    }
}

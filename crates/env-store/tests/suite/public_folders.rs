//! Folders that are shared with the public tools: theirs open here, ours open there.

use std::fs;
use std::os::unix::fs::symlink;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{CapabilitySlot, EnvId, EnvironmentHostConfig, Precondition};
use greentic_env_store::{
    EnvironmentMutations, EnvironmentReads, EnvironmentStore, LocalFsStore, Request, StoreError,
    Warning,
};
use serde_json::{Value, json};

use super::local_lab::{Lab, chain, commits, create, local, named, tree};
use super::worker::{ANSWERS, ENDPOINT, answers, deploy, doc, run, runtime, split};

/// A folder as the public tools leave it: no journal, backups, and keys of later versions.
fn public_folder() -> Lab {
    let lab = Lab::new();
    let environment = json!({
        "schema": "greentic.environment.v1",
        "environment_id": "local",
        "name": "Front desk",
        "host_config": {"env_id": "local", "listen_addr": "127.0.0.1:9000", "mood": "calm"},
        "packs": [{
            "slot": "deployer",
            "kind": "greentic.deployer.local-process@0.1.0",
            "pack_ref": "greentic.deployer.local-process@0.1.0",
            "generation": 3,
            "colour": {"of": ["a", "later", "version"]}
        }],
        "retention": {},
        "later_list": [1, {"two": 2.5}]
    });
    let runtime = json!({
        "schema": "greentic.environment-runtime.v1",
        "environment_id": "local",
        "discovered": {"listen_addr": "127.0.0.1:9000"},
        "generated_at": "2026-05-01T10:00:00Z",
        "generated_by": "greentic.deployer.local-process@0.1.0",
        "generation": 4,
        "later_key": true
    });
    lab.write("environment.json", pretty(&environment));
    lab.write("runtime.json", pretty(&runtime));
    lab.write(ANSWERS, pretty(&json!({"region": "eu-north-1"})));
    lab.write(".lock", "");
    lab.write("backups/environment.json.20260501T100000.000000000Z.bak", pretty(&environment));
    lab.write("update-channel.json", "{\"schema\": \"greentic.update-channel.v1\"}\n");
    lab.write("audit/events.jsonl", "{\"event_id\": \"01JTKW5B4W0000000000000000\"}\n");
    lab
}

fn pretty(value: &Value) -> String {
    format!("{}\n", serde_json::to_string_pretty(value).expect("JSON"))
}

#[test]
fn a_public_folder_opens_as_it_is_and_reading_writes_nothing() {
    let lab = public_folder();
    let before = tree(&lab.root());
    let store = lab.open();
    let snapshot = store.snapshot(&local()).expect("an environment");
    assert_eq!((snapshot.generation(), snapshot.is_lagging()), (0, false));
    assert_eq!(snapshot.environment().expect("it").raw()["later_list"], json!([1, {"two": 2.5}]));
    assert_eq!(store.load(&local()).expect("it").name, "Front desk");
    assert_eq!(
        store.load_runtime(&local()).expect("it").map(|runtime| runtime.generation),
        Some(4)
    );
    let answers = store.load_pack_answers(&local(), CapabilitySlot::Deployer).expect("them");
    assert_eq!(answers, Some(json!({"region": "eu-north-1"})));
    assert_eq!(store.list().expect("a list"), [local()]);
    assert_eq!(commits(&store), [""; 0], "there is no history yet");
    drop(store);
    assert!(tree(&lab.root()) == before, "nothing was written");
}

#[test]
fn the_first_change_takes_a_public_folder_over_and_keeps_every_unknown_key() {
    let lab = public_folder();
    let before = tree(&lab.at(""));
    let store = lab.open();
    let read = store.snapshot(&local()).expect("an environment");
    let mut request = Request::new(Command::UpdateEnvironment(doc(named("Back desk"))));
    // What a read said is enough to write on, though nothing is recorded yet.
    request.expected = Some(Precondition {
        if_match: read.etag().cloned(),
        expected_generation: Some(read.generation()),
    });
    let committed = store.execute(&local(), request).expect("a change");
    assert_eq!(committed.warnings, [Warning::Adopted { generation: 1 }]);
    assert_eq!(commits(&store), ["1 external env adopt", "2 local-user env update"]);
    let environment = lab.json("environment.json");
    assert_eq!(environment["name"], "Back desk");
    assert_eq!(environment["later_list"], json!([1, {"two": 2.5}]));
    assert_eq!(environment["host_config"]["mood"], "calm");
    assert_eq!(environment["packs"][0]["colour"], json!({"of": ["a", "later", "version"]}));
    let after = tree(&lab.at(""));
    for (name, entry) in before.iter().filter(|(name, _)| *name != "environment.json") {
        let Some(bytes) = &entry.bytes else { continue };
        let now = after[name].bytes.as_ref().expect("a file");
        let parse = |bytes| serde_json::from_slice::<Value>(bytes).ok();
        let says_the_same = name.ends_with(".json") && parse(now) == parse(bytes);
        assert!(says_the_same || now.starts_with(bytes), "{name} says what it said");
    }
    store.save_runtime(&runtime("127.0.0.1:1")).expect("a change");
    assert_eq!(lab.json("runtime.json")["later_key"], true);
}

#[test]
fn an_invalid_public_folder_is_refused_with_what_helps_and_no_journal_is_made() {
    let edits: [(&str, &[u8], &str); 4] = [
        ("environment.json", b"", "mend the file, or restore it from a backup"),
        ("environment.json", b"{\"schema\": ", "mend the file, or restore it from a backup"),
        ("runtime.json", b"[]", "mend the file, or restore it from a backup"),
        ("trust-root.json", b"who?", "mend the file, or restore it from a backup"),
    ];
    for (file, bytes, remedy) in edits {
        let lab = public_folder();
        lab.write(file, bytes);
        let before = tree(&lab.root());
        let store = lab.open();
        let errors = [
            store.snapshot(&local()).map(drop).expect_err("a read"),
            store.update_environment(&local(), named("After")).map(drop).expect_err("a verb"),
        ];
        for error in errors {
            let told = lab.told(&error);
            assert_eq!(error.code(), "file-invalid", "{told}");
            assert!(told.contains(file) && told.contains(remedy), "{told}");
        }
        drop(store);
        assert!(tree(&lab.root()) == before, "{file}: nothing was written");
    }
}

#[test]
fn our_folder_has_the_public_names_shapes_and_line_format() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    store.update_environment(&"nobody".parse().expect("an id"), named("x")).expect_err("refused");
    run(&store, split(&[(1, 5_000), (2, 5_000)]));
    drop(store);
    let revision = |number: u128, weight: u32| {
        let id = ulid::Ulid(number);
        json!({
            "deployment_id": ulid::Ulid(1).to_string(), "revision_id": id.to_string(), "bundle_id": "support",
            "pack_list_refs": [format!("revisions/{id}/pack-list.lock")], "pack_config_refs": [],
            "weight_bps": weight
        })
    };
    assert_eq!(
        lab.json("runtime-config.json"),
        json!({
            "schema": "greentic.runtime-config.v1", "env_id": "local",
            "revisions": [revision(1, 5_000), revision(2, 5_000)]
        })
    );
    assert_eq!(
        lab.json("messaging/index.json"),
        json!([{
            "endpoint_id": ulid::Ulid(1).to_string(), "provider_type": "telegram",
            "provider_id": "desk", "display_name": "Desk"
        }])
    );
    let environment = lab.json("environment.json");
    assert_eq!(lab.json(ENDPOINT), environment["messaging_endpoints"][0], "verbatim");
    let schemas = [
        ("environment.json", "greentic.environment.v1"),
        ("runtime.json", "greentic.environment-runtime.v1"),
        ("trust-root.json", "greentic.trust-root.v1"),
        (ENDPOINT, "greentic.messaging-endpoint.v1"),
    ];
    for (file, schema) in schemas {
        assert_eq!(lab.json(file)["schema"], schema, "{file}");
    }
    for (name, entry) in tree(&lab.at("")) {
        let Some(bytes) = entry.bytes.filter(|_| name.ends_with(".json")) else { continue };
        let text = String::from_utf8(bytes).expect("text");
        if name == "routing.json" {
            assert_eq!(text.matches('\n').count(), 1, "thousands of numbers are on one line");
            continue;
        }
        let is_pretty = text.starts_with("{\n  \"") || text.starts_with("[\n  {");
        assert!(text.ends_with('\n') && is_pretty, "{name} is pretty, with a newline at its end");
    }
}

#[test]
fn each_line_of_the_audit_log_is_one_public_event_and_refusals_have_theirs() {
    let lab = Lab::new();
    let store = lab.open();
    create(&store);
    run(&store, answers("eu-west-1"));
    store.execute(&local(), Request::new(split(&[(1, 1)]))).expect_err("no such deployment");
    let log = String::from_utf8(lab.read("audit/events.jsonl").expect("a log")).expect("text");
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    let keys = [
        "actor",
        "authorization",
        "env_id",
        "event_id",
        "idempotency_key",
        "noun",
        "result",
        "schema",
        "target",
        "ts",
        "verb",
    ];
    for line in &lines {
        assert_eq!(line["schema"], "greentic.audit.event.v1");
        for key in keys {
            assert!(line.get(key).is_some(), "{line} has no {key}");
        }
        assert_eq!(line["authorization"]["decision"], "allow");
    }
    let told = |line: &Value| {
        let generations = (line["previous_generation"].clone(), line["new_generation"].clone());
        (line["noun"].clone(), line["verb"].clone(), generations, line["result"]["outcome"].clone())
    };
    assert_eq!(told(&lines[0]), (json!("env"), json!("create"), (json!(0), json!(1)), json!("ok")));
    assert_eq!(told(&lines[2]).2.0, json!(2));
    assert_eq!(lines[2].get("new_generation").filter(|value| !value.is_null()), None);
    assert_eq!(lines[2]["result"]["outcome"], "error");
    assert_eq!(lines[2]["result"]["kind"], "dependent-not-found", "{}", lines[2]);
    assert_eq!(lines.len(), 3);
    assert_eq!(store.snapshot(&local()).expect("it").generation(), 2, "a refusal is no change");
}

#[test]
fn folders_and_files_are_for_this_user_only() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    store.take_snapshot(&local()).expect("a snapshot");
    store.export_to_file(&local(), &lab.at("backup.json")).expect("a backup");
    lab.write("runtime-config.json", "{}");
    run(&store, answers("us-east-1"));
    store.compact(&local(), &Default::default()).expect("compacted");
    let check = |when: &str| {
        let all = tree(lab.home());
        assert!(all.len() > 20, "{when}: {:?}", all.keys());
        for (name, entry) in all {
            let expected = if entry.bytes.is_some() { 0o600 } else { 0o700 };
            assert_eq!(entry.mode, expected, "{when}: {name}");
        }
    };
    check("open");
    drop(store);
    check("closed");
}

type Verb = fn(&LocalFsStore) -> Result<(), StoreError>;

#[test]
fn a_verb_that_fails_makes_no_folder_and_no_file() {
    let failing: [(&str, Verb); 7] = [
        ("update", |store| store.update_environment(&local(), named("x")).map(drop)),
        ("create with a bad name", |store| {
            let mut host = EnvironmentHostConfig::new(local());
            host.public_base_url = Some("no address".to_owned());
            store.create_environment(&local(), "x".to_owned(), host).map(drop)
        }),
        ("trust root", |store| store.bootstrap_trust_root(&local()).map(drop)),
        ("a batch", |store| {
            let batch = Command::Batch(vec![answers("x"), split(&[(1, 10_000)])]);
            store.execute(&local(), Request::new(batch)).map(drop)
        }),
        ("a transaction", |store| {
            store.transact(&local(), |_| Err(StoreError::Unsupported { what: "this" }))
        }),
        ("ensure with a bad address", |store| {
            let public_base_url = Some("ftp://nowhere".to_owned());
            let payload = greentic_env_store::EnsureLocalEnvironmentPayload { public_base_url };
            store.ensure_local_environment(&local(), payload).map(drop)
        }),
        ("repair", |store| store.repair(&local()).map(drop)),
    ];
    for (verb, fail) in failing {
        let lab = Lab::new();
        let error = fail(&lab.open()).expect_err(verb);
        let left = tree(lab.home());
        assert!(left.is_empty(), "{verb} ({}) left {:?}", chain(&error), left.keys());
    }
}

#[test]
fn a_folder_that_a_failed_verb_found_stays_without_new_files() {
    let lab = public_folder();
    let before = tree(lab.home());
    lab.open().execute(&local(), Request::new(split(&[(1, 1)]))).expect_err("no deployment");
    assert!(tree(lab.home()) == before, "nothing was written");
}

#[test]
fn ids_that_would_lead_out_of_the_folder_are_refused() {
    let lab = Lab::new();
    let store = lab.open();
    fs::create_dir(lab.root()).expect("a folder");
    for id in [".", ".."] {
        let env_id: EnvId = id.parse().expect("an id");
        let host = EnvironmentHostConfig::new(env_id.clone());
        let errors = [
            store.snapshot(&env_id).map(drop),
            store.env_exists(&env_id).map(drop),
            store.create_environment(&env_id, "x".to_owned(), host).map(drop),
            store.transact(&env_id, |_| Ok::<_, StoreError>(())),
            store.env_lock_path(&env_id).map(drop),
            store.snapshots(&env_id).map(drop),
            store.compact(&env_id, &Default::default()).map(drop),
        ];
        for error in errors {
            assert_eq!(error.expect_err("an unsafe id").code(), "unsafe-environment-id");
        }
    }
    for id in ["", "a/b", "a\\b", "a\0b", "c:d"] {
        let safe = EnvId::new(id).is_ok_and(|id| id.is_safe_path_segment());
        assert!(!safe, "{id:?} is no id, or no safe one");
    }
    assert_eq!(tree(lab.home()).len(), 1, "nothing was made");
}

#[test]
fn a_mounted_config_map_is_read_through_its_links_and_left_alone() {
    let lab = public_folder();
    let data = lab.at("..2026_06_16_08_53_20");
    fs::create_dir(&data).expect("a folder");
    for file in ["environment.json", "runtime.json"] {
        fs::rename(lab.at(file), data.join(file)).expect("a file");
        symlink(format!("..data/{file}"), lab.at(file)).expect("a link");
    }
    symlink("..2026_06_16_08_53_20", lab.at("..data")).expect("a link");
    let before = tree(&lab.root());
    let store = lab.open();
    assert_eq!(store.load(&local()).expect("it").name, "Front desk");
    assert!(store.load_runtime(&local()).expect("it").is_some());
    assert_eq!(store.list().expect("a list"), [local()]);
    assert!(tree(&lab.root()) == before, "nothing was written");
    // The next version of the map is another folder behind the same links.
    let next = lab.at("..2026_06_17_08_53_20");
    fs::create_dir(&next).expect("a folder");
    let mut environment = lab.json("environment.json");
    environment["name"] = "Back desk".into();
    fs::write(next.join("environment.json"), pretty(&environment)).expect("a file");
    fs::remove_file(lab.at("..data")).expect("a link");
    symlink("..2026_06_17_08_53_20", lab.at("..data")).expect("a link");
    assert_eq!(
        store.load(&local()).map(|env| env.name).map_err(|e| chain(&e)),
        Ok("Back desk".to_owned())
    );
}

#[test]
fn an_environments_folder_may_be_kept_elsewhere() {
    let lab = Lab::new();
    create(&lab.open());
    let elsewhere = lab.home().join("elsewhere");
    fs::rename(lab.at(""), &elsewhere).expect("a folder");
    symlink(&elsewhere, lab.root().join("local")).expect("a link");
    let store = lab.open();
    store.update_environment(&local(), named("Moved")).expect("a change");
    assert_eq!(lab.open().load(&local()).expect("it").name, "Moved");
    assert!(elsewhere.join("journal.db").exists(), "it is written where it is kept");
}

#[test]
fn folders_that_are_no_environments_are_not_listed() {
    let lab = Lab::new();
    deploy(&lab.open());
    for name in ["empty", "not an id", ".hidden", "broken"] {
        fs::create_dir(lab.root().join(name)).expect("a folder");
    }
    fs::write(lab.root().join("broken/environment.json"), "{").expect("a file");
    fs::write(lab.root().join("file"), "").expect("a file");
    let store = lab.open();
    assert_eq!(store.list().expect("a list"), [local()]);
    assert!(store.exists(&"broken".parse().expect("an id")).expect("a look"), "sound or not");
    assert!(!store.exists(&"empty".parse().expect("an id")).expect("a look"));
}

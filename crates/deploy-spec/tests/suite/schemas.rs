//! The schemas of `docs/schemas` accept what the types read and refuse what they refuse.

use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};

use super::golden::published;
use super::samples::{self, Sample};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas")
}

/// A schema; it must be one of draft 2020-12 and lead nowhere outside of itself.
fn schema(name: &str) -> Validator {
    let path = folder().join(format!("{name}.schema.json"));
    let text = fs::read(path).map_err(|error| format!("{name}: {error}")).expect("a schema");
    let schema: Value = serde_json::from_slice(&text).expect("a schema is JSON");
    jsonschema::draft202012::new(&schema).expect("a schema of draft 2020-12")
}

#[test]
fn every_committed_schema_is_one_of_draft_2020_12() {
    for entry in fs::read_dir(folder()).expect("docs/schemas") {
        let file = entry.expect("an entry that can be read").file_name();
        let file = file.to_string_lossy();
        schema(file.strip_suffix(".schema.json").expect("docs/schemas holds schemas alone"));
    }
}

/// What of a file the schema describes: the bodies of a list of errors, else the whole.
fn instances(file: &str, value: Value) -> Vec<Value> {
    match value {
        Value::Array(errors) if file == "remote.errors.json" => {
            errors.into_iter().map(|error| error["body"].clone()).collect()
        }
        whole => vec![whole],
    }
}

fn check_valid(sample: &Sample, value: Value) {
    let schema = schema(sample.schema);
    for instance in instances(sample.file, value) {
        let defects: Vec<_> =
            schema.iter_errors(&instance).map(|defect| defect.to_string()).collect();
        assert!(defects.is_empty(), "{} as {}: {defects:?}", sample.file, sample.schema);
    }
}

#[test]
fn every_golden_file_keeps_its_schema() {
    for sample in samples::samples() {
        check_valid(&sample, sample.value());
    }
}

#[test]
fn every_published_example_keeps_its_schema() {
    let published = published();
    for sample in samples::samples() {
        if let Some(bytes) = published.get(sample.file) {
            let value = serde_json::from_slice(bytes).expect("an example is JSON");
            check_valid(&sample, value);
        }
    }
}

enum Edit {
    /// Puts a value under a key or an index, new or not.
    Put(Value),
    Remove,
}

use Edit::{Put, Remove};

fn edited(mut value: Value, pointer: &str, edit: Edit) -> Value {
    let (parent, key) = pointer.rsplit_once('/').expect("a JSON pointer");
    let parent = value.pointer_mut(parent).expect("the sample has the parent");
    match (parent, edit) {
        (Value::Object(map), Put(value)) => drop(map.insert(key.to_owned(), value)),
        (Value::Object(map), Remove) => {
            map.remove(key).expect("the sample has the key");
        }
        (list, Put(value)) => list[key.parse::<usize>().expect("an index")] = value,
        (_, Remove) => unreachable!("no case removes a list element"),
    }
    value
}

/// What the schema and the type say to a sample that was edited: the same.
fn check(file: &str, pointer: &str, edit: Edit, accepted: bool) {
    let sample = samples::samples().into_iter().find(|sample| sample.file == file);
    let sample = sample.expect("a sample");
    let value = edited(sample.value(), pointer, edit);
    let by_schema = schema(sample.schema).is_valid(&value);
    let by_type = (sample.read)(value.to_string().as_bytes());
    assert_eq!((by_schema, by_type.is_ok()), (accepted, accepted), "{file} {pointer}: {by_type:?}");
}

#[test]
fn what_a_type_refuses_its_schema_refuses() {
    let full = "environment.full.json";
    for (pointer, edit) in [
        ("/name", Put(json!(7))),
        ("/packs", Remove),
        ("/bundles", Put(json!(null))),
        ("/host_config/env_id", Put(json!("a/b"))),
        ("/host_config/gui_enabled", Put(json!("yes"))),
        ("/packs/0/slot", Put(json!("storage"))),
        ("/packs/0/kind", Put(json!("greentic.deployer.k8s"))),
        ("/packs/0/kind", Put(json!("greentic.Deployer.k8s@1.0.0"))),
        ("/packs/0/kind", Put(json!("greentic.deployer.k8s@01.0.0"))),
        ("/packs/0/kind", Put(json!("greentic.deployer.k8s@1.0.0-"))),
        ("/packs/0/generation", Put(json!(-1))),
        ("/credentials_ref", Put(json!("secrets://local/x"))),
        ("/revisions/0/revision_id", Put(json!("01JTKW0000000000000000REV"))),
        ("/revisions/0/revision_id", Put(json!("01JTKW0000000000000000REVI"))),
        ("/revisions/0/revision_id", Put(json!("8ZJTKW0000000000000000REV1"))),
        ("/revisions/0/lifecycle", Put(json!("Ready"))),
        ("/revisions/0/pack_list/0/version", Put(json!("v1.2.3"))),
        ("/revisions/0/pack_list/0/version", Put(json!("1.2.3-01"))),
        ("/traffic_splits/0/entries/0/weight_bps", Put(json!(0.5))),
        ("/extensions/0/pack_ref", Remove),
        ("/health/state", Put(json!("blue"))),
    ] {
        check(full, pointer, edit, false);
    }
    let update = "payload.update-environment.json";
    check(update, "/region", Put(json!("eu-west-1")), false);
    check(update, "/region", Put(json!({})), false);
    check(update, "/region/clear", Put(json!(true)), false);
    check("payload.warm-revision.ok.json", "/health_gate/why", Put(json!("x")), false);
    check("payload.warm-revision.ok.json", "/health_gate/ok", Put(json!("true")), false);
    check("payload.stage-revision.json", "/pack_config_refs", Remove, false);
    check("reconcile-complete.failed.json", "/later", Put(json!(1)), false);
    check("reconcile-complete.failed.json", "/completion/status", Put(json!("done")), false);
    check("remote.idempotency-record.json", "/key", Put(json!(" ")), false);
    check("remote.mutation-response.json", "/idempotency", Put(json!("applied")), false);
    check("command.json", "/payload/0/command", Put(json!("rename")), false);
    check("command.json", "/payload/0/payload/name", Put(json!([])), false);
    check("outcome.json", "/result/1/result/generation", Remove, false);
}

#[test]
fn what_a_type_accepts_its_schema_accepts() {
    let full = "environment.full.json";
    for (pointer, edit) in [
        ("/from_the_future", Put(json!({"a": [1]}))),
        ("/bundles/0/pack_name", Put(json!("Support"))),
        ("/bundles", Put(json!([]))),
        ("/messaging_endpoints", Remove),
        ("/extensions", Remove),
        ("/health", Remove),
        ("/credentials_ref", Put(json!(null))),
        ("/host_config/listen_addr", Put(json!("[::1]:80"))),
        ("/revisions/0/revision_id", Put(json!("01jtkw0000000000000000rev9"))),
        ("/packs/0/generation", Remove),
        ("/packs/0/kind", Put(json!("-.9@1.0.0-rc.1.0a+build.007"))),
        ("/extensions/0/instance_id", Put(json!(null))),
    ] {
        check(full, pointer, edit, true);
    }
    let update = "payload.update-environment.json";
    check(update, "/region", Put(json!(null)), true);
    check(update, "/region", Put(json!({"clear": false})), true);
    check("payload.add-bundle.json", "/config_overrides", Remove, true);
    check("payload.extension-keyed.update.json", "/key/instance_id", Remove, true);
    check("update-channel.full.json", "/insecure_http", Put(json!(true)), true);
    check("result.trust-root-remove.noop.json", "/removed_public_key_pem", Remove, true);
}

//! The samples are, byte for byte, the files of `tests/golden`, and mean what was published.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::remote::Request;
use greentic_deploy_spec::{
    Document, Environment, EnvironmentHostConfig, canonical_json, load_inline, parse_json,
    sha256_hex, stash_inline,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::samples::{self, Sample};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

#[expect(clippy::disallowed_methods, reason = "tests are switched by the environment")]
fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The published examples, by file name; none when `GREENTIC_WIRE_EXAMPLES` names no folder.
#[expect(clippy::disallowed_macros, clippy::print_stderr, reason = "skipping is said aloud")]
pub(super) fn published() -> BTreeMap<String, Vec<u8>> {
    let Some(folder) = variable("GREENTIC_WIRE_EXAMPLES") else {
        eprintln!("skipped: GREENTIC_WIRE_EXAMPLES names no folder of published examples");
        return BTreeMap::new();
    };
    let files = json_files(&folder);
    assert!(!files.is_empty(), "{} holds no example", folder.display());
    files
}

/// The `.json` files of a folder and those below it.
fn json_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry that can be read").path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            files.insert(name, fs::read(&path).expect("a file that can be read"));
        }
    }
    files
}

fn by_file() -> BTreeMap<&'static str, Sample> {
    samples::samples().into_iter().map(|sample| (sample.file, sample)).collect()
}

#[test]
fn golden_files_are_what_the_samples_say() {
    let samples = by_file();
    if variable("GREENTIC_UPDATE_GOLDEN").is_some() {
        for sample in samples.values() {
            fs::write(golden().join(sample.file), &sample.text).expect("a file to write");
        }
    }
    let files = json_files(&golden());
    let names: BTreeSet<_> = files.keys().map(String::as_str).collect();
    assert_eq!(names, samples.keys().copied().collect(), "set GREENTIC_UPDATE_GOLDEN=1, remove");
    for sample in samples.values() {
        let text = String::from_utf8_lossy(&files[sample.file]);
        assert_eq!(text, sample.text, "{}: GREENTIC_UPDATE_GOLDEN=1 rewrites it", sample.file);
    }
}

#[test]
fn every_file_name_stands_for_one_sample() {
    let all = samples::all();
    let names: BTreeSet<_> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), all.len());
}

fn check_round_trip(sample: &Sample, bytes: &[u8]) {
    let value = parse_json(bytes).map_err(|error| error.to_string());
    assert_eq!((sample.read)(bytes), value, "{}", sample.file);
}

#[test]
fn golden_files_are_read_and_written_without_loss() {
    for sample in samples::samples() {
        check_round_trip(&sample, sample.text.as_bytes());
    }
}

#[test]
fn published_examples_round_trip() {
    let samples = by_file();
    for (name, bytes) in published() {
        let sample = samples.get(name.as_str());
        let sample = sample.ok_or_else(|| format!("no sample is called {name}")).expect("one");
        check_round_trip(sample, &bytes);
        let value: Value = serde_json::from_slice(&bytes).expect("an example is JSON");
        assert_eq!(sample.value(), value, "the sample differs from what is published: {name}");
    }
}

#[test]
fn later_keys_survive_a_change() {
    let samples = by_file();
    let text = samples["host-config.default-bundle.json"].text.as_bytes();
    let host: Document<EnvironmentHostConfig> = Document::from_json(text).expect("a document");
    let mut typed = host.typed().clone();
    typed.gui_enabled = None;
    typed.region = Some("eu-west-1".to_owned());
    let changed = host.with(typed).expect("a JSON form");
    let expected = json!({
        "env_id": "local", "region": "eu-west-1", "default_bundle": "customer.support"
    });
    assert_eq!(changed.raw(), &expected);
}

#[test]
fn the_published_digests_come_out() {
    let full = samples::document();
    assert_eq!(
        full.etag(),
        "c219824ac860a52efc6b9071021abf09e60dd4bd30ce449183d7879c0376aca2",
        "etag of the full environment"
    );
    let fresh: Document<Environment> =
        Document::new(samples::minimal_environment()).expect("a JSON form");
    assert_eq!(
        fresh.canonical(),
        concat!(
            r#"{"bundles":[],"environment_id":"local","extensions":[],"health":{"state":"unknown"},"#,
            r#""host_config":{"env_id":"local","listen_addr":"127.0.0.1:8080"},"#,
            r#""messaging_endpoints":[],"name":"local","packs":[],"retention":{},"revisions":[],"#,
            r#""revocation":{"required":false},"schema":"greentic.environment.v1","#,
            r#""traffic_splits":[]}"#,
        )
    );
    assert_eq!(
        fresh.etag(),
        "eab49c42e5efd6396fb09c954b01494368fdb075d4eb0f548a9af5bf964d5f54",
        "etag of a fresh environment"
    );
    assert_eq!(sha256_hex(fresh.canonical().as_bytes()), fresh.etag());
}

#[test]
fn the_published_request_fingerprint_comes_out() {
    let command = Command::DrainRevision { revision_id: samples::revision_id(1) };
    let request = Request::for_command(&samples::env_id(), &command).expect("a request");
    assert_eq!(
        request.fingerprint(),
        "f5729f2d862ace588e874421f86bd2e8242a2d0def2ef8008b4596181ee05006"
    );
}

fn check_stash<T: Serialize>(previous: &T, token: &str) {
    let value = serde_json::to_value(previous).expect("a JSON form");
    assert_eq!(stash_inline(&value), Path::new(token));
    assert_eq!(load_inline(Path::new(token)), Some(value));
}

#[test]
fn the_published_stashes_come_out_and_go_in() {
    check_stash(
        &samples::previous_binding(),
        concat!(
            "inline://eyJnZW5lcmF0aW9uIjowLCJraW5kIjoiZ3JlZW50aWMuc2VjcmV0cy5kZXYtc3RvcmVAMC4xLjAi",
            "LCJwYWNrX3JlZiI6ImdyZWVudGljLnNlY3JldHMuZGV2LXN0b3JlQDAuMS4wIiwic2xvdCI6InNlY3JldHMifQ",
        ),
    );
    check_stash(
        &samples::previous_split(),
        concat!(
            "inline://eyJhdXRob3JpemF0aW9uX3JlZiI6ImF1dGguanNvbiIsImJ1bmRsZV9pZCI6ImN1c3RvbWVyLnN1",
            "cHBvcnQiLCJkZXBsb3ltZW50X2lkIjoiMDFKVEtXMDAwMDAwMDAwMDAwMDAwMERFUDEiLCJlbnRyaWVzIjpbey",
            "JyZXZpc2lvbl9pZCI6IjAxSlRLVzAwMDAwMDAwMDAwMDAwMDBSRVYxIiwid2VpZ2h0X2JwcyI6MTAwMDB9XSwi",
            "ZW52X2lkIjoibG9jYWwiLCJnZW5lcmF0aW9uIjowLCJpZGVtcG90ZW5jeV9rZXkiOiIwMUpUS1c1QjRXNFE1WT",
            "FDUVc5M0Y3UzVWSCIsInNjaGVtYSI6ImdyZWVudGljLnRyYWZmaWMtc3BsaXQudjEiLCJ1cGRhdGVkX2F0Ijoi",
            "MjAyNi0wNi0xNlQwODo1NDoxMFoiLCJ1cGRhdGVkX2J5Ijoib3BlcmF0b3I6Ly9hbGljZSJ9",
        ),
    );
}

#[test]
fn canonical_json_sorts_keys_at_every_level_and_keeps_the_order_of_lists() {
    let value = json!({"b": [{"z": "é", "a": "\n"}, 1], "a": {}, "B": null});
    let text = canonical_json(&value).expect("a JSON form");
    assert_eq!(text, r#"{"B":null,"a":{},"b":[{"a":"\n","z":"é"},1]}"#);
}

/// Kind, status and text of each error body, as they were published.
const ERRORS: [(&str, u16, &str); 13] = [
    ("precondition-failed", 412, "precondition failed (stale generation/etag)"),
    ("precondition-required", 428, "precondition required: d"),
    ("idempotency-conflict", 409, "idempotency conflict: r"),
    ("unauthorized", 403, "unauthorized: r (policy `static-tokens`)"),
    ("not-found", 404, "environment not found"),
    ("already-exists", 409, "already exists: d"),
    ("invalid-request", 400, "invalid request: d"),
    ("conflict", 409, "conflict: d"),
    ("dependent-not-found", 404, "dependent not found: d"),
    ("health-gate-failed", 422, "health gate failed for revision `01JTKW0000000000000000REV1`: m"),
    ("integrity-mismatch", 422, "integrity mismatch: expected a, computed b"),
    ("not-yet-implemented", 501, "not yet implemented: d"),
    ("internal", 500, "internal store error: m"),
];

#[test]
fn every_remote_error_has_its_published_kind_status_and_text() {
    let errors = samples::errors();
    assert_eq!(errors.len(), ERRORS.len());
    for (example, (kind, status, display)) in errors.into_iter().zip(ERRORS) {
        let body = serde_json::to_value(&example.body).expect("a JSON form");
        assert_eq!(body["kind"], kind);
        assert_eq!(example.body.kind().as_str(), kind);
        assert_eq!((example.status, example.display.as_str()), (status, display));
        assert!(example.body.agrees_with_status(status));
        assert_eq!(example.body.agrees_with_status(401), kind == "unauthorized", "{kind}");
    }
}

//! A document keeps what the types do not know, and says where it is wrong.

use greentic_deploy_spec::{
    Document, DocumentError, Environment, MAX_DOCUMENT_BYTES, RevisionLifecycle,
};
use serde_json::{Value, json};

use crate::samples;

/// The full sample with a key that the types do not know, in every kind of place.
fn with_unknown_keys() -> Document<Environment> {
    let mut raw = samples::document().into_raw();
    raw["x"] = json!({"a": [1, null]});
    raw["host_config"]["x"] = json!("host");
    raw["packs"][1]["x"] = json!("secrets");
    raw["bundles"][0]["x"] = json!("bundle");
    raw["bundles"][0]["revenue_share"][0]["x"] = json!("agency");
    raw["revisions"][0]["x"] = json!("first");
    raw["revisions"][1]["x"] = json!("second");
    raw["revisions"][1]["pack_list"][0]["x"] = json!("pack");
    raw["traffic_splits"][0]["entries"][0]["x"] = json!("entry");
    raw["extensions"][0]["x"] = json!("primary");
    raw["health"]["x"] = json!("health");
    Document::from_value(raw).expect("unknown keys are legal")
}

fn changed(document: &Document<Environment>, edit: impl FnOnce(&mut Environment)) -> Value {
    let mut typed = document.typed().clone();
    edit(&mut typed);
    let after = document.with(typed).expect("a JSON form");
    let again: Document<Environment> =
        Document::from_value(after.raw().clone()).expect("the raw view is legal");
    assert_eq!(again.typed(), after.typed(), "the views agree");
    after.into_raw()
}

#[test]
fn a_change_of_nothing_is_none() {
    let document = with_unknown_keys();
    assert_eq!(&changed(&document, |_| {}), document.raw());
    assert_eq!(document.typed(), &samples::environment());
    assert_ne!(document.etag(), samples::document().etag(), "unknown keys count");
}

#[test]
fn a_change_leaves_unknown_keys_where_they_were() {
    let document = with_unknown_keys();
    let mut expected = document.raw().clone();
    expected["name"] = json!("renamed");
    expected["revisions"][1]["lifecycle"] = json!("draining");
    expected["bundles"][0]["revenue_share"][0]["basis_points"] = json!(2000);
    expected["health"]["state"] = json!("red");
    expected["host_config"].as_object_mut().expect("an object").remove("region");
    let actual = changed(&document, |env| {
        env.name = "renamed".to_owned();
        env.revisions[1].lifecycle = RevisionLifecycle::Draining;
        env.bundles[0].revenue_share[0].basis_points = 2000;
        env.health.state = greentic_deploy_spec::HealthState::Red;
        env.host_config.region = None;
    });
    assert_eq!(actual, expected);
}

#[test]
fn unknown_keys_follow_their_element_and_not_its_place() {
    let document = with_unknown_keys();
    let removed = changed(&document, |env| drop(env.revisions.remove(0)));
    assert_eq!(removed["revisions"], json!([document.raw()["revisions"][1]]));
    let moved = changed(&document, |env| env.revisions.reverse());
    assert_eq!(moved["revisions"][0], document.raw()["revisions"][1]);
    let added = changed(&document, |env| {
        env.revisions.insert(0, samples::revision(3));
        env.extensions[0].kind = "acme.oauth.auth0@2.0.0".parse().expect("a descriptor");
        env.extensions.reverse();
    });
    assert_eq!(added["revisions"][0], json!(samples::revision(3)));
    assert_eq!(added["revisions"][1]["x"], "first");
    assert_eq!(added["extensions"][1]["x"], "primary", "another version, the same extension");
    assert_eq!(added["extensions"][1]["kind"], "acme.oauth.auth0@2.0.0");
    let replaced = changed(&document, |env| env.revisions[0] = samples::revision(3));
    assert_eq!(replaced["revisions"][0].get("x"), None, "another revision in its place");
}

#[test]
fn elements_of_one_identity_keep_what_is_theirs() {
    let mut raw = with_unknown_keys().into_raw();
    let twin = raw["revisions"][0].clone();
    raw["revisions"].as_array_mut().expect("a list").push(twin);
    raw["revisions"][2]["x"] = json!("twin");
    let document = Document::from_value(raw).expect("legal");
    let after = changed(&document, |env| drop(env.revisions.remove(1)));
    assert_eq!(
        (&after["revisions"][0]["x"], &after["revisions"][1]["x"]),
        (&json!("first"), &json!("twin"))
    );
}

#[test]
fn what_was_absent_or_null_stays_so_until_it_changes() {
    let raw = json!({
        "schema": "greentic.environment.v1",
        "environment_id": "local",
        "name": "local",
        "host_config": {"env_id": "local", "listen_addr": "127.0.0.1:8080", "region": null},
        "packs": [],
    });
    let document = Document::<Environment>::from_value(raw.clone()).expect("legal");
    assert_eq!(document.typed(), &samples::minimal_environment());
    let renamed = changed(&document, |env| env.name = "renamed".to_owned());
    let mut expected = raw;
    expected["name"] = json!("renamed");
    assert_eq!(renamed, expected);
    let staged = changed(&document, |env| env.revisions.push(samples::revision(1)));
    assert_eq!(staged["revisions"], json!([samples::revision(1)]));
    assert_eq!(staged.get("bundles"), None);
}

fn check_refused(text: &str, code: &str, message: &str) {
    let error = Document::<Environment>::from_json(text.as_bytes()).expect_err("not legal");
    assert_eq!((error.code(), error.to_string().as_str()), (code, message));
}

#[test]
fn what_would_not_come_back_is_refused() {
    let minimal = samples::minimal_environment();
    let text = serde_json::to_string(&minimal).expect("a JSON form");
    let with = |key: &str| text.replacen('{', &format!("{{{key},"), 1);
    check_refused(
        &with(r#""x":{"n":[12345678901234567890123]}"#),
        "json-lossy-number",
        "number 12345678901234567890123 at `/x/n/0` would be read as 1.2345678901234568e+22; write it as a string or with fewer digits",
    );
    check_refused(
        &with(r#""name":"other""#),
        "json-duplicate-key",
        "key \"name\" stands twice in one object at line 1 column 82; keep one of the two",
    );
    check_refused(
        "{",
        "json-syntax",
        "not valid JSON at line 1 column 1: EOF while parsing an object",
    );
    let kept: Document<Environment> =
        Document::from_json(with(r#""x":[18446744073709551615,-0.1,1e3]"#).as_bytes())
            .expect("these come back");
    assert_eq!(kept.raw()["x"], json!([u64::MAX, -0.1, 1000.0]));
}

#[test]
fn a_document_that_is_too_large_is_not_read() {
    let bytes = vec![b' '; MAX_DOCUMENT_BYTES + 1];
    let error = Document::<Environment>::from_json(&bytes).expect_err("too large");
    assert_eq!(error.code(), "document-too-large");
    assert_eq!(error.to_string(), "the document has 67108865 bytes; the limit is 67108864");
}

fn check_field(pointer: &str, value: Value, path: &str, fragment: &str) {
    let mut raw = samples::document().into_raw();
    *raw.pointer_mut(pointer).expect("the sample has it") = value;
    match Document::<Environment>::from_value(raw) {
        Err(DocumentError::Field { document, path: at, message }) => {
            assert_eq!((document, at.as_str()), ("Environment", path));
            assert!(message.contains(fragment), "{message}");
        }
        other => unreachable!("{pointer}: {other:?}"),
    }
}

#[test]
fn an_error_names_the_field_and_the_value() {
    check_field("/revisions/1/lifecycle", json!("redy"), "revisions[1].lifecycle", "`redy`");
    check_field("/packs/0/kind", json!("a.b"), "packs[0].kind", "missing `@<semver>` suffix");
    check_field("/packs/2/slot", json!("storage"), "packs[2].slot", "`storage`");
    check_field("/bundles", json!(null), "bundles", "null");
    check_field(
        "/traffic_splits/0/entries/1/weight_bps",
        json!(-1),
        "traffic_splits[0].entries[1].weight_bps",
        "`-1`",
    );
    check_field("/host_config/env_id", json!("a b"), "host_config.env_id", "\"a b\"");
    check_field("/revisions/0/revision_id", json!("8Z"), "revisions[0].revision_id", "\"8Z\"");
}

#[test]
fn people_read_known_keys_in_their_order_and_the_others_after_them() {
    let raw = json!({
        "x": {"b": 1, "a": 2},
        "packs": [],
        "name": "local",
        "host_config": {"a": 1, "region": "r", "env_id": "local"},
        "environment_id": "local",
        "a": 0,
        "schema": "greentic.environment.v1",
    });
    let document: Document<Environment> = Document::from_value(raw.clone()).expect("legal");
    let text = document.to_pretty().expect("a JSON form");
    let expected = r#"{
  "schema": "greentic.environment.v1",
  "environment_id": "local",
  "name": "local",
  "host_config": {
    "env_id": "local",
    "region": "r",
    "a": 1
  },
  "packs": [],
  "a": 0,
  "x": {
    "a": 2,
    "b": 1
  }
}
"#;
    assert_eq!(text, expected);
    let again: Document<Environment> = Document::from_json(text.as_bytes()).expect("legal");
    assert_eq!(again.raw(), &raw);
}

#[test]
fn keys_of_later_versions_are_read_from_the_raw_view() {
    let mut raw = samples::document().into_raw();
    raw["host_config"]["default_bundle"] = json!("customer.support");
    raw["revisions"][1]["runtime_image_digest"] = json!("sha256:00");
    raw["bundles"][0]["pack_name"] = json!("Support");
    let document = Document::<Environment>::from_value(raw).expect("legal");
    assert_eq!(document.default_bundle(), Some("customer.support".into()));
    assert_eq!(document.runtime_image_digest(samples::revision_id(1)), None);
    assert_eq!(document.runtime_image_digest(samples::revision_id(2)), Some("sha256:00"));
    assert_eq!(document.pack_name(samples::deployment_id()), Some("Support"));
}

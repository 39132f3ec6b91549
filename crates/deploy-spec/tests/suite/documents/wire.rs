//! The JSON forms that are more than a field under its name.

use std::fmt::Debug;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::remote::{ReconcileCompletionRequest, RemoteStoreError};
use greentic_deploy_spec::{
    Document, Environment, EnvironmentHostConfig, ExtensionKey, FieldUpdate, HealthStatus,
    UpdateChannelConfig, UpdateEnvironmentPayload, WarmRevisionPayload,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, from_value, json, to_value};

use crate::samples;

fn check_read<T: DeserializeOwned + PartialEq + Debug>(json: Value, expected: T) {
    let text = json.to_string();
    assert_eq!(from_value::<T>(json).map_err(|error| error.to_string()), Ok(expected), "{text}");
}

fn check_refused<T: DeserializeOwned + Debug>(json: Value, message: &str) {
    let text = json.to_string();
    let error = from_value::<T>(json).expect_err("not legal").to_string();
    assert!(error.contains(message), "{text}: {error}");
}

fn check_both_ways<T>(json: Value, typed: T)
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    assert_eq!(to_value(&typed).expect("a JSON form"), json);
    check_read(json, typed);
}

#[test]
fn a_field_update_keeps_sets_or_clears() {
    use FieldUpdate::{Clear, Keep, Set};
    check_both_ways(json!(null), Keep::<u32>);
    check_both_ways(json!({"value": 7}), Set(7));
    check_both_ways(json!({"clear": true}), Clear::<u32>);
    check_read(json!({"clear": false}), Keep::<u32>);
    check_read(json!({}), UpdateEnvironmentPayload::default());
    let neither = "field update object must carry `value` or `clear`";
    check_refused::<FieldUpdate<u32>>(json!({}), neither);
    check_refused::<FieldUpdate<u32>>(json!({"value": null}), neither);
    let both = "field update cannot carry both `value` and `clear`";
    check_refused::<FieldUpdate<u32>>(json!({"value": 7, "clear": true}), both);
    check_refused::<FieldUpdate<u32>>(json!({"value": 7, "clear": false}), both);
    check_refused::<FieldUpdate<u32>>(json!({"set": 7}), "unknown field `set`");
    check_refused::<FieldUpdate<u32>>(json!({"value": "7"}), "invalid type: string \"7\"");
    check_refused::<FieldUpdate<String>>(json!("eu-west-1"), "invalid type: string");
}

#[test]
fn a_field_update_of_any_json_is_read_as_it_was_written() {
    for value in [json!(null), json!({"clear": true}), json!([])] {
        check_both_ways(json!({"value": value}), FieldUpdate::Set(value));
    }
}

#[test]
fn a_field_update_does_what_it_says() {
    let apply = |update: FieldUpdate<u32>| {
        let mut field = Some(1);
        update.apply_to(&mut field);
        field
    };
    assert_eq!(apply(FieldUpdate::Keep), Some(1));
    assert_eq!(apply(FieldUpdate::Set(2)), Some(2));
    assert_eq!(apply(FieldUpdate::Clear), None);
    assert_eq!(FieldUpdate::from_option(None::<u32>), FieldUpdate::Keep);
    assert_eq!(FieldUpdate::from_option(Some(2)), FieldUpdate::Set(2));
    let of = FieldUpdate::<u32>::from_double_option;
    assert_eq!(
        [of(None), of(Some(None)), of(Some(Some(2)))],
        [FieldUpdate::Keep, FieldUpdate::Clear, FieldUpdate::Set(2)]
    );
}

fn warm(gate: Value) -> Value {
    json!({
        "revision_id": samples::revision_id(3),
        "health_gate": gate,
        "expected_lifecycle": "staged",
    })
}

#[test]
fn a_health_gate_is_ok_or_says_what_failed() {
    let failure = json!({"failed_checks": ["provider-health"], "message": "m"});
    let read = |gate| from_value::<WarmRevisionPayload>(warm(gate)).expect("legal").health_gate;
    assert_eq!(read(json!({"ok": true})), Ok(()));
    assert_eq!(read(json!({"ok": true, "failure": null})), Ok(()));
    let said = read(json!({"ok": false, "failure": failure})).expect_err("a failure");
    assert_eq!(to_value(said).expect("a JSON form"), failure);
    for (gate, message) in [
        (json!({"ok": true, "failure": failure}), "that is ok has no `failure`"),
        (json!({"ok": false}), "that is not ok needs a `failure`"),
        (json!({"ok": true, "why": ""}), "unknown field `why`"),
        (json!({"failure": failure}), "missing field `ok`"),
        (json!(true), "invalid type"),
        (
            json!({"ok": false, "failure": {"failed_checks": ["disk"], "message": "m"}}),
            "unknown variant `disk`",
        ),
    ] {
        check_refused::<WarmRevisionPayload>(warm(gate), message);
    }
}

#[test]
fn a_time_is_read_with_any_offset_and_written_in_utc() {
    for (text, written) in [
        ("2026-06-16T08:53:20Z", "2026-06-16T08:53:20Z"),
        ("2026-06-16T10:53:20+02:00", "2026-06-16T08:53:20Z"),
        ("2026-06-15T23:53:20.5-09:00", "2026-06-16T08:53:20.500Z"),
        ("2026-06-16 08:53:20Z", "2026-06-16T08:53:20Z"),
        ("2026-06-16T08:53:20.120Z", "2026-06-16T08:53:20.120Z"),
        ("2026-06-16T08:53:20.000100Z", "2026-06-16T08:53:20.000100Z"),
        ("2026-06-16T08:53:20.123456789Z", "2026-06-16T08:53:20.123456789Z"),
        ("2026-06-16T08:53:20.000Z", "2026-06-16T08:53:20Z"),
    ] {
        let time: DateTime<Utc> = from_value(json!(text)).expect("a time");
        assert_eq!(to_value(time).expect("a JSON form"), json!(written), "{text}");
    }
    for text in ["2026-06-16T08:53:20", "2026-06-16", "1781600000", "2026-13-01T00:00:00Z"] {
        assert!(from_value::<DateTime<Utc>>(json!(text)).is_err(), "{text}");
    }
}

#[test]
fn an_address_is_an_ip_and_a_port() {
    let host = |addr: &str| json!({"env_id": "local", "listen_addr": addr});
    for text in ["127.0.0.1:8080", "[::1]:80"] {
        let read: EnvironmentHostConfig = from_value(host(text)).expect("an address");
        assert_eq!(to_value(read).expect("a JSON form"), host(text));
    }
    for text in ["localhost:8080", "127.0.0.1", ":8080", "127.0.0.1:99999"] {
        check_refused::<EnvironmentHostConfig>(host(text), "invalid socket address");
    }
}

#[test]
fn null_is_no_list_and_stands_for_an_optional_value_that_is_absent() {
    let minimal = || to_value(samples::minimal_environment()).expect("a JSON form");
    let lists =
        ["packs", "bundles", "revisions", "traffic_splits", "messaging_endpoints", "extensions"];
    for key in lists {
        let mut json = minimal();
        json[key] = json!(null);
        check_refused::<Environment>(json, "invalid type: null");
    }
    let mut json = minimal();
    json["credentials_ref"] = json!(null);
    json["host_config"]["region"] = json!(null);
    check_read(json, samples::minimal_environment());
}

#[test]
fn only_the_list_of_packs_must_be_there() {
    let json = json!({
        "schema": "greentic.environment.v1",
        "environment_id": "local",
        "name": "local",
        "host_config": {"env_id": "local", "listen_addr": "127.0.0.1:8080"},
        "packs": [],
    });
    check_read(json.clone(), samples::minimal_environment());
    for key in ["schema", "environment_id", "name", "host_config", "packs"] {
        let mut json = json.clone();
        json.as_object_mut().expect("an object").remove(key);
        check_refused::<Environment>(json, &format!("missing field `{key}`"));
    }
    check_read(json!({}), HealthStatus::default());
}

#[test]
fn an_extension_key_writes_null_and_need_not_have_it() {
    let key = ExtensionKey::new("acme.oauth.auth0", None);
    check_both_ways(json!({"kind_path": "acme.oauth.auth0", "instance_id": null}), key.clone());
    check_read(json!({"kind_path": "acme.oauth.auth0"}), key.clone());
    assert_eq!(key.to_string(), "acme.oauth.auth0");
    let named = ExtensionKey::new("acme.oauth.auth0", Some("primary".to_owned()));
    assert_eq!(named.to_string(), "acme.oauth.auth0/primary");
    let binding = samples::extension(Some("primary"));
    assert!(named.matches(&binding) && !key.matches(&binding));
}

#[test]
fn an_update_channel_keeps_every_key() {
    let json = json!({
        "schema": "greentic.update-channel.v1",
        "environment_id": "local",
        "insecure_http": true,
        "blob_base_url": "https://b",
    });
    let channel: UpdateChannelConfig = from_value(json.clone()).expect("a channel");
    assert_eq!(to_value(channel).expect("a JSON form"), json);
}

#[test]
fn a_reconcile_report_has_no_key_to_spare() {
    let report = |completion: Value| {
        json!({
            "authorized_generation": 4,
            "authorized_etag": "00",
            "completion": completion,
        })
    };
    let failed = json!({"status": "failed", "error": "e"});
    assert!(from_value::<ReconcileCompletionRequest>(report(failed.clone())).is_ok());
    let mut extra = report(failed);
    extra["by"] = json!("alice");
    check_refused::<ReconcileCompletionRequest>(extra, "unknown field `by`");
    let extra = report(json!({"status": "failed", "error": "e", "applied": 1}));
    check_refused::<ReconcileCompletionRequest>(extra, "unknown field `applied`");
}

#[test]
fn an_error_body_is_read_with_the_status_it_belongs_to() {
    let body = json!({"kind": "conflict", "detail": "d", "later": 1});
    let error = RemoteStoreError::read(409, body.clone()).expect("the status agrees");
    assert_eq!(error, RemoteStoreError::Conflict { detail: "d".to_owned() });
    let error = RemoteStoreError::read(500, body).expect_err("the status does not agree");
    assert_eq!(
        error.to_string(),
        "status 500 came with a body of kind `conflict`, whose status is 409"
    );
    let denied = json!({"kind": "unauthorized", "policy": "p", "reason": "r"});
    assert!(RemoteStoreError::read(401, denied).is_ok());
    let error = RemoteStoreError::read(502, json!("bad gateway")).expect_err("no error body");
    assert_eq!(error.to_string(), "status 502 came without an error body");
}

#[test]
fn a_document_in_a_payload_is_read_with_the_field_that_is_wrong() {
    let error = from_value::<Document<EnvironmentHostConfig>>(json!({"env_id": "a b"}));
    let text = error.expect_err("not legal").to_string();
    assert!(text.starts_with("EnvironmentHostConfig is invalid at `env_id`: "), "{text}");
    assert!(text.contains("\"a b\""), "{text}");
}

//! The smaller parts of the contract: answers, records, names, and what the audit log is told.

use std::collections::HashSet;

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::remote::{Method, Operation, Readiness, RemoteStoreError, Request};
use greentic_deploy_spec::{
    EnvId, HealthCheckId, IdempotencyRecord, IdempotencyReplay, RestoreOutcome, StateEtag,
    StateIntegrity,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::lab::{drain, revision};

const BACKUP: &str = "01JTKW5B4W4Q5Y1CQW93F7S5VB";

fn local() -> EnvId {
    "local".parse().expect("an id")
}

/// One command of each kind.
fn commands() -> Vec<Command> {
    let mut runner = TestRunner::deterministic();
    let mut one =
        |kind: arbitrary::Kind| kind.commands.new_tree(&mut runner).expect("a value").current();
    arbitrary::kinds().into_iter().map(&mut one).collect()
}

#[test]
fn every_command_has_a_name_of_its_own_and_tells_the_audit_log_where_it_acts() {
    let mut names = HashSet::new();
    for command in commands() {
        let name = command.name().to_string();
        let target = command.audit_target(&local());
        assert_eq!(target["environment_id"], "local", "{name}");
        if !matches!(command, Command::Restore { .. }) {
            assert!(names.insert(name.clone()), "{name} stands for two verbs");
        }
        let text = target.to_string();
        for hidden in ["config_overrides", "answers\":", "discovered", "secret_refs", "snapshot"] {
            assert!(!text.contains(hidden), "{name}: {text}");
        }
    }
}

#[test]
fn access_is_asked_for_by_name_and_an_export_needs_the_right_to_change() {
    let operation = |method, path: &str, body: Option<Value>| {
        let request = Request { method, path: path.to_owned(), body };
        request.operation().expect("an operation")
    };
    let check = |operation: Operation, name: Option<&str>, mutates: bool| {
        let actual = operation.name().map(|name| name.to_string());
        assert_eq!(actual.as_deref(), name);
        assert_eq!(operation.needs_mutation_right(), mutates, "{actual:?}");
    };
    let at = |rest: &str| format!("/environments/local/{rest}");
    check(operation(Method::Get, "/healthz", None), None, false);
    check(operation(Method::Get, "/environments", None), Some("env.read"), false);
    check(operation(Method::Get, &at("backups"), None), Some("env.read"), false);
    let backup = at(&format!("backups/{BACKUP}"));
    check(operation(Method::Post, &at("backups"), None), Some("backup.create"), true);
    check(operation(Method::Delete, &backup, None), Some("backup.delete"), true);
    let export = format!("{backup}/export");
    check(operation(Method::Get, &export, None), Some("backup.export"), true);
    let restore = json!({"backup_id": BACKUP, "precondition": {"if_match": "ab"}});
    check(operation(Method::Post, &at("restore"), Some(restore)), Some("backup.restore"), true);
    check(operation(Method::Post, &at("reconcile"), None), Some("env.reconcile"), true);
    let drained = at(&format!("revisions/{}/drain", revision(1)));
    check(operation(Method::Post, &drained, None), Some("revisions.drain"), true);
}

#[test]
fn a_method_is_read_as_it_is_sent() {
    for method in [Method::Get, Method::Post, Method::Patch, Method::Delete] {
        assert_eq!(method.as_str().parse(), Ok(method));
    }
    for other in ["PUT", "get", ""] {
        assert!(other.parse::<Method>().is_err(), "{other}");
    }
}

#[test]
fn a_fingerprint_is_of_the_path_and_not_of_its_escapes() {
    let at = |path: &str| Request { method: Method::Get, path: path.to_owned(), body: None };
    let plain = at("/environments/my.env/runtime");
    assert_eq!(plain.fingerprint(), at("/environments/my%2Eenv/runtime").fingerprint());
    assert_ne!(plain.fingerprint(), at("/environments/my-env/runtime").fingerprint());
}

#[test]
fn a_record_answers_its_own_request_and_no_other() {
    let record: IdempotencyRecord = serde_json::from_value(
        crate::samples::all()
            .into_iter()
            .find(|(name, _)| *name == "remote.idempotency-record.json")
            .expect("a sample")
            .1,
    )
    .expect("a record");
    let own = record.request_fingerprint.clone();
    assert_eq!(record.match_request(&own), IdempotencyReplay::Replay(&record.response));
    let reason = format!("key `{}` was used for another request; take a fresh key", record.key);
    assert_eq!(record.match_request("other"), IdempotencyReplay::Conflict { reason });
    let request = Request::for_command(&local(), &drain(1)).expect("a request");
    let parts = json!({"method": "POST", "path": request.path, "body": null});
    assert_eq!(IdempotencyRecord::fingerprint(&parts).ok(), Some(request.fingerprint()));
}

#[test]
fn a_failed_gate_is_an_error_body_and_back() {
    let outcome = Outcome::HealthGateFailed {
        revision_id: revision(1),
        failed_checks: vec![HealthCheckId::ProviderHealth],
        message: "no answer".to_owned(),
    };
    let error = outcome.as_error().expect("an error");
    assert_eq!(error.http_status(), 422);
    assert_eq!(error.as_outcome(), Some(outcome));
    assert_eq!(Outcome::Done.as_error(), None);
    assert_eq!(RemoteStoreError::NotFound.as_outcome(), None);
}

#[test]
fn readiness_has_its_status_and_a_restored_state_its_etag() {
    let ready = serde_json::to_value(Readiness::Ready).expect("JSON");
    assert_eq!((ready, Readiness::Ready.http_status()), (json!({"status": "ready"}), 200));
    let unready = Readiness::Unready { error: "disk".to_owned() };
    assert_eq!(unready.http_status(), 503);
    let json = serde_json::to_value(&unready).expect("JSON");
    assert_eq!(json, json!({"status": "unready", "error": "disk"}));
    let integrity = StateIntegrity::of_bytes(b"{}");
    let restored = RestoreOutcome { restored_generation: 1, integrity: integrity.clone() };
    assert_eq!(restored.etag(), StateEtag(integrity.digest));
    assert_eq!(restored.etag(), StateEtag::of(&json!({})).expect("JSON"));
}

//! A bundle goes in, and serves.

use greentic_deploy_spec::EnvId;
use greentic_env_store::{EnvironmentMutations, EnvironmentStore as _};
use greentic_operations::{
    DeployRequest, DeployStatus, Mode, OpError, RouteRequest, SetTrafficRequest,
};
use serde_json::json;

use crate::lab::{Lab, key};

#[test]
fn a_new_bundle_gets_a_deployment_a_revision_and_all_traffic() {
    let lab = Lab::new();
    let told = lab.deploy("hello", "one");
    let (deployment, revision) = lab.check_only(1);
    assert_eq!(
        (told.deployment_id, told.revision_id),
        (deployment.deployment_id, revision.revision_id)
    );
    assert_eq!(
        (told.reused_deployment, told.unchanged, told.status),
        (false, false, DeployStatus::Routed)
    );
    assert_eq!(deployment.customer_id.as_str(), "local-dev");
    assert_eq!(deployment.revenue_share[0].basis_points, 10_000);
    assert_eq!(revision.lifecycle.as_str(), "ready");
    assert_eq!(revision.pack_list[0].version.to_string(), "1.0.0");
    assert_eq!(lab.calls.take(), ["stage", "warm", "split"]);
}

#[test]
fn the_example_and_its_second_version_are_one_bundle() {
    let lab = Lab::new();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let deploy = |name: &str| {
        let request = DeployRequest::new(lab.env_id.clone(), examples.join(name));
        lab.try_deploy(&request).unwrap()
    };
    let (first, second) = (deploy("hello"), deploy("hello-v2"));
    assert_eq!((first.bundle_id.as_str(), second.bundle_id.as_str()), ("hello", "hello"));
    assert_eq!(second.superseded_revisions, [first.revision_id]);
    assert_eq!(lab.check_only(2).1.pack_list[0].version.to_string(), "2.0.0");
}

#[test]
fn a_new_version_takes_over_and_the_old_one_is_named() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    let second = lab.deploy("hello", "two");
    lab.check_only(2);
    assert_eq!(second.deployment_id, first.deployment_id);
    assert!(second.reused_deployment);
    assert_eq!(second.superseded_revisions, [first.revision_id]);
    assert_eq!(second.traffic.unwrap().generation, 1);
}

#[test]
fn what_serves_already_is_left_alone() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    let generation = lab.generation();
    let again = lab.deploy("hello", "one");
    assert_eq!((again.unchanged, again.revision_id), (true, first.revision_id));
    assert_eq!(lab.generation(), generation);
    lab.check_only(1);
}

#[test]
fn a_key_is_one_request() {
    let lab = Lab::new();
    let one = lab.request("hello", "one");
    let keyed = DeployRequest { key: key("k"), ..one.clone() };
    let first = lab.try_deploy(&keyed).unwrap();
    let generation = lab.generation();
    assert_eq!(lab.try_deploy(&keyed).unwrap().revision_id, first.revision_id);
    assert_eq!(lab.generation(), generation);
    let split = lab.environment().traffic_splits[0].clone();
    assert_eq!(split.idempotency_key, "k");
    // The same key cannot mean something else, whatever else it means.
    let other = DeployRequest { key: key("k"), ..lab.request("hello", "two") };
    let mut configured = keyed.clone();
    configured.config_overrides =
        Some([("hello".to_owned(), [("a".to_owned(), json!(1))].into())].into());
    for other in [other, configured] {
        let error = lab.try_deploy(&other).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("idempotency-conflict", "conflict"), "{error}");
    }
    lab.check_only(1);
    // Another key is another request, even for the same content.
    let fresh = DeployRequest { key: key("l"), ..one };
    assert_ne!(lab.try_deploy(&fresh).unwrap().revision_id, first.revision_id);
    lab.check_only(2);
}

#[test]
fn an_earlier_request_never_takes_traffic_back() {
    let lab = Lab::new();
    let first = DeployRequest { key: key("1"), ..lab.request("hello", "one") };
    lab.try_deploy(&first).unwrap();
    let second = lab.deploy("hello", "two");
    let generation = lab.generation();
    let again = lab.try_deploy(&first).unwrap();
    assert_eq!(again.status, DeployStatus::Superseded);
    assert_eq!(lab.generation(), generation);
    assert_eq!(lab.check_only(2).1.revision_id, second.revision_id);
    // Nor does one whose traffic was rolled back since.
    let third = DeployRequest { key: key("3"), ..lab.request("hello", "three") };
    lab.try_deploy(&third).unwrap();
    lab.operator.rollback_traffic(&lab.of("hello"), Mode::Commit).unwrap();
    assert_eq!(lab.try_deploy(&third).unwrap().status, DeployStatus::Superseded);
    let split = lab.environment().traffic_splits[0].clone();
    assert_eq!(split.weight_of(second.revision_id), Some(10_000));
}

#[test]
fn what_was_replaced_or_rolled_back_is_deployed_again_as_the_same_revision() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    let second = lab.deploy("hello", "two");
    lab.operator.rollback_traffic(&lab.of("hello"), Mode::Commit).unwrap();
    assert_eq!(lab.deploy("hello", "two").revision_id, second.revision_id);
    lab.check_only(2);
    let back = lab.deploy("hello", "one");
    assert_eq!((back.revision_id, back.reused_revision), (first.revision_id, true));
    assert_eq!((back.status, lab.environment().revisions.len()), (DeployStatus::Routed, 2));
    let split = lab.environment().traffic_splits[0].clone();
    assert_eq!(split.weight_of(first.revision_id), Some(10_000));
}

#[test]
fn after_a_clear_the_same_revision_serves_again_however_often() {
    let lab = Lab::new();
    let first = lab.deploy("hello", "one");
    for _ in 0..2 {
        lab.operator.clear_traffic(&lab.of("hello"), Mode::Commit).unwrap();
        let again = lab.deploy("hello", "one");
        assert_eq!((again.status, again.revision_id), (DeployStatus::Routed, first.revision_id));
        assert_eq!(lab.check_only(1).1.revision_id, first.revision_id);
    }
}

#[test]
fn a_canary_that_is_deployed_gets_the_rest_of_the_traffic() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let second = lab.deploy("hello", "two");
    let shares = [("@previous", "90"), ("@latest", "10%")];
    let entries =
        shares.map(|(one, weight)| (one.parse().unwrap(), weight.parse().unwrap())).into();
    let request = SetTrafficRequest {
        env_id: lab.env_id.clone(),
        deployment: "hello".parse().unwrap(),
        entries,
        updated_by: "tests".to_owned(),
        authorization_ref: None,
        key: None,
    };
    lab.operator.set_traffic(&request, Mode::Commit).unwrap();
    assert_eq!(lab.deploy("hello", "two").revision_id, second.revision_id);
    lab.check_only(2);
}

#[test]
fn configuration_and_traffic_change_in_one_commit() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let mut request = lab.request("hello", "two");
    let overrides =
        |value: i32| [("hello".to_owned(), [("a".to_owned(), json!(value))].into())].into();
    request.config_overrides = Some(overrides(1));
    lab.try_deploy(&request).unwrap();
    assert_eq!(lab.check_only(2).0.config_overrides, overrides(1));
    // Only other configuration is something new, too.
    request.config_overrides = Some(overrides(2));
    assert!(!lab.try_deploy(&request).unwrap().unchanged);
    assert_eq!(lab.check_only(3).0.config_overrides, overrides(2));
    // Nothing said keeps it.
    request.config_overrides = None;
    assert!(lab.try_deploy(&request).unwrap().unchanged);
}

#[test]
fn a_route_is_chosen_once_and_belongs_to_one_bundle() {
    let lab = Lab::new();
    lab.deploy("hello", "one");
    let error = lab.try_deploy(&lab.request("other", "one")).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("route-taken", "conflict"), "{error}");
    assert!(error.hint().unwrap().contains("--path-prefix"));
    lab.check_only(1);
    let mut request = lab.request("other", "one");
    request.route =
        RouteRequest { path_prefixes: vec!["other/".to_owned()], ..RouteRequest::default() };
    lab.try_deploy(&request).unwrap();
    let deployment = lab.environment().bundles[1].clone();
    assert_eq!(deployment.route_binding.path_prefixes, ["/other"]);
    request.bundle = lab.worker("other", "two");
    lab.try_deploy(&request).unwrap();
    request.route.path_prefixes = vec!["/else".to_owned()];
    let error = lab.try_deploy(&request).unwrap_err();
    assert_eq!(error.code(), "route-differs", "{error}");
    let only_tenant = RouteRequest { tenant: Some("acme".to_owned()), ..RouteRequest::default() };
    assert_eq!(only_tenant.binding().unwrap_err().code(), "route-invalid");
}

#[test]
fn who_pays_is_known_on_this_machine_and_named_elsewhere() {
    let lab = Lab::new();
    let mut request = lab.request("hello", "one");
    request.customer_id = Some("a/b".into());
    assert_eq!(lab.try_deploy(&request).unwrap_err().code(), "customer-invalid");
    let prod: EnvId = "prod".parse().unwrap();
    request = lab.request("hello", "one");
    request.env_id = prod.clone();
    assert_eq!(lab.try_deploy(&request).unwrap_err().code(), "environment-not-found");
    let host = greentic_deploy_spec::EnvironmentHostConfig::new(prod.clone());
    lab.store.inner.create_environment(&prod, "Prod".to_owned(), host).unwrap();
    assert_eq!(lab.try_deploy(&request).unwrap_err().code(), "customer-missing");
}

#[test]
fn a_bundle_gets_an_id_that_is_one_and_keeps_the_one_that_it_has() {
    let lab = Lab::new();
    let named =
        |id: &str| DeployRequest { bundle_id: Some(id.into()), ..lab.request("hello", "one") };
    let long = "a".repeat(300);
    for id in ["bad id!", "hello@latest", "", "..", &long] {
        let error = lab.try_deploy(&named(id)).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("bundle-id-invalid", "invalid-argument"), "{id}");
    }
    assert_eq!(lab.environment().bundles, []);
    // Other tools are less strict, and what they deployed goes on.
    lab.deploy("hello", "one");
    let mut environment = lab.environment();
    environment.bundles[0].bundle_id = "bad id!".into();
    environment.revisions[0].bundle_id = "bad id!".into();
    environment.traffic_splits[0].bundle_id = "bad id!".into();
    lab.store.inner.save(&environment).unwrap();
    let other = DeployRequest { bundle: lab.worker("hello", "two"), ..named("bad id!") };
    assert!(lab.try_deploy(&other).unwrap().reused_deployment);
}

#[test]
fn without_a_trusted_key_nothing_is_left_and_the_next_command_is_named() {
    let lab = Lab::untrusting();
    let generation = lab.generation();
    let error = lab.try_deploy(&lab.request("hello", "one")).unwrap_err();
    assert!(matches!(&error, OpError::Store(_)), "{error:?}");
    assert!(error.hint().unwrap().contains("gtc op trust-root bootstrap"), "{error}");
    assert_eq!(lab.generation(), generation);
    assert_eq!(lab.folders().revisions, []);
}

#[test]
fn two_that_deploy_the_same_at_once_deploy_it_once() {
    let lab = Lab::new();
    let request = lab.request("hello", "one");
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..3).map(|_| scope.spawn(|| lab.try_deploy(&request))).collect();
        all.into_iter().for_each(|one| drop(one.join().unwrap().unwrap()));
    });
    lab.check_only(1);
}

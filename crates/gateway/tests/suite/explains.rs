//! Why a request goes where it goes, told without a gateway.

use greentic_deploy_spec::routing::SlotTable;
use greentic_deploy_spec::{Document, RouteBinding, TenantSelector};
use greentic_env_store::EnvironmentReads as _;
use greentic_gateway::{RouteExplanation, explain};

use super::lab::Lab;

fn explained(lab: &Lab, host: Option<&str>, path: &str, key: &str) -> RouteExplanation {
    let snapshot = lab.store.snapshot(&lab.env_id).expect("a snapshot");
    let environment: &Document<_> = snapshot.require().expect("the environment");
    explain(environment, snapshot.routing(), host, path, key)
}

#[test]
fn the_winner_is_named_with_its_reason_slot_and_revision() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 9_000), (v2, 1_000)]);
    let acme = RouteBinding {
        hosts: vec!["*.example.org".to_owned()],
        path_prefixes: vec!["/help".to_owned()],
        tenant_selector: TenantSelector { tenant: "acme".to_owned(), team: "t".to_owned() },
    };
    let support = lab.deployment_at("support", acme);
    let elsewhere = explained(&lab, None, "/", "user-42");
    assert_eq!(elsewhere.deployment_id, Some(deployment));
    assert_eq!(elsewhere.why, "it is the only binding that matches");
    let snapshot = lab.store.snapshot(&lab.env_id).expect("a snapshot");
    let table = snapshot.routing().and_then(|routing| routing.table(deployment)).expect("a table");
    let table = SlotTable::try_from(table).expect("a table");
    assert_eq!(elsewhere.revision_id, Some(table.choose(b"user-42")));
    let both = explained(&lab, Some("a.example.org"), "help/x", "k");
    assert_eq!((both.deployment_id, both.candidates.len()), (Some(support), 2));
    assert_eq!(both.why, "host `*.example.org` is more specific than `*`");
    assert_eq!((both.tenant.as_deref(), both.revision_id), (Some("acme"), None), "no split yet");
    let webchat = "/v1/messaging/webchat/default/v3/directline/conversations";
    let named = explained(&lab, Some("a.example.org"), webchat, "k");
    assert_eq!(named.deployment_id, Some(deployment), "{}", named.why);
}

#[test]
fn addresses_of_the_gateway_itself_are_reserved() {
    let (lab, ..) = Lab::serving_v1();
    let own = explained(&lab, None, "/status", "k");
    assert_eq!((own.deployment_id, own.candidates.len()), (None, 0));
    assert!(own.why.contains("reserved"), "{}", own.why);
    assert!(explained(&lab, None, "/status/x", "k").deployment_id.is_some());
}

#[test]
fn nothing_is_named_where_nothing_is_bound() {
    let lab = Lab::new();
    let nothing = explained(&lab, Some("x"), "/", "k");
    assert_eq!((nothing.deployment_id, nothing.slot, nothing.revision_id), (None, None, None));
    assert_eq!(nothing.why, "no active deployment is bound to this host and path");
}

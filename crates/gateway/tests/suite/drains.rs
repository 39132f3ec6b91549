//! A drain ends by itself.

use greentic_deploy_spec::{BundleDeploymentStatus, RevisionId, RevisionLifecycle};
use greentic_env_store::EnvironmentReads as _;

use super::lab::Lab;

async fn until_inactive(lab: &Lab, revision_id: RevisionId) {
    for generation in lab.store.watch(&lab.env_id).expect("a watch") {
        generation.expect("a generation");
        let environment = lab.store.load_env(&lab.env_id).expect("the environment");
        let revision = environment.revision(revision_id).expect("the revision");
        if revision.lifecycle == RevisionLifecycle::Inactive {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_waits_for_the_parked_conversation_and_then_ends() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let gateway = lab.serve().await;
    gateway.say("ada", "hi").await;
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    lab.drain(v1);
    gateway.until_applied(&lab).await;
    let is_waiting = |status: &super::lab::Answer| {
        let revisions = status.json()["deployments"][0]["revisions"].clone();
        revisions.as_array().is_some_and(|all| {
            all.iter().any(|one| one["lifecycle"] == "draining" && one["parked_conversations"] == 1)
        })
    };
    gateway.until("/status", is_waiting).await;
    assert_eq!(gateway.say("ada", "Ada").await, "Nice to meet you, Ada!");
    until_inactive(&lab, v1).await;
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.say("ada", "hi").await, "Hi there! Whom do I talk to?");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_at_its_deadline_whoever_is_still_waiting() {
    let lab = Lab::new();
    let deployment = lab.deployment();
    let v1 = lab.staged(deployment, "v1", 1).revision_id;
    lab.warm(v1);
    lab.split(deployment, &[(v1, 10_000)]);
    let gateway = lab.serve().await;
    gateway.say("ada", "hi").await;
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    lab.drain(v1);
    until_inactive(&lab, v1).await;
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.say("ada", "Ada").await, "Hi there! Whom do I talk to?", "it begins anew");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_ends_where_nothing_is_served_any_more() {
    let lab = Lab::new();
    let deployment = lab.deployment();
    let v1 = lab.staged(deployment, "v1", 1).revision_id;
    lab.warm(v1);
    let gateway = lab.serve().await;
    lab.status(deployment, BundleDeploymentStatus::Paused);
    lab.drain(v1);
    until_inactive(&lab, v1).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_gateways_end_a_drain_once() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let (first, second) = (lab.serve().await, lab.serve().await);
    let v2 = lab.ready(deployment, "v2");
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    lab.drain(v1);
    until_inactive(&lab, v1).await;
    for gateway in [first, second] {
        gateway.until_applied(&lab).await;
        gateway.until_ready().await;
        assert_eq!(gateway.say("ada", "hi").await, "Hi there! Whom do I talk to?");
        gateway.stop().await;
    }
}

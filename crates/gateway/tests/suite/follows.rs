//! A gateway follows its environment.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use greentic_deploy_spec::{BundleDeploymentStatus, RevisionId};
use greentic_env_store::EnvironmentReads as _;
use greentic_gateway::Limits;
use hyper::StatusCode;
use serde_json::json;
use tempfile::TempDir;

use super::lab::{BUNDLE, Lab, get, invoke, worker};

/// Breaks the pack of a revision. Gives what mends it.
pub(crate) fn break_pack(lab: &Lab, revision_id: RevisionId) -> impl FnOnce() {
    let folder = lab.env_root().join("revisions").join(revision_id.to_string());
    let pack = folder.join("bundle/packs/hello.gtpack");
    let whole = std::fs::read(&pack).expect("the pack");
    std::fs::write(&pack, b"no pack").expect("another one");
    move || std::fs::write(&pack, whole).expect("the pack again")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_revision_is_quarantined_and_the_rest_serves() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let v2 = lab.staged(deployment, "v2", 60).revision_id;
    let mend = break_pack(&lab, v2);
    lab.warm(v2);
    lab.split(deployment, &[(v1, 5_000), (v2, 5_000)]);
    let is_told = |ready: &super::lab::Answer| {
        ready.json()["reasons"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["revision_id"] == v2.to_string()))
    };
    let unready = gateway.until("/readyz", is_told).await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    let text = unready.json().to_string();
    assert!(!text.contains(lab.env_root().to_str().expect("a text")), "a path: {text}");
    for caller in 0..20 {
        let said = gateway.say(&format!("caller-{caller}"), "hi").await;
        assert_eq!(said, "Hello! What is your name?", "the revision that works answers for both");
    }
    let status = gateway.ask(get("/status")).await.json();
    let of_v2 = status["deployments"][0]["revisions"]
        .as_array()
        .expect("revisions")
        .iter()
        .find(|one| one["revision_id"] == v2.to_string())
        .expect("it")
        .clone();
    assert_eq!(of_v2["loaded"], false);
    assert!(of_v2["quarantine"]["code"].is_string() && of_v2["quarantine"].get("detail").is_none());
    mend();
    gateway.until_ready().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_whose_revisions_are_all_broken_leaves_the_one_before_in_place() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let v2 = lab.staged(deployment, "v2", 60).revision_id;
    // A sound pack, but not the one that was staged.
    let [of_v1, of_v2] = [v1, v2].map(|revision| {
        let folder = lab.env_root().join("revisions").join(revision.to_string());
        folder.join("bundle/packs/hello.gtpack")
    });
    std::fs::copy(of_v1, of_v2).expect("another pack");
    lab.warm(v2);
    lab.split(deployment, &[(v1, 0), (v2, 10_000)]);
    let is_told =
        |ready: &super::lab::Answer| ready.json().to_string().contains("split-not-applied");
    gateway.until("/readyz", is_told).await;
    assert_eq!(gateway.say("ada", "hi").await, "Hello! What is your name?");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_the_one_that_was_staged_is_not_served() {
    let lab = Lab::new();
    let deployment = lab.deployment();
    let bundle = TempDir::new().expect("a folder");
    worker(&bundle.path().join("packs/hello"), "echo", "echo");
    let write = |path: &Path, text: String| {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("written");
    };
    write(&bundle.path().join("bundle.yaml"), format!("bundle_id: {BUNDLE}\n"));
    let config = json!({
        "schema": "greentic.pack-config-input.v1", "pack_id": "hello", "env_id": lab.env_id,
        "bundle_id": BUNDLE, "non_secret": { "greeting": "as it was" },
    });
    write(&bundle.path().join("state/pack-configs/hello.json"), config.to_string());
    let revision = lab.staged_bundle(deployment, bundle.path()).revision_id;
    let staged = lab.env_root().join(format!("revisions/{revision}/pack-configs/hello.json"));
    let before = std::fs::read_to_string(&staged).expect("the configuration");
    write(&staged, before.replace("as it was", "another"));
    lab.warm(revision);
    lab.split(deployment, &[(revision, 10_000)]);
    let gateway = lab.start(lab.builder()).await;
    let is_told = |ready: &super::lab::Answer| {
        ready.json()["reasons"].to_string().contains("revision-file-changed")
    };
    gateway.until("/readyz", is_told).await;
    write(&staged, before);
    gateway.until_ready().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_takes_too_long_to_load_is_quarantined() {
    let (lab, ..) = Lab::serving_v1();
    let limits = Limits { load_time: Duration::ZERO, ..Limits::default() };
    let gateway = lab.start(lab.builder().limits(limits)).await;
    let is_told = |status: &super::lab::Answer| status.json().to_string().contains("load-timeout");
    gateway.until("/status", is_told).await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_paused_or_gone_is_not_served() {
    let (lab, deployment, _) = Lab::serving_v1();
    let gateway = lab.serve().await;
    lab.status(deployment, BundleDeploymentStatus::Paused);
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.ask(invoke("ada", "hi")).await.status, StatusCode::NOT_FOUND);
    lab.status(deployment, BundleDeploymentStatus::Active);
    gateway.until_applied(&lab).await;
    gateway.say("ada", "hi").await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_is_not_there_is_not_served() {
    let lab = Lab::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let other = "other".parse().expect("an id");
    let builder = greentic_gateway::Gateway::builder(lab.store.clone(), other, lab.env_root());
    let gateway = builder.build().expect("a gateway");
    let error = gateway.serve(listener, std::future::pending()).await.expect_err("it is not there");
    assert_eq!(error.code(), "environment-not-found");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_revisions_come_and_weights_move() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let gateway = Arc::new(lab.serve().await);
    let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let callers: Vec<_> = (0..4)
        .map(|caller| {
            let (gateway, stop, asked) =
                (Arc::clone(&gateway), Arc::clone(&stop), Arc::clone(&asked));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let number = asked.fetch_add(1, Ordering::Relaxed);
                    gateway.say(&format!("{caller}-{}", number % 50), "hi").await;
                }
            })
        })
        .collect();
    let lab = Arc::new(lab);
    let changing = Arc::clone(&lab);
    tokio::task::spawn_blocking(move || {
        let mut before = v1;
        for version in ["v2", "v1", "v2"] {
            let next = changing.ready(deployment, version);
            for share in [100, 5_000, 10_000] {
                changing.split(deployment, &[(before, 10_000 - share), (next, share)]);
            }
            changing.drain(before);
            before = next;
        }
    })
    .await
    .expect("changes");
    gateway.until_applied(&lab).await;
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no request failed");
    }
    assert!(asked.load(Ordering::Relaxed) > 20);
    assert!(lab.store.env_exists(&lab.env_id).expect("a store"));
}

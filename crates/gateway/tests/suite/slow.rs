//! Workers that take their time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use greentic_deploy_spec::RevisionId;
use greentic_gateway::Limits;
use greentic_runner_host::config::HostLimits;
use hyper::StatusCode;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::lab::{Answer, Lab, Served, exchange, invoke, worker};
use super::webchat::Chat;

/// How long the worker may take, which never comes to an end by itself.
const TURN: Duration = Duration::from_secs(2);

async fn serving(limits: Limits) -> (Lab, Arc<Served>, RevisionId) {
    serving_turns_of(TURN, limits).await
}

/// A gateway for a worker that never comes to an end.
async fn serving_turns_of(turn: Duration, limits: Limits) -> (Lab, Arc<Served>, RevisionId) {
    let lab = Lab::new();
    let deployment = lab.deployment();
    let folder = TempDir::new().expect("a folder");
    let worker = worker(folder.path(), "misbehaving", "loop");
    let revision = lab.staged_from(deployment, &worker, 60).revision_id;
    lab.warm(revision);
    lab.split(deployment, &[(revision, 10_000)]);
    let mut allowed = HostLimits { turn, ..HostLimits::default() };
    allowed.call.deadline = turn;
    let gateway = lab.start(lab.builder().limits(limits).worker_limits(allowed)).await;
    gateway.until_ready().await;
    (lab, Arc::new(gateway), revision)
}

fn running(status: &Answer, revision: RevisionId) -> u64 {
    let deployments = status.json()["deployments"].clone();
    let revisions = deployments[0]["revisions"].as_array().cloned().unwrap_or_default();
    let of = revisions.iter().find(|one| one["revision_id"] == revision.to_string());
    of.and_then(|one| one["running_turns"].as_u64()).unwrap_or_default()
}

fn asking(gateway: &Arc<Served>, session: &'static str) -> tokio::task::JoinHandle<Answer> {
    let gateway = Arc::clone(gateway);
    tokio::spawn(async move { gateway.ask(invoke(session, "hi")).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_turns_run_than_there_is_room_for() {
    let (_lab, gateway, revision) = serving(Limits { turns: 1, ..Limits::default() }).await;
    let first = asking(&gateway, "ada");
    gateway.until("/status", |status| running(status, revision) == 1).await;
    let refused = gateway.ask(invoke("bob", "hi")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "busy")
    );
    assert!(refused.headers.contains_key("retry-after"));
    let first = first.await.expect("an answer");
    assert!(
        [StatusCode::BAD_GATEWAY, StatusCode::GATEWAY_TIMEOUT].contains(&first.status),
        "{first:?}"
    );
    gateway.until("/status", |status| running(status, revision) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_wait_for_their_conversation_keep_no_other_one_from_being_answered() {
    let (lab, gateway, slow) = serving(Limits { turns: 2, ..Limits::default() }).await;
    let environment = greentic_env_store::EnvironmentReads::load_env(&*lab.store, &lab.env_id);
    let deployment = environment.expect("the environment").bundles[0].deployment_id;
    let quick = lab.ready(deployment, "v1");
    gateway.until_applied(&lab).await;
    let mut asked: Vec<_> = (0..3).map(|_| asking(&gateway, "ada")).collect();
    gateway.until("/status", |status| running(status, slow) == 3).await;
    lab.split(deployment, &[(slow, 0), (quick, 10_000)]);
    gateway.until_applied(&lab).await;
    assert_eq!(gateway.say("bob", "hi").await, "Hello! What is your name?");
    let refused = gateway.ask(invoke("ada", "hi")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "busy")
    );
    // Each that waited comes to its turn.
    for asked in asked.drain(..) {
        let answer = asked.await.expect("an answer");
        assert_ne!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    }
    gateway.until("/status", |status| running(status, slow) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_ends_at_its_limit_and_its_turn_goes_on() {
    let limits = Limits { request_time: Duration::from_millis(300), ..Limits::default() };
    let (_lab, gateway, revision) = serving(limits).await;
    let late = gateway.ask(invoke("ada", "hi")).await;
    assert_eq!((late.status, late.code().as_str()), (StatusCode::GATEWAY_TIMEOUT, "timeout"));
    gateway.until("/status", |status| running(status, revision) == 1).await;
    gateway.until("/status", |status| running(status, revision) == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_goes_where_an_earlier_one_of_its_conversation_is_being_answered() {
    let (lab, gateway, slow) = serving(Limits::default()).await;
    let first = asking(&gateway, "ada");
    gateway.until("/status", |status| running(status, slow) == 1).await;
    let environment = greentic_env_store::EnvironmentReads::load_env(&*lab.store, &lab.env_id);
    let deployment = environment.expect("the environment").bundles[0].deployment_id;
    let v1 = lab.ready(deployment, "v1");
    lab.split(deployment, &[(slow, 0), (v1, 10_000)]);
    gateway.until_applied(&lab).await;
    let second = asking(&gateway, "ada");
    gateway.until("/status", |status| running(status, slow) == 2).await;
    assert_eq!(gateway.say("bob", "hi").await, "Hello! What is your name?");
    first.await.expect("an answer");
    second.await.expect("an answer");
    assert_eq!(gateway.say("ada", "hi").await, "Hello! What is your name?", "now the table counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_a_turn_that_nobody_waits_for() {
    let limits = Limits { request_time: Duration::from_millis(300), ..Limits::default() };
    let (_lab, gateway, revision) = serving(limits).await;
    gateway.ask(invoke("ada", "hi")).await;
    gateway.until("/status", |status| running(status, revision) == 1).await;
    let gateway = Arc::into_inner(gateway).expect("nobody else asks");
    let asked = Instant::now();
    assert_eq!(gateway.stop().await.cut_off, 0);
    assert!(asked.elapsed() > TURN / 4, "the turn was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_waits_for_messages_that_wait_for_their_conversation() {
    let turn = Duration::from_secs(1);
    let limits = Limits {
        request_time: Duration::from_millis(300),
        lead: Duration::ZERO,
        ..Limits::default()
    };
    let (_lab, gateway, revision) = serving_turns_of(turn, limits).await;
    let chat = Chat::begin(&gateway).await;
    let began = Instant::now();
    for _ in 0..2 {
        assert_eq!(chat.say(&gateway, "hi").await.status, StatusCode::GATEWAY_TIMEOUT);
    }
    gateway.until("/status", |status| running(status, revision) == 2).await;
    let gateway = Arc::into_inner(gateway).expect("nobody else asks");
    assert_eq!(gateway.stop().await.cut_off, 0);
    assert!(began.elapsed() > turn * 3 / 2, "the second one was left behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_takes_its_grace_in_all_when_a_turn_goes_on() {
    let grace = Duration::from_secs(3);
    let limits = Limits { grace, ..Limits::default() };
    let (_lab, gateway, revision) = serving_turns_of(Duration::from_secs(60), limits).await;
    let gateway = Arc::into_inner(gateway).expect("nobody else asks");
    let stream = TcpStream::connect(gateway.address).await.expect("a connection");
    let asking = tokio::spawn(exchange(stream, gateway.address, invoke("ada", "hi")));
    gateway.until("/status", |status| running(status, revision) == 1).await;
    let asked = Instant::now();
    assert_eq!(gateway.stop().await.cut_off, 1);
    // Both what is connected and the turn that goes on would take all of it.
    assert!(asked.elapsed() < grace * 3 / 2, "{:?}", asked.elapsed());
    asking.abort();
}

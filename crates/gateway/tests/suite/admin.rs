//! Administration over the socket in the environment's folder.

use std::fs::File;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use greentic_gateway::{AdminSocket, GatewayError, SOCKET_NAME, SocketError};
use hyper::StatusCode;
use serde_json::json;
use tokio::net::{TcpListener, UnixStream};

use super::follows::break_pack;
use super::lab::{Ask, Lab, Served, exchange, get, post};

async fn administer(gateway: &Served, lab: &Lab, ask: Ask) -> super::lab::Answer {
    let stream = UnixStream::connect(lab.env_root().join(SOCKET_NAME)).await.expect("the socket");
    exchange(stream, gateway.address, ask).await
}

async fn refusal(lab: &Lab, admin: AdminSocket) -> GatewayError {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let gateway = lab.builder().admin(admin).build().expect("a gateway");
    gateway.serve(listener, std::future::ready(())).await.expect_err("refused")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_is_this_users_and_goes_with_the_gateway() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.start(lab.builder().admin(AdminSocket::InEnvironment)).await;
    gateway.until_ready().await;
    let socket = lab.env_root().join(SOCKET_NAME);
    let mode = std::fs::metadata(&socket).expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = std::fs::metadata(lab.env_root().join("revision-signing.key")).expect("the key");
    assert_eq!((key.permissions().mode() & 0o777, key.len()), (0o600, 32));
    let status = administer(&gateway, &lab, get("/status")).await;
    assert_eq!((status.status, &status.json()["env_id"]), (StatusCode::OK, &json!("local")));
    let revisions = administer(&gateway, &lab, get("/revisions")).await.json();
    assert_eq!(revisions["revisions"][0]["share_bps"], 10_000, "{revisions}");
    let reloading = administer(&gateway, &lab, post("/reload", &json!({}))).await;
    assert_eq!(reloading.status, StatusCode::ACCEPTED);
    assert_eq!(administer(&gateway, &lab, get("/nothing")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(gateway.ask(post("/reload", &json!({}))).await.status, StatusCode::NOT_FOUND);
    let error = refusal(&lab, AdminSocket::InEnvironment).await;
    assert_eq!(error.code(), "gateway-running", "{error}");
    assert!(error.to_string().contains(&format!("(process {})", std::process::id())), "{error}");
    gateway.stop().await;
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_gateway_left_is_replaced_and_anything_else_is_not() {
    let (lab, ..) = Lab::serving_v1();
    let socket = lab.env_root().join(SOCKET_NAME);
    drop(UnixListener::bind(&socket).expect("a socket that nobody listens on"));
    drop(UnixListener::bind(lab.env_root().join(".gateway.sock")).expect("another one"));
    std::fs::write(lab.env_root().join("gateway.sock.lock"), "4711\n").expect("a lock of nobody");
    let gateway = lab.start(lab.builder().admin(AdminSocket::InEnvironment)).await;
    gateway.until_ready().await;
    administer(&gateway, &lab, get("/status")).await;
    gateway.stop().await;
    std::fs::write(&socket, "mine").expect("a file");
    let error = refusal(&lab, AdminSocket::InEnvironment).await;
    assert_eq!(error.code(), "socket-in-the-way", "{error}");
    assert_eq!(std::fs::read(&socket).expect("it is there"), b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_others_reach_tells_of_deployments_on_its_socket_only() {
    let (lab, deployment, _) = Lab::serving_v1();
    let told_on = async |address| {
        let gateway = Lab::start_on(address, lab.builder().admin(AdminSocket::InEnvironment)).await;
        gateway.until_ready().await;
        gateway.say("ada", "hi").await;
        let (mut outside, mut inside) = (Vec::new(), Vec::new());
        for path in ["/status", "/metrics"] {
            let tells = |answer: super::lab::Answer| {
                assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
                String::from_utf8_lossy(&answer.body).contains(&deployment.to_string())
            };
            outside.push(tells(gateway.ask(get(path)).await));
            inside.push(tells(administer(&gateway, &lab, get(path)).await));
        }
        let status = gateway.ask(get("/status")).await.json();
        assert_eq!(
            (&status["env_id"], &status["readiness"]["ready"]),
            (&json!("local"), &json!(true))
        );
        gateway.stop().await;
        (outside, inside)
    };
    let all = vec![true; 2];
    assert_eq!(told_on(Ipv4Addr::LOCALHOST).await, (all.clone(), all.clone()));
    assert_eq!(told_on(Ipv4Addr::UNSPECIFIED).await, (vec![false; 2], all));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_others_reach_tells_of_no_deployment_that_is_broken() {
    let (lab, deployment, v1) = Lab::serving_v1();
    let broken = lab.staged(deployment, "v2", 60).revision_id;
    let _mend = break_pack(&lab, broken);
    lab.warm(broken);
    lab.split(deployment, &[(v1, 5_000), (broken, 5_000)]);
    let gateway = Lab::start_on(Ipv4Addr::UNSPECIFIED, lab.builder()).await;
    let is_told = |ready: &super::lab::Answer| {
        let codes = ["starting", "loading"].map(|code| json!({ "code": code }).to_string());
        let text = ready.json()["reasons"].to_string();
        text != "[]" && !codes.iter().any(|code| text.contains(code.trim_matches(['{', '}'])))
    };
    gateway.until("/readyz", is_told).await;
    for path in ["/status", "/readyz"] {
        let answer = gateway.ask(get(path)).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(text.contains("\"ready\":false"), "{text}");
        assert!(!text.contains(&deployment.to_string()), "{text}");
        assert!(!text.contains(&broken.to_string()), "{text}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_gateways_that_start_at_the_same_time_one_has_the_socket() {
    let (lab, ..) = Lab::serving_v1();
    // Another one that starts, too: it has the lock, and does not listen yet.
    let mut lock = File::create(lab.env_root().join("gateway.sock.lock")).expect("a file");
    lock.lock().expect("the lock");
    writeln!(lock, "4711").expect("written");
    let error = refusal(&lab, AdminSocket::InEnvironment).await;
    assert_eq!(error.code(), "gateway-running", "{error}");
    assert!(error.to_string().contains("(process 4711)"), "{error}");
    drop(lock);
    let gateway = lab.start(lab.builder().admin(AdminSocket::InEnvironment)).await;
    gateway.until_ready().await;
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_socket_of_something_else_is_not_taken() {
    let (lab, ..) = Lab::serving_v1();
    let path = lab.env_root().join("other.sock");
    let _other = UnixListener::bind(&path).expect("a socket");
    let error = refusal(&lab, AdminSocket::At(path)).await;
    assert_eq!(error.code(), "gateway-running", "{error}");
    let (mine, path) = (lab.env_root().join("mine"), lab.env_root().join("led.sock"));
    std::fs::write(&mine, "mine").expect("a file");
    symlink(&mine, lab.env_root().join("led.sock.lock")).expect("a link");
    let error = refusal(&lab, AdminSocket::At(path)).await;
    assert_eq!(error.code(), "socket-in-the-way", "{error}");
    assert_eq!(std::fs::read(&mine).expect("it is there"), b"mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_too_long_for_a_socket_is_named() {
    let (lab, ..) = Lab::serving_v1();
    let long = lab.env_root().join("x".repeat(120));
    let error = refusal(&lab, AdminSocket::At(long.clone())).await;
    let GatewayError::Socket(SocketError::TooLong { path }) = &error else { panic!("{error}") };
    assert_eq!(*path, long);
    let fits = |length| AdminSocket::At("x".repeat(length).into()).fits(&lab.env_root());
    assert!(fits(102) && !fits(103));
}

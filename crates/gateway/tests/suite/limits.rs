//! What is too much is refused.

use std::sync::Arc;
use std::time::{Duration, Instant};

use greentic_env_pack::{MemoryLimits, MemorySessions};
use greentic_gateway::Limits;
use greentic_runner_host::HostBuilder;
use hyper::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use super::lab::{Lab, Served, exchange, get, invoke};

const PATIENCE: Duration = Duration::from_secs(60);

/// Sends bytes as they are; gives what comes back until the gateway closes.
pub(crate) async fn raw(gateway: &Served, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(gateway.address).await.expect("a connection");
    stream.write_all(bytes).await.expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_refused_with_its_limit() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let large = invoke("ada", &"x".repeat(1024 * 1024));
    let refused = gateway.ask(large).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large")
    );
    let many = format!("{{\"worker_id\":\"hello\",\"payload\":[{}0]}}", "{\"\":0},".repeat(20_000));
    let refused = gateway.ask(get("/workers/invoke").method("POST").body(many)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "body-too-many-values")
    );
    let refused = gateway.ask(get(format!("/status?{}", "x".repeat(5_000)))).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::URI_TOO_LONG, "target-too-long")
    );
    let mut many = String::from("GET /livez HTTP/1.1\r\nhost: x\r\n");
    (0..100).for_each(|number| many.push_str(&format!("x-{number}: 1\r\n")));
    many.push_str("connection: close\r\n\r\n");
    let refused = raw(&gateway, many.as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 431") && refused.contains("head-too-large"), "{refused}");
    let refused = gateway.ask(get("/livez").token(&"y".repeat(20 * 1024))).await;
    assert_eq!(refused.code(), "head-too-large");
    let long = format!("GET /livez HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(64 * 1024));
    assert!(raw(&gateway, long.as_bytes()).await.starts_with("HTTP/1.1 431"));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_says_it_is_too_large_is_refused_before_any_of_it_comes() {
    let (lab, ..) = Lab::serving_v1();
    let limits = Limits { body_time: Duration::from_secs(3_600), ..Limits::default() };
    let gateway = lab.serve_within(limits).await;
    let head =
        "POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    for rest in ["", "expect: 100-continue\r\n"] {
        let head = format!("{head}{rest}content-length: {}\r\n\r\n", 1024 * 1024 + 1);
        let refused = tokio::time::timeout(PATIENCE, raw(&gateway, head.as_bytes())).await;
        let refused = refused.expect("an answer at once");
        assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
        assert!(refused.contains("body-too-large"), "{refused}");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_come_at_the_same_time_have_so_much_room_in_all() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve_within(Limits { bodies: 2_000, ..Limits::default() }).await;
    let mut slow = TcpStream::connect(gateway.address).await.expect("a connection");
    let head = "POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 1900\r\n\r\n";
    slow.write_all(format!("{head}{}", " ".repeat(1_800)).as_bytes()).await.expect("sent");
    let other = || invoke("ada", &"x".repeat(300));
    let until_refused = async {
        loop {
            let answer = gateway.ask(other()).await;
            if answer.status != StatusCode::OK {
                return answer;
            }
        }
    };
    let refused = tokio::time::timeout(PATIENCE, until_refused).await.expect("no room is left");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "busy")
    );
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(gateway.ask(get("/livez")).await.status, StatusCode::OK);
    drop(slow);
    while gateway.ask(other()).await.status != StatusCode::OK {}
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_slow_with_its_head_or_body_is_not_waited_for() {
    let (lab, ..) = Lab::serving_v1();
    let limits = Limits {
        head_time: Duration::from_secs(1),
        body_time: Duration::from_secs(1),
        ..Limits::default()
    };
    let gateway = lab.serve_within(limits).await;
    let began = Instant::now();
    let cut = raw(&gateway, b"GET /livez HTTP/1.1\r\n").await;
    assert!(began.elapsed() < Duration::from_secs(20), "that is the library's own limit");
    assert!(!cut.contains("200 OK"), "{cut}");
    let cut =
        raw(&gateway, b"POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
            .await;
    assert!(cut.starts_with("HTTP/1.1 408"), "{cut}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_understands_is_refused() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    assert!(raw(&gateway, b"\x16\x03\x01\x02\x00\x01\r\n\r\n").await.starts_with("HTTP/1.1 400"));
    for path in ["/nothing", "/v1", "/workers", "/../../etc/passwd", "/%00"] {
        let answer = gateway.ask(get(path)).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (StatusCode::NOT_FOUND, "no-route"),
            "{path}"
        );
    }
    let wrong = gateway.ask(get("/workers/invoke")).await;
    assert_eq!(
        (wrong.status, wrong.code().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed")
    );
    for body in ["", "null", "[]", "{\"worker_id\":7}", "{\"worker_id\":\"hello\""] {
        let wrong = gateway.ask(get("/workers/invoke").method("POST").body(body)).await;
        assert_eq!(
            (wrong.status, wrong.code().as_str()),
            (StatusCode::BAD_REQUEST, "body-invalid"),
            "{body}"
        );
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_finishes_what_runs_and_takes_nothing_more() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let address = gateway.address;
    // The body comes once the end was asked for.
    let body = "{\"worker_id\":\"hello\",\"payload\":\"hi\"}";
    let head = format!(
        "POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&body.as_bytes()[..5]).await.expect("sent");
    gateway
        .until("/metrics", |metrics| {
            let text = String::from_utf8_lossy(&metrics.body).into_owned();
            text.lines().any(|line| line == "greentic_gateway_connections 2")
        })
        .await;
    let ending = gateway.stopping();
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(&body.as_bytes()[5..]).await.expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(ending.await.expect("it ends").cut_off, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_is_not_ready() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.builder().build().expect("a gateway");
    let mut readiness = gateway.readiness();
    assert_eq!(readiness.borrow().reasons[0].code, "starting");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let ready = async {
        readiness.wait_for(|now| now.ready).await.expect("it gets ready");
    };
    gateway.serve(listener, ready).await.expect("it serves");
    assert_eq!(readiness.borrow().reasons[0].code, "stopping");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_answers_a_moment_longer_and_says_so() {
    let (lab, ..) = Lab::serving_v1();
    let long = Duration::from_secs(600);
    let gateway = lab.serve_within(Limits { lead: long, grace: long, ..Limits::default() }).await;
    let address = gateway.address;
    let before = gateway.ask(get("/livez")).await;
    assert!(before.headers.get("connection").is_none());
    let ending = gateway.stopping();
    let ask = async |ask| {
        let stream = TcpStream::connect(address).await.expect("a connection");
        exchange(stream, address, ask).await
    };
    while ask(get("/readyz")).await.status == StatusCode::OK {
        tokio::task::yield_now().await;
    }
    let refused = ask(get("/readyz")).await;
    assert_eq!(refused.json()["reasons"][0]["code"], "stopping");
    let answer = ask(invoke("ada", "hi")).await;
    assert_eq!(
        (answer.status, &answer.headers["connection"]),
        (StatusCode::OK, &"close".parse().expect("a header"))
    );
    // Nobody waits for the rest of the moment.
    ending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_finish_within_the_grace_is_cut_off() {
    let (lab, ..) = Lab::serving_v1();
    let gateway =
        lab.serve_within(Limits { grace: Duration::from_secs(1), ..Limits::default() }).await;
    let mut stream = TcpStream::connect(gateway.address).await.expect("a connection");
    let head = b"POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    stream.write_all(head).await.expect("sent");
    gateway
        .until("/metrics", |metrics| {
            let text = String::from_utf8_lossy(&metrics.body).into_owned();
            text.lines().any(|line| line == "greentic_gateway_connections 2")
        })
        .await;
    assert_eq!(gateway.stop().await.cut_off, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_cannot_drive_a_worker_of_this_machine() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let refused = gateway.ask(invoke("ada", "hi").content_type(kind)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type-not-json"),
            "{kind}"
        );
    }
    let with_charset = invoke("ada", "hi").content_type("Application/JSON; charset=utf-8");
    assert_eq!(gateway.ask(with_charset).await.status, StatusCode::OK);
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", ""] {
        for ask in [invoke("ada", "hi"), get("/"), get("/status")] {
            let refused = gateway.ask(ask.host(host)).await;
            assert_eq!(
                (refused.status, refused.code().as_str()),
                (StatusCode::MISDIRECTED_REQUEST, "host-not-served"),
                "{host}"
            );
        }
        assert_eq!(gateway.ask(get("/livez").host(host)).await.status, StatusCode::OK);
    }
    for host in ["localhost", "LocalHost:1", "127.1.2.3:8080", "[::1]:8080", "[::1]"] {
        assert_eq!(gateway.ask(get("/status").host(host)).await.status, StatusCode::OK, "{host}");
    }
    for hosts in ["", "host: localhost\r\nhost: localhost\r\n"] {
        let wrong = format!("GET /status HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let refused = raw(&gateway, wrong.as_bytes()).await;
        assert!(refused.starts_with("HTTP/1.1 400") && refused.contains("host-invalid"));
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_conversation_can_be_kept_callers_are_told_to_come_again() {
    let (lab, ..) = Lab::serving_v1();
    let none = MemoryLimits { keys: 0, ..MemoryLimits::default() };
    let runner = HostBuilder::new().with_session_store(Arc::new(MemorySessions::new(none)));
    let runner = Arc::new(runner.build_open().expect("a runner"));
    let gateway = lab.start(lab.builder().runner(runner)).await;
    gateway.until_ready().await;
    let refused = gateway.ask(invoke("ada", "hi")).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "port-full")
    );
    assert!(refused.headers.contains_key("retry-after"));
    assert!(refused.json()["error"]["hint"].is_string());
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_takes_no_answers_is_not_waited_for() {
    let (lab, ..) = Lab::serving_v1();
    let limits = Limits { write_time: Duration::from_millis(500), ..Limits::default() };
    let gateway = lab.serve_within(limits).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4 * 1024).expect("a small buffer");
    let mut stream = socket.connect(gateway.address).await.expect("a connection");
    let asked = "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    let asking = async { while stream.write_all(asked.as_bytes()).await.is_ok() {} };
    let closed = tokio::time::timeout(PATIENCE, asking).await;
    closed.expect("the gateway closes the connection");
    gateway.stop().await;
}

//! Requests that no client should send, and some that few do.

use hyper::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::lab::{Lab, get, invoke};
use super::limits::raw;

const DIRECTLINE: &str = "/v1/messaging/webchat/default/v3/directline";

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_with_a_wrong_method_or_no_token_is_told_what_is_right() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let activities = format!("{DIRECTLINE}/conversations/one/activities");
    for (path, method, allowed) in [
        ("/", "POST", "GET, HEAD"),
        ("/status", "DELETE", "GET, HEAD"),
        ("/workers/invoke", "GET", "POST"),
        (activities.as_str(), "PUT", "GET, POST"),
    ] {
        let refused = gateway.ask(get(path).method(method)).await;
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(refused.headers["allow"], allowed, "{path}");
    }
    let refused = gateway.ask(get(activities)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers["www-authenticate"], "Bearer");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_no_worker_could_take_is_the_clients_fault() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let deep = |levels: usize| {
        let payload = "[".repeat(levels) + &"]".repeat(levels);
        format!("{{\"worker_id\":\"hello\",\"payload\":{{\"text\":\"x\",\"value\":{payload}}}}}")
    };
    let ask = async |body: String| {
        let answer = gateway.ask(get("/workers/invoke").method("POST").body(body)).await;
        (answer.status, answer.code())
    };
    // Two objects are around them.
    assert_eq!(ask(deep(46)).await.0, StatusCode::OK);
    for levels in [47, 65, 5_000] {
        let refused = (StatusCode::BAD_REQUEST, "body-too-deep".to_owned());
        assert_eq!(ask(deep(levels)).await, refused, "{levels}");
    }
    // Its fields in their order, without their names.
    let list = "[null,{},\"hello\",{\"text\":\"hi\"},null,null,null]";
    assert_eq!(ask(list.to_owned()).await, (StatusCode::BAD_REQUEST, "body-invalid".to_owned()));
    let echo = format!("{{\"worker_id\":\"hello\",\"tenant\":\"{}\"}}", "x".repeat(500_000));
    let refused = gateway.ask(get("/workers/invoke").method("POST").body(echo)).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::BAD_REQUEST, "body-invalid")
    );
    let told = refused.json()["error"]["message"].to_string();
    assert!(told.len() < 300 && told.ends_with("column 500032\""), "it is not sent back: {told}");
    let packed = "POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
                  content-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}";
    let refused = raw(&gateway, packed.as_bytes()).await;
    assert!(
        refused.starts_with("HTTP/1.1 415") && refused.contains("content-encoded"),
        "{refused}"
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_says_that_it_has_said_everything_gets_its_answer() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let body = invoke("ada", "hi").into_body();
    let head = format!(
        "POST /workers/invoke HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(gateway.address).await.expect("a connection");
    stream.write_all(&[head.into_bytes(), body].concat()).await.expect("sent");
    stream.shutdown().await.expect("that was all");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("What is your name"), "{answer}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_around_a_host_does_not_make_it_one_of_this_machine() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    for host in ["localhost:80@evil.example", "localhost:evil.example", "[::1]evil.example"] {
        let refused = gateway.ask(get("/status").host(host)).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::BAD_REQUEST, "host-invalid"),
            "{host}"
        );
    }
    let target =
        "GET http://evil.example/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(
        raw(&gateway, target.as_bytes()).await.starts_with("HTTP/1.1 421"),
        "the target counts"
    );
    gateway.stop().await;
}

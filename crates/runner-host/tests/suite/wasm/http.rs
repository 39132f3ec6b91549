use std::sync::Arc;
use std::time::Duration;

use greentic_runner_host::wasm::{
    CallError, Guest, HttpClient, HttpError, HttpRequest, Reach, Redirects, WebClient,
};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::{CALLER, guest, invocation, limits};

/// Serves one answer to each connection; nothing at all when there is none.
pub(super) async fn serve(answer: Option<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                match answer {
                    Some(answer) => drop(stream.write_all(&answer).await),
                    None => std::future::pending().await,
                }
            });
        }
    });
    format!("http://{address}/some/path")
}

pub(super) fn response(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n").into_bytes()
}

fn client() -> WebClient {
    WebClient::new(Reach::PrivateToo).expect("a client")
}

fn online() -> Guest {
    let mut guest = guest("t");
    guest.grants.http = true;
    guest.ports.http = Arc::new(client());
    guest
}

fn get(url: &str) -> HttpRequest {
    HttpRequest {
        method: "get".to_owned(),
        url: url.to_owned(),
        headers: vec![("x-one".to_owned(), "1".to_owned())],
        body: None,
        timeout: Duration::from_secs(5),
        redirects: Redirects::Return,
        max_response: 1000,
    }
}

async fn fetch(guest: Guest, url: &str) -> Result<Value, CallError> {
    CALLER.invoke(guest, &invocation("http", json!(url))).await
}

#[tokio::test]
async fn a_guest_gets_the_response_of_a_server() {
    let url = serve(Some(response(b"\x65hello"))).await;
    assert_eq!(fetch(online(), &url).await, Ok(json!("hello")));
}

#[tokio::test]
async fn a_guest_that_waits_for_a_server_ends_with_its_deadline() {
    let url = serve(None).await;
    let error = fetch(online(), &url).await.unwrap_err();
    // Its request ends first, and it may still say so.
    let ended = matches!(&error, CallError::Guest { code, .. } if code == "unavailable")
        || error == CallError::Deadline { limit: limits().deadline };
    assert!(ended, "{error:?}");
}

#[tokio::test]
async fn a_response_beyond_the_bound_is_an_error_for_the_guest() {
    let url = serve(Some(response(&[b'x'; 2000]))).await;
    let mut guest = online();
    guest.limits.http_response = 1000;
    let error = fetch(guest, &url).await.unwrap_err();
    assert!(matches!(&error, CallError::Guest { message, .. } if message.contains("1000 bytes")));
}

#[tokio::test]
async fn addresses_that_guests_do_not_reach_are_refused_before_anything_is_sent() {
    let url = serve(Some(response(b"secret"))).await;
    let internet = WebClient::new(Reach::Internet).expect("a client");
    let port = url.rsplit(':').next().expect("a port");
    for url in [
        url.clone(),
        format!("http://localhost:{port}"),
        format!("http://[::ffff:127.0.0.1]:{port}"),
        format!("http://2130706433:{port}"),
    ] {
        assert_eq!(internet.send(get(&url)).await, Err(HttpError::Refused), "{url}");
    }
    for url in ["http://169.254.169.254/latest", "https://[fe80::1]/", "http://0.0.0.0/"] {
        assert_eq!(client().send(get(url)).await, Err(HttpError::Refused), "{url}");
    }
}

#[tokio::test]
async fn a_redirect_is_followed_only_when_asked_and_never_to_a_refused_address() {
    let target = serve(Some(response(b"there"))).await;
    let url = serve(Some(redirect(&target))).await;
    assert_eq!(client().send(get(&url)).await.map(|r| r.status), Ok(302));
    let follow = |url: &str| HttpRequest { redirects: Redirects::Follow, ..get(url) };
    assert_eq!(client().send(follow(&url)).await.map(|r| r.body), Ok(b"there".to_vec()));
    let trap = serve(Some(redirect("http://169.254.169.254/latest"))).await;
    assert_eq!(client().send(follow(&trap)).await, Err(HttpError::Refused));
}

#[tokio::test]
async fn a_request_that_cannot_be_sent_says_what_is_wrong() {
    for (url, what) in [("ftp://example.com", "URL"), ("no url", "URL"), ("http://", "URL")] {
        let error = client().send(get(url)).await.unwrap_err();
        assert!(matches!(error, HttpError::Invalid { what: found } if found.starts_with(what)));
    }
    let mut odd = get("http://127.0.0.1:1/");
    odd.headers = vec![("a".to_owned(), "b\r\nc: d".to_owned())];
    assert_eq!(client().send(odd).await, Err(HttpError::Invalid { what: "header" }));
}

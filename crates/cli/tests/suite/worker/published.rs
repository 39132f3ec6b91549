//! Workers that others published answer behind the real program.

use greentic_testkit::published;
use serde_json::json;

use super::chat;
use super::server::Server;
use crate::lab::Lab;

#[test]
fn the_published_templates_worker_goes_up_and_answers() {
    let Some(bundle) = published("templates-bundle.gtbundle") else { return };
    let lab = Lab::new();
    let server = Server::start(&lab, &format!("up {} --listen 127.0.0.1:0", bundle.display()));
    let worker = server.result()["bundle_id"].clone();
    let body = json!({ "worker_id": worker, "session_id": "ada", "payload": { "text": "hi" } });
    let url = format!("{}/workers/invoke", server.url());
    let (status, answer) = chat::read(chat::agent().post(url).send_json(body).expect("an answer"));
    assert_eq!(status, 200, "{answer}");
    assert!(answer.to_string().contains("component-templates::handle_message"), "{answer}");
    assert!(server.terminate().success());
}

#[test]
fn the_published_welcome_goes_up_and_shows_its_card() {
    let Some(pack) = published("default-welcome.gtpack") else { return };
    let lab = Lab::new();
    let server = Server::start(&lab, &format!("up {} --listen 127.0.0.1:0", pack.display()));
    let mut visitor = chat::Chat::begin(server.url());
    let card = visitor.say_activity("hi")["attachments"][0].clone();
    assert_eq!(card["contentType"], "application/vnd.microsoft.card.adaptive", "{card}");
    assert_eq!(card["content"]["type"], "AdaptiveCard", "{card}");
}

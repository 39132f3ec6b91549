//! Direct Line, as its clients speak it.

use greentic_deploy_spec::{RouteBinding, TenantSelector};
use hyper::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::lab::{Answer, Ask, Lab, Served, get, post, worker};

const BASE: &str = "/v1/messaging/webchat/default/v3/directline";

/// A conversation of a client.
pub(crate) struct Chat {
    id: String,
    token: String,
}

impl Chat {
    pub(crate) async fn begin(gateway: &Served) -> Self {
        let minted = gateway.ask(post(format!("{BASE}/tokens/generate"), &json!({}))).await.json();
        let token = minted["token"].as_str().expect("a token");
        let begun =
            gateway.ask(post(format!("{BASE}/conversations"), &json!({})).token(token)).await;
        assert_eq!(begun.status, StatusCode::CREATED, "{begun:?}");
        let begun = begun.json();
        assert_eq!(begun["conversationId"], minted["conversationId"]);
        let text = |name: &str| begun[name].as_str().expect("a text").to_owned();
        Self { id: text("conversationId"), token: text("token") }
    }

    fn activities(&self) -> String {
        format!("{BASE}/conversations/{}/activities", self.id)
    }

    async fn post(&self, gateway: &Served, activity: &Value) -> Answer {
        gateway.ask(post(self.activities(), activity).token(&self.token)).await
    }

    pub(crate) async fn say(&self, gateway: &Served, text: &str) -> Answer {
        let activity = json!({ "type": "message", "text": text, "from": { "id": "ada" } });
        self.post(gateway, &activity).await
    }

    async fn since(&self, gateway: &Served, watermark: &str) -> Value {
        let path = format!("{}?watermark={watermark}", self.activities());
        gateway.ask(get(path).token(&self.token)).await.json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_holds_a_conversation_and_reads_from_where_it_was() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    let posted = chat.say(&gateway, "hi").await.json();
    let page = chat.since(&gateway, "").await;
    let activities = page["activities"].as_array().expect("activities");
    assert_eq!(activities.len(), 2, "{page}");
    assert_eq!(activities[0]["id"], posted["id"]);
    assert_eq!(activities[0]["from"], json!({ "id": "ada", "role": "user" }));
    assert_eq!(activities[1]["text"], "Hello! What is your name?");
    assert_eq!(activities[1]["replyToId"], posted["id"]);
    chat.say(&gateway, "Ada").await;
    let watermark = page["watermark"].as_str().expect("a watermark");
    let next = chat.since(&gateway, watermark).await;
    assert_eq!(next["activities"].as_array().map(Vec::len), Some(2), "{next}");
    assert_eq!(next["activities"][1]["text"], "Nice to meet you, Ada!");
    let again = format!("{BASE}/conversations/{}", chat.id);
    let again = gateway.ask(get(again).token(&chat.token)).await;
    assert_eq!((again.status, &again.json()["conversationId"]), (StatusCode::OK, &json!(chat.id)));
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_its_own_conversation_only() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let (ada, bob) = (Chat::begin(&gateway).await, Chat::begin(&gateway).await);
    let read = gateway.ask(get(ada.activities()).token(&bob.token)).await;
    assert_eq!(read.status, StatusCode::FORBIDDEN);
    assert_eq!(read.code(), "token-of-another-conversation");
    let message = json!({ "type": "message", "text": "hi" });
    let written = gateway.ask(post(ada.activities(), &message).token(&bob.token)).await;
    assert_eq!(written.status, StatusCode::FORBIDDEN);
    assert_eq!(gateway.ask(get(ada.activities())).await.status, StatusCode::UNAUTHORIZED);
    let mut forged = ada.token.clone();
    forged.replace_range(0..1, if forged.starts_with('A') { "B" } else { "A" });
    let forged = gateway.ask(get(ada.activities()).token(&forged)).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_nothing_of_another_tenant_or_worker() {
    let (lab, ..) = Lab::serving_v1();
    let acme = TenantSelector { tenant: "acme".to_owned(), team: "t".to_owned() };
    let acme = RouteBinding { tenant_selector: acme, ..RouteBinding::unrestricted() };
    lab.deployment_at("helper", acme);
    lab.deployment_at("other", RouteBinding::unrestricted());
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    for (place, code) in
        [("acme", "token-of-another-tenant"), ("default/other", "token-of-another-worker")]
    {
        let path = chat.activities().replace("/default/", &format!("/{place}/"));
        let refused = gateway.ask(get(path).token(&chat.token)).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::FORBIDDEN, code));
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_lasts_through_a_restart_of_the_gateway() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    chat.say(&gateway, "hi").await;
    gateway.stop().await;
    let gateway = lab.serve().await;
    let page = chat.since(&gateway, "2").await;
    assert_eq!(page, json!({ "activities": [], "watermark": "0" }), "what was kept is gone");
    assert_eq!(chat.say(&gateway, "hi").await.status, StatusCode::OK);
    let page = chat.since(&gateway, "2").await;
    assert_eq!(page["activities"].as_array().map(Vec::len), Some(2), "{page}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_tenant_is_not_there_and_gets_no_token() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    for path in [
        "/v1/messaging/webchat/acme/v3/directline/tokens/generate",
        "/v1/messaging/webchat/default/nobody/v3/directline/tokens/generate",
        "/v1/messaging/webchat/default/v3/elsewhere",
        "/v1/web/webchat/acme/",
    ] {
        let answer = gateway.ask(post(path, &json!({}))).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.json().to_string().contains("token\":"), "{path}");
    }
    let named = "/v1/messaging/webchat/default/hello/v3/directline/tokens/generate";
    assert_eq!(gateway.ask(post(named, &json!({}))).await.status, StatusCode::OK);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_activity_is_refused_and_what_needs_no_answer_gets_none() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    for wrong in [
        json!([]),
        json!({}),
        json!({ "type": 7 }),
        json!({ "type": "message", "text": {} }),
        json!({ "type": "message", "from": "ada" }),
    ] {
        let refused = chat.post(&gateway, &wrong).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::BAD_REQUEST, "activity-invalid")
        );
    }
    let broken = gateway
        .ask(get(chat.activities()).method("POST").body("{\"type\"").token(&chat.token))
        .await;
    assert_eq!((broken.status, broken.code().as_str()), (StatusCode::BAD_REQUEST, "body-invalid"));
    let typing = chat.post(&gateway, &json!({ "type": "typing" })).await;
    assert_eq!(typing.status, StatusCode::OK);
    let page = chat.since(&gateway, "").await;
    assert_eq!(
        page["activities"].as_array().map(Vec::len),
        Some(1),
        "only what the client said: {page}"
    );
    let wrong =
        gateway.ask(get(format!("{}?watermark=x", chat.activities())).token(&chat.token)).await;
    assert_eq!(
        (wrong.status, wrong.code().as_str()),
        (StatusCode::BAD_REQUEST, "watermark-invalid")
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_named_user_speaks_under_that_name_only() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let [ada, root] = ["dl_ada", "root"].map(|id| json!({ "user": { "id": id } }));
    // Whoever is named first stays: by the token, else at the beginning.
    for (at_token, at_begin) in [(ada.clone(), root), (json!({}), ada)] {
        let minted = gateway.ask(post(format!("{BASE}/tokens/generate"), &at_token)).await.json();
        let token = minted["token"].as_str().expect("a token");
        let begun = post(format!("{BASE}/conversations"), &at_begin).token(token);
        let begun = gateway.ask(begun).await.json();
        let text = |name: &str| begun[name].as_str().expect("a text").to_owned();
        let chat = Chat { id: text("conversationId"), token: text("token") };
        let message = json!({ "type": "message", "text": "hi", "from": { "id": "root" } });
        assert_eq!(chat.post(&gateway, &message).await.status, StatusCode::OK);
        let page = chat.since(&gateway, "").await;
        assert_eq!(page["activities"][0]["from"]["id"], "dl_ada");
    }
    let long = json!({ "user": { "id": "x".repeat(300) } });
    let refused = gateway.ask(post(format!("{BASE}/tokens/generate"), &long)).await;
    assert_eq!(refused.code(), "user-too-long");
    let hidden = json!({ "user": { "id": "a\u{1}b" } });
    let refused = gateway.ask(post(format!("{BASE}/tokens/generate"), &hidden)).await;
    assert_eq!(refused.code(), "user-invalid");
    // The longest id, in the letters that take most.
    let longest = json!({ "user": { "id": "\"".repeat(256) } });
    let minted = gateway.ask(post(format!("{BASE}/tokens/generate"), &longest)).await.json();
    let token = minted["token"].as_str().expect("a token");
    let begun = post(format!("{BASE}/conversations"), &json!({})).token(token);
    assert_eq!(gateway.ask(begun).await.status, StatusCode::CREATED);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_origin_may_ask_a_host_that_is_bound_without_credentials() {
    let lab = Lab::new();
    let tenant_selector = TenantSelector { tenant: "default".into(), team: "default".into() };
    let hosts = vec!["chat.example".to_owned()];
    let route = RouteBinding { hosts, path_prefixes: Vec::new(), tenant_selector };
    let deployment = lab.deployment_at("hello", route);
    lab.split(deployment, &[(lab.ready(deployment, "v1"), 10_000)]);
    let gateway = lab.serve().await;
    let path = format!("{BASE}/conversations");
    let shop = |ask: Ask| ask.host("chat.example").origin("https://shop.example");
    let preflight = gateway.ask(shop(get(path.clone()).method("OPTIONS"))).await;
    assert_eq!(preflight.status, StatusCode::NO_CONTENT);
    assert_eq!(preflight.headers["access-control-allow-origin"], "*");
    let allowed = preflight.headers["access-control-allow-headers"].to_str().expect("a text");
    assert!(allowed.contains("authorization") && allowed.contains("x-ms-bot-agent"));
    assert!(!preflight.headers.contains_key("access-control-allow-credentials"));
    let refused = gateway.ask(shop(post(path, &json!({})))).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_this_machine_may_ask_under_its_own_names() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    for path in [format!("{BASE}/conversations"), "/workers/invoke".to_owned()] {
        for (origin, may) in [
            ("http://localhost:3000", true),
            ("http://127.0.0.1:8080", true),
            ("https://[::1]", true),
            ("https://evil.example", false),
            ("http://localhost.evil.example", false),
            ("http://127.0.0.1@evil.example", false),
            ("null", false),
            ("", false),
        ] {
            let preflight =
                gateway.ask(get(path.clone()).method("OPTIONS").origin(origin)).await.headers;
            let allowed = preflight.get("access-control-allow-origin");
            assert_eq!(
                allowed.map(|allowed| allowed.to_str().expect("a text")),
                may.then_some(origin)
            );
            assert_eq!(preflight["vary"], "origin");
        }
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_refreshed_for_the_same_conversation() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    let fresh = gateway
        .ask(post(format!("{BASE}/tokens/refresh"), &json!({})).token(&chat.token))
        .await
        .json();
    assert_eq!(fresh["conversationId"], chat.id);
    assert_eq!(fresh["expires_in"], 1_800);
    let chat = Chat { token: fresh["token"].as_str().expect("a token").to_owned(), ..chat };
    assert_eq!(chat.say(&gateway, "hi").await.status, StatusCode::OK);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_refused_is_not_in_the_conversation() {
    let lab = Lab::new();
    let deployment = lab.deployment();
    let folder = TempDir::new().expect("a folder");
    let revision =
        lab.staged_from(deployment, &worker(folder.path(), "misbehaving", "trap"), 60).revision_id;
    lab.warm(revision);
    lab.split(deployment, &[(revision, 10_000)]);
    let gateway = lab.serve().await;
    let chat = Chat::begin(&gateway).await;
    let refused = chat.say(&gateway, "hi").await;
    assert_eq!(refused.status, StatusCode::BAD_GATEWAY, "{refused:?}");
    let typing = chat.post(&gateway, &json!({ "type": "typing" })).await;
    assert_eq!(typing.status, StatusCode::OK);
    let page = chat.since(&gateway, "").await;
    let activities = page["activities"].as_array().expect("activities");
    assert_eq!((activities.len(), &activities[0]["type"]), (1, &json!("typing")), "{page}");
    gateway.stop().await;
}

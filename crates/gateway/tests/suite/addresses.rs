//! Which deployment a host and path lead to.

use std::net::Ipv4Addr;

use greentic_deploy_spec::routing::RESERVED_PATHS;
use greentic_deploy_spec::{BundleDeploymentStatus, RouteBinding, TenantSelector};
use hyper::StatusCode;
use serde_json::json;

use super::lab::{Lab, get, post, text_of};

fn binding(hosts: &[&str], prefixes: &[&str], tenant: &str) -> RouteBinding {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
    RouteBinding {
        hosts: texts(hosts),
        path_prefixes: texts(prefixes),
        tenant_selector: TenantSelector { tenant: tenant.to_owned(), team: "default".to_owned() },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_specific_host_and_then_the_longest_path_wins() {
    let lab = Lab::new();
    let everywhere = lab.deployment_at("everywhere", binding(&[], &[], "default"));
    let support = lab.deployment_at("support", binding(&["*.example.org"], &["/help"], "acme"));
    for (deployment, version) in [(everywhere, "v1"), (support, "v2")] {
        let revision = lab.ready(deployment, version);
        lab.split(deployment, &[(revision, 10_000)]);
    }
    let gateway = lab.serve().await;
    let ask = |host: &'static str, path: &str, worker: &str| {
        post(path, &json!({ "worker_id": worker, "payload": "hi" })).host(host)
    };
    let v1 = gateway.ask(ask("localhost:8080", "/workers/invoke", "everywhere")).await.json();
    assert_eq!(text_of(&v1), "Hello! What is your name?");
    let v2 =
        gateway.ask(ask("eu.example.org:8080", "/help/workers/invoke", "support")).await.json();
    assert_eq!(text_of(&v2), "Hi there! Whom do I talk to?");
    assert_eq!(v2["tenant"]["tenant"], "acme");
    // Under its host, a worker is also had without its prefix; under others it is not.
    let v2 = gateway.ask(ask("eu.example.org", "/workers/invoke", "support")).await;
    assert_eq!(v2.status, StatusCode::OK);
    let elsewhere = gateway.ask(ask("example.net", "/help/workers/invoke", "support")).await;
    assert_eq!(elsewhere.status, StatusCode::MISDIRECTED_REQUEST);
    let path = "/v1/messaging/webchat/acme/v3/directline/tokens/generate";
    assert_eq!(
        gateway.ask(post(path, &json!({})).host("a.example.org")).await.status,
        StatusCode::OK
    );
    assert_eq!(
        gateway.ask(post(path, &json!({})).host("localhost")).await.status,
        StatusCode::NOT_FOUND
    );
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bindings_that_are_equally_specific_are_told() {
    let lab = Lab::new();
    let first = lab.deployment_at("first", RouteBinding::unrestricted());
    let second = lab.deployment_at("second", RouteBinding::unrestricted());
    let gateway = lab.serve().await;
    let status = gateway.ask(get("/status")).await.json();
    let mut both = [first.to_string(), second.to_string()];
    both.sort();
    let told = json!([{ "host": "*", "path_prefix": "/", "deployments": both }]);
    assert_eq!(status["ambiguities"], told, "{status}");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_runs_its_own_script_only() {
    let (lab, ..) = Lab::serving_v1();
    let gateway = lab.serve().await;
    for path in ["/", "/v1/web/webchat/default/", "/v1/web/webchat/default/hello/"] {
        let page = gateway.ask(get(path)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let policy = page.headers["content-security-policy"].to_str().expect("a text");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'sha256-"));
        assert!(!policy.contains("unsafe"), "{policy}");
        let html = String::from_utf8(page.body.to_vec()).expect("a text");
        assert!(!html.contains("http://") && !html.contains("src="), "nothing from elsewhere");
        assert!(!html.contains("innerHTML"), "texts are never markup");
    }
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_talks_to_the_tenant_that_its_host_leads_to_and_tells_of_nothing_else() {
    let lab = Lab::new();
    let everywhere = lab.deployment_at("everywhere", binding(&[], &[], "a/cme"));
    lab.deployment_at("support", binding(&["beta.example.org"], &["/help"], "beta"));
    let gateway = Lab::start_on(Ipv4Addr::UNSPECIFIED, lab.builder()).await;
    gateway.until_applied(&lab).await;
    let of = async |path: &str, host| {
        let page = gateway.ask(get(path).host(host)).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        let html = String::from_utf8(page.body.to_vec()).expect("a text");
        assert!(!html.contains("everywhere") && !html.contains("support"), "no deployment");
        let (_, rest) = html.split_once("<meta name=\"tenant\" content=\"").expect("it is told");
        rest.split_once('"').expect("to its end").0.to_owned()
    };
    assert_eq!(of("/", "gateway.example.net").await, "a%2Fcme");
    // A deployment of any host covers the path; one of this host does not.
    assert_eq!(of("/", "beta.example.org").await, "a%2Fcme");
    assert_eq!(of("/v1/web/webchat/beta/", "beta.example.org").await, "", "its address says it");
    lab.status(everywhere, BundleDeploymentStatus::Paused);
    gateway.until_applied(&lab).await;
    assert_eq!(of("/", "beta.example.org").await, "beta", "the only one that is left");
    assert_eq!(of("/", "gateway.example.net").await, "");
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_is_counted() {
    let (lab, deployment, _) = Lab::serving_v1();
    let gateway = lab.serve().await;
    gateway.say("ada", "hi").await;
    let text = String::from_utf8(gateway.ask(get("/metrics")).await.body.to_vec()).expect("a text");
    for line in [
        "greentic_gateway_requests_total{endpoint=\"Invoke\",status=\"200\"} 1".to_owned(),
        format!(
            "greentic_gateway_turns_total{{deployment=\"{deployment}\",outcome=\"Answered\"}} 1"
        ),
        format!("greentic_gateway_turn_seconds_count{{deployment=\"{deployment}\"}} 1"),
        "greentic_gateway_activations_total 1".to_owned(),
        "greentic_gateway_ready 1".to_owned(),
    ] {
        assert!(text.lines().any(|one| one == line), "{line} is not in\n{text}");
    }
    let parked =
        text.lines().find(|line| line.starts_with("greentic_gateway_parked_conversations{"));
    assert!(parked.is_some_and(|line| line.ends_with(" 1")), "{text}");
    assert_eq!(gateway.ask(get("/livez")).await.status, StatusCode::OK);
    gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reserved_path_is_answered_without_a_deployment() {
    let lab = Lab::new();
    let gateway = lab.serve().await;
    for path in RESERVED_PATHS {
        assert_eq!(gateway.ask(get(path)).await.status, StatusCode::OK, "{path}");
    }
    gateway.stop().await;
}

//! Providers of a revision: which instance a request is for, and what they do.

use std::collections::HashMap;

use greentic_runner_host::config::OperatorPolicy;
use greentic_runner_host::{HostError, IdentifyOutcome, IdentifySource, PackSource, RunnerHost};
use serde_json::{Value, json};

use super::lab::{Packs, Revision, TENANT, host, host_with, message};

const TYPE: &str = "messaging.example";

async fn identify(
    host: &RunnerHost,
    headers: &[(String, String)],
    body: &Value,
) -> HashMap<String, IdentifyOutcome> {
    let (deployment, bundle, id) = (Revision::deployment(), Revision::bundle(), Revision(1).id());
    host.identify_messaging_endpoints_for_revision_scoped(
        TENANT,
        deployment,
        bundle,
        id,
        &[TYPE, "messaging.other"],
        headers,
        body,
    )
    .await
    .expect("an outcome")
}

async fn invoke(host: &RunnerHost, op: &str, input: &Value) -> Result<Value, HostError> {
    let (deployment, bundle, id) = (Revision::deployment(), Revision::bundle(), Revision(1).id());
    let input = input.to_string().into_bytes();
    host.invoke_provider_for_revision(TENANT, deployment, bundle, id, TYPE, op, input, None, None)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_tells_which_instance_a_request_is_for() {
    let (packs, host) = (Packs::new(), host());
    Revision(1).load(&host, &packs.with_provider("provider")).await;
    let header = |name: &str| vec![(name.to_owned(), "legal".to_owned())];
    let found = identify(&host, &header("X-Endpoint"), &Value::Null).await;
    assert_eq!(found[TYPE], IdentifyOutcome::Identified("legal".to_owned()));
    assert_eq!(found["messaging.other"], IdentifyOutcome::Unsupported);
    let found = identify(&host, &header("Cookie"), &json!({"endpoint": "sales"})).await;
    assert_eq!(found[TYPE], IdentifyOutcome::Identified("sales".to_owned()));
    let found = identify(&host, &[], &Value::Null).await;
    assert_eq!(found[TYPE], IdentifyOutcome::NoMatch);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_tells_where_it_looks_for_its_instance() {
    let (packs, host) = (Packs::new(), host());
    Revision(1).load(&host, &packs.with_provider("provider")).await;
    let (deployment, bundle, id) = (Revision::deployment(), Revision::bundle(), Revision(1).id());
    let hints = host
        .describe_identify_instances_for_revision(TENANT, deployment, bundle, id, &[TYPE])
        .await
        .expect("hints");
    let sources = &hints[TYPE].as_ref().expect("a hint").sources;
    let header = IdentifySource::Header { name: "x-endpoint".to_owned() };
    let body = IdentifySource::BodyPath { json_pointer: "/endpoint".to_owned() };
    assert_eq!(*sources, [header, body]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_does_what_it_declares_and_nothing_else() {
    let (packs, host) = (Packs::new(), host());
    Revision(1).load(&host, &packs.with_provider("provider")).await;
    let said = invoke(&host, "ingest_http", &json!({"v": 1, "body_b64": ""})).await;
    assert_eq!(said.expect("an answer")["status"], 400, "there is no message in it");
    let error = invoke(&host, "format_disk", &json!({})).await.expect_err("undeclared");
    assert!(error.to_string().contains("is not declared for provider_type"), "{error}");
    assert_eq!(error.code(), "provider-operation-undeclared");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_calls_only_the_operations_that_its_policy_allows() {
    let packs = Packs::new();
    let host = host_with(|config| {
        let allowed = [(TYPE.to_owned(), ["ingest_http".to_owned()].into())].into();
        config.operator_policy =
            OperatorPolicy { allowed_ops: allowed, ..OperatorPolicy::default() };
    });
    Revision(1).load(&host, &packs.with_provider("provider")).await;
    assert!(invoke(&host, "ingest_http", &json!({})).await.is_ok());
    let error = invoke(&host, "encode", &json!({})).await.expect_err("not allowed");
    assert_eq!(error.code(), "provider-not-allowed", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_two_packs_have_is_ambiguous() {
    let (packs, host) = (Packs::new(), host());
    let mut source = Revision(1).source(&packs.with_provider("one"));
    source.packs.push(PackSource::new(packs.with_provider("two")));
    let runtime = host.prepare(TENANT, source).await.expect("a runtime");
    host.active_packs().insert_revision(runtime.key(), runtime).expect("its place");
    let error = invoke(&host, "encode", &json!({})).await.expect_err("two of them");
    assert!(error.to_string().contains("ambiguous provider_type"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_lets_a_provider_work() {
    let (packs, host) = (Packs::new(), host());
    let revision = Revision(1);
    revision.load(&host, &packs.with_provider("provider")).await;
    let said = revision.send(&host, message("ada", "hello")).await.expect("an answer");
    assert!(said[0].payload().to_string().contains("hello"), "{said:?}");
}

use std::time::Duration;

use greentic_runner_host::wasm::{CallError, Exports, Input, NodeAbi};
use serde_json::{Value, json};

use super::{ENGINE, NODE, PROVIDER, guest, guests, invocation};

fn sample() -> Value {
    json!({
        "text": "Grüße", "none": null, "yes": true, "list": [1, -2, 3.5, "x"],
        "deep": {"er": {"largest": u64::MAX, "smallest": i64::MIN, "half": 0.1}},
    })
}

#[tokio::test]
async fn a_node_gets_its_payload_and_its_answer_comes_back() {
    let answer = NODE.invoke(guest("t"), &invocation("echo", sample())).await;
    assert_eq!(answer, Ok(sample()));
    let mut raw = invocation("echo", Value::Null);
    raw.input = Input::Raw(sample());
    assert_eq!(NODE.invoke(guest("t"), &raw).await, Ok(sample()));
}

#[tokio::test]
async fn an_older_component_gets_the_whole_invocation_with_json_as_arrays_of_bytes() {
    let runtime = ENGINE.load(&guests::runtime()).expect("a component");
    assert_eq!(runtime.exports().node, Some(NodeAbi::Runtime060));
    let mut asked = invocation("op", json!({"a": 1}));
    asked.input = Input::Wrapped { payload: json!({"a": 1}), metadata: json!(null) };
    let answer = runtime.invoke(guest("t"), &asked).await.expect("an answer");
    assert_eq!(
        answer,
        json!({
            "ctx": {
                "env": "local", "tenant": "t", "tenant_id": "t", "flow_id": "flow",
                "node_id": "node", "attempt": 1,
            },
            "flow_id": "flow", "node_id": "node", "op": "op",
            "payload": b"{\"a\":1}".to_vec(), "metadata": b"null".to_vec(),
        })
    );
    asked.input = Input::Raw(json!({"input": "hi"}));
    assert_eq!(runtime.invoke(guest("t"), &asked).await, Ok(json!({"input": "hi"})));
}

#[tokio::test]
async fn a_components_own_error_keeps_its_words_and_its_advice() {
    let error = NODE.invoke(guest("t"), &invocation("fail", json!(1))).await.unwrap_err();
    assert_eq!(
        error,
        CallError::Guest {
            code: "teapot".to_owned(),
            message: "short and stout".to_owned(),
            retryable: true,
            backoff: Some(Duration::from_millis(1500)),
        }
    );
    assert!(error.is_retryable());
    assert_eq!(error.code(), "component-error");
    let error = NODE.invoke(guest("t"), &invocation("not ok", json!("why"))).await.unwrap_err();
    assert!(matches!(&error, CallError::Guest { code, message, retryable: false, .. }
        if code == "COMPONENT_INVOCATION_FAILED" && message == "\"why\""));
}

#[tokio::test]
async fn a_provider_answers_its_four_questions_and_tells_its_instance() {
    let provider = &*PROVIDER;
    assert_eq!(
        provider.exports(),
        Exports {
            node: None,
            provider: true,
            identify_instance: true,
            describe_identify_instance: true,
        }
    );
    let answer = provider.provider_invoke(guest("t"), "send", b"{\"a\":1}").await;
    assert_eq!(answer.as_deref(), Ok(&b"{\"a\":1}"[..]));
    assert_eq!(provider.provider_describe(guest("t")).await.as_deref(), Ok(&b"{}"[..]));
    assert_eq!(provider.provider_healthcheck(guest("t")).await.as_deref(), Ok(&b"{}"[..]));
    let valid = provider.provider_validate_config(guest("t"), b"{1}").await;
    assert_eq!(valid.as_deref(), Ok(&b"{1}"[..]));
    let who = provider.identify_instance(&guest("t"), b"bot-1").await;
    assert_eq!(who, Ok(Some("bot-1".to_owned())));
    let hint = provider.describe_identify_instance(&guest("t")).await;
    assert_eq!(hint, Ok(Some(b"{}".to_vec())));
}

#[tokio::test]
async fn what_a_component_does_not_export_is_an_error_that_names_it() {
    let error = NODE.provider_invoke(guest("t"), "op", b"").await.unwrap_err();
    assert!(matches!(error, CallError::MissingExport { export } if export.contains("schema-core")));
    let error = NODE.identify_instance(&guest("t"), b"").await.unwrap_err();
    assert_eq!(error, CallError::MissingExport { export: "identify-instance" });
    let error = PROVIDER.invoke(guest("t"), &invocation("op", json!(1))).await.unwrap_err();
    assert!(matches!(error, CallError::MissingExport { .. }));
}

#[tokio::test]
async fn an_input_beyond_the_bound_never_reaches_the_component() {
    let mut small = guest("t");
    small.limits.input = 100;
    let large = invocation("echo", json!("x".repeat(101)));
    let error = NODE.invoke(small, &large).await.unwrap_err();
    assert_eq!(error, CallError::InputTooLarge { limit: 100 });
}

#[test]
fn futures_of_calls_are_send() {
    fn is_send<T: Send>(_: &T) {}
    let asked = invocation("echo", json!(1));
    is_send(&NODE.invoke(guest("t"), &asked));
    is_send(&PROVIDER.provider_invoke(guest("t"), "op", b""));
    is_send(&PROVIDER.identify_instance(&guest("t"), b""));
    is_send(&PROVIDER.describe_identify_instance(&guest("t")));
}

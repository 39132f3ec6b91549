//! A channel provider, as small as one can be.
//!
//! It speaks a made-up protocol: a message comes in as `{"id", "from", "conversation", "text", "endpoint"?}` and goes out as
//! a POST of `{"to", "text"}` to `<api_base_url>/messages`, where `api_base_url` is the provider's one setting.

mod egress;
mod identity;
mod ingress;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use exports::greentic::provider_instance_identity::{
    instance_identity_api, instance_identity_describe_api,
};
use exports::greentic::provider_schema_core::schema_core_api;

wit_bindgen::generate!({
    path: "../../../crates/runner-host/wit",
    inline: "
        package examples:provider;
        world provider {
            import greentic:http/http-client@1.1.0;
            export greentic:provider-schema-core/schema-core-api@1.0.0;
            export greentic:provider-instance-identity/instance-identity-api@0.1.0;
            export greentic:provider-instance-identity/instance-identity-describe-api@0.1.0;
        }
    ",
    generate_all,
});

const PROVIDER_TYPE: &str = "example.messaging";
const OPERATIONS: [&str; 4] = ["ingest_http", "render_plan", "encode", "send_payload"];

struct Provider;

impl schema_core_api::Guest for Provider {
    fn describe() -> Vec<u8> {
        bytes(&json!({
            "provider_type": PROVIDER_TYPE,
            "capabilities": ["messaging"],
            "ops": OPERATIONS,
        }))
    }

    fn validate_config(config_json: Vec<u8>) -> Vec<u8> {
        bytes(&answer(parse(&config_json).and_then(|config| egress::check(&config))))
    }

    fn healthcheck() -> Vec<u8> {
        bytes(&json!({"status": "healthy"}))
    }

    fn invoke(operation: String, input_json: Vec<u8>) -> Vec<u8> {
        bytes(&match operation.as_str() {
            "ingest_http" => ingress::ingest(&input_json),
            "render_plan" => answer(parse(&input_json).map(egress::render_plan)),
            "encode" => answer(parse(&input_json).map(egress::encode)),
            "send_payload" => answer(parse(&input_json).and_then(egress::send)),
            unknown => failure(&format!("unsupported op: {unknown}")),
        })
    }
}

impl instance_identity_api::Guest for Provider {
    fn identify_instance(input_json: Vec<u8>) -> Option<String> {
        identity::identify(&serde_json::from_slice(&input_json).ok()?)
    }
}

impl instance_identity_describe_api::Guest for Provider {
    fn describe_identify_instance() -> Option<Vec<u8>> {
        Some(bytes(&identity::hint()))
    }
}

export!(Provider);

fn parse<T: DeserializeOwned>(input: &[u8]) -> Result<T, String> {
    serde_json::from_slice(input).map_err(|error| format!("invalid input: {error}"))
}

/// What an operation answers, in the one form that says whether it worked.
fn answer(outcome: Result<Value, String>) -> Value {
    outcome.unwrap_or_else(|error| failure(&error))
}

fn failure(error: &str) -> Value {
    json!({"ok": false, "error": error})
}

fn bytes(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}

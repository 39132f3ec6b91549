//! What must hold of the wasm layer.

mod calls;
mod examples;
mod grants;
pub(crate) mod guests;
mod hostile;
mod http;
mod load;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use greentic_runner_host::wasm::{
    Component, EngineConfig, Guest, Identity, Input, Invocation, Limits, WasmEngine,
};
use serde_json::Value;

/// One engine for all tests, as in a process.
static ENGINE: LazyLock<Arc<WasmEngine>> =
    LazyLock::new(|| WasmEngine::new(&EngineConfig::default()).expect("an engine"));
static NODE: LazyLock<Component> = LazyLock::new(|| ENGINE.load(&guests::node()).expect("a node"));
static CALLER: LazyLock<Component> =
    LazyLock::new(|| ENGINE.load(&guests::caller()).expect("a caller"));
static PROVIDER: LazyLock<Component> =
    LazyLock::new(|| ENGINE.load(&guests::provider()).expect("a provider"));

fn identity(tenant: &str) -> Identity {
    Identity {
        env: "local".to_owned(),
        tenant: tenant.to_owned(),
        pack: "pack.one".to_owned(),
        deployment: Some("d1".to_owned()),
        revision: Some("r1".to_owned()),
        attempt: 1,
        ..Identity::default()
    }
}

fn limits() -> Limits {
    Limits { deadline: Duration::from_millis(400), memory: 32 * 1024 * 1024, ..Limits::default() }
}

fn guest(tenant: &str) -> Guest {
    Guest::denied(Arc::new(identity(tenant)), limits())
}

fn invocation(operation: &str, payload: Value) -> Invocation {
    Invocation {
        operation: operation.to_owned(),
        input: Input::Wrapped { payload, metadata: Value::Null },
        flow_id: "flow".to_owned(),
        node_id: Some("node".to_owned()),
        component_id: "component".to_owned(),
    }
}

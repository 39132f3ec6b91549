//! A warm call of a component through the host, against the same call with the engine alone.
//!
//! `floor` is raw wasmtime with the same settings: a store with the same state (a WASI context and a limiter), an instance in a
//! pooled slot, and one asynchronous call of the same function with the same arguments, CBOR in and CBOR out. `host` is
//! [`Component::invoke`], JSON in and JSON out. Both run in one asynchronous runtime.

#![expect(clippy::disallowed_methods, reason = "a benchmark is a program and reads the clock")]

#[path = "../tests/suite/wasm/guests.rs"]
#[expect(dead_code, reason = "shared with the tests, which call more of them")]
mod guests;
mod raw;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use greentic_runner_host::wasm::{
    EngineConfig, Guest, Identity, Input, Invocation, Limits, WasmEngine,
};
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

fn invocation() -> Invocation {
    Invocation {
        operation: "echo".to_owned(),
        input: Input::Wrapped {
            payload: json!({"text": "hello", "conversation": "c-1", "count": 3}),
            metadata: Value::Null,
        },
        flow_id: "greeting".to_owned(),
        node_id: Some("reply".to_owned()),
        component_id: "echo".to_owned(),
    }
}

fn payload(invocation: &Invocation) -> Vec<u8> {
    let (Input::Wrapped { payload, .. } | Input::Raw(payload)) = &invocation.input;
    let mut cbor = Vec::new();
    ciborium::into_writer(payload, &mut cbor).expect("CBOR");
    cbor
}

fn guest() -> Guest {
    let identity = Identity {
        env: "local".to_owned(),
        tenant: "acme".to_owned(),
        pack: "hello".to_owned(),
        attempt: 1,
        ..Identity::default()
    };
    Guest::denied(Arc::new(identity), Limits::default())
}

/// The components: one without anything around it, and one as Rust makes them.
fn components() -> Vec<(&'static str, Vec<u8>)> {
    let example =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/components/echo/echo.wasm");
    let mut components = vec![("bare", guests::node())];
    components.extend(std::fs::read(example).ok().map(|bytes| ("rust", bytes)));
    components
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

fn calls(criterion: &mut Criterion) {
    let runtime = runtime();
    let engine = WasmEngine::new(&EngineConfig::default()).expect("an engine");
    let raw_engine = raw::engine();
    let invocation = invocation();
    let payload = payload(&invocation);
    let guest = guest();
    for (name, bytes) in components() {
        let mut group = criterion.benchmark_group(format!("call-{name}"));
        group.measurement_time(Duration::from_secs(4));
        let raw = raw::Raw::new(&raw_engine, &bytes);
        group.bench_function("floor", |bencher| {
            bencher.iter_custom(|rounds| {
                runtime.block_on(async {
                    let began = Instant::now();
                    for _ in 0..rounds {
                        std::hint::black_box(raw.call(&invocation, &payload).await);
                    }
                    began.elapsed()
                })
            });
        });
        let component = engine.load(&bytes).expect("a component");
        group.bench_function("host", |bencher| {
            bencher.iter_custom(|rounds| {
                runtime.block_on(async {
                    let began = Instant::now();
                    for _ in 0..rounds {
                        let answer = component.invoke(guest.clone(), &invocation).await;
                        std::hint::black_box(answer.expect("an answer"));
                    }
                    began.elapsed()
                })
            });
        });
        group.finish();
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);

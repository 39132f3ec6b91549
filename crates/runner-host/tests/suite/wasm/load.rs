use greentic_runner_host::wasm::{EngineConfig, WasmEngine, WasmError};
use serde_json::json;

use super::{ENGINE, guest, guests, invocation};

#[test]
fn bytes_that_are_no_component_are_an_error_that_says_so() {
    for bytes in [&b""[..], b"no wasm", b"\0asm\x01\0\0\0"] {
        let error = ENGINE.load(bytes).unwrap_err();
        assert!(matches!(error, WasmError::NotAComponent { .. }), "{error:?}");
        assert_eq!(error.code(), "wasm-not-a-component");
    }
}

#[test]
fn an_import_that_the_host_does_not_have_is_named() {
    let text = r#"(component (import "greentic:unknown/thing@1.0.0" (instance
        (export "f" (func)))))"#;
    let error = ENGINE.load(&wat::parse_str(text).expect("a component")).unwrap_err();
    assert!(matches!(error, WasmError::Import { .. }), "{error:?}");
    assert!(error.to_string().contains("greentic:unknown/thing"), "{error}");
}

#[test]
fn wasi_beyond_the_command_world_links_and_is_denied() {
    let text = r#"(component (import "wasi:keyvalue/store@0.2.0" (instance
        (export "bucket" (type (sub resource)))
        (export "open" (func)))))"#;
    ENGINE.load(&wat::parse_str(text).expect("a component")).expect("it links");
}

#[test]
fn a_known_export_in_another_shape_is_an_error_that_names_it() {
    let text = r#"(component
        (component $c (core module $m (func (export "f")))
            (core instance $i (instantiate $m))
            (func (export "run") (canon lift (core func $i "f"))))
        (instance $i (instantiate $c))
        (export "greentic:component/component-runtime@0.6.0" (instance $i)))"#;
    let error = ENGINE.load(&wat::parse_str(text).expect("a component")).unwrap_err();
    assert!(
        matches!(&error, WasmError::Export { interface, function: "run", .. }
        if *interface == "greentic:component/component-runtime@0.6.0"),
        "{error:?}"
    );
}

#[test]
fn callers_that_load_the_same_bytes_at_once_get_one_component() {
    let bytes = guests::node();
    std::thread::scope(|threads| {
        let loads: Vec<_> = (0..8).map(|_| threads.spawn(|| ENGINE.load(&bytes))).collect();
        let loaded: Vec<_> = loads.into_iter().map(|load| load.join().expect("a load")).collect();
        let first = loaded.first().and_then(|load| load.as_ref().ok()).expect("a component");
        for other in &loaded {
            assert!(other.as_ref().is_ok_and(|other| other.is_same(first)));
        }
    });
}

#[tokio::test]
async fn a_cache_keeps_compiled_components_for_the_next_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let config =
        EngineConfig { cache: Some(folder.path().join("cache")), ..EngineConfig::default() };
    for _ in 0..2 {
        let engine = WasmEngine::new(&config).expect("an engine");
        let node = engine.load(&guests::node()).expect("a node");
        let answer = node.invoke(guest("t"), &invocation("echo", json!(1))).await;
        assert_eq!(answer, Ok(json!(1)));
    }
    let kept = std::fs::read_dir(folder.path().join("cache")).expect("the cache").count();
    assert!(kept > 0);
}

#[test]
fn an_engines_thread_ends_with_it() {
    let engine = WasmEngine::new(&EngineConfig { max_calls: 1, ..EngineConfig::default() });
    let weak = std::sync::Arc::downgrade(&engine.expect("an engine"));
    assert!(weak.upgrade().is_none());
}

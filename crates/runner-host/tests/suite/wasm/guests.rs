//! Small components, written in the text format and made from the host's own WIT files.

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{PackageId, Resolve};

/// Makes a component of one of the worlds in `wit/`.
pub(crate) fn component(world: &str, core: &str) -> Vec<u8> {
    let (resolve, package) = interfaces();
    encoded(&resolve, package, Some(world), core)
}

/// Makes a component that does the work of flow nodes and imports what the only world in `wit` does.
pub(crate) fn node_of(wit: &str, imports: &str, core: &str) -> Vec<u8> {
    let (mut resolve, _) = interfaces();
    let package = resolve.push_str("guest.wit", wit).expect("the WIT");
    encoded(&resolve, package, None, &format!("{imports}{MEMORY}{ANSWERS}{core}"))
}

fn interfaces() -> (Resolve, PackageId) {
    let mut resolve = Resolve::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
    let (package, _) = resolve.push_dir(&folder).expect("the WIT files");
    (resolve, package)
}

fn encoded(resolve: &Resolve, package: PackageId, world: Option<&str>, core: &str) -> Vec<u8> {
    let world = resolve.select_world(&[package], world).expect("a world");
    let text = format!("(module {core})");
    let mut module = wat::parse_str(&text).expect("a module");
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).expect("metadata");
    // Two versions of an interface stay two: they differ.
    let encoder = ComponentEncoder::default().merge_imports_based_on_semver(false);
    encoder.module(&module).expect("the module").encode().expect("a component")
}

/// Memory that only grows; every call has an instance of its own.
const MEMORY: &str = r#"
(memory (export "memory") 2)
(global $heap (mut i32) (i32.const 8192))
(func $alloc (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
  (local $at i32)
  (local.set $at (i32.and
    (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
    (i32.sub (i32.const 0) (local.get $align))))
  (global.set $heap (i32.add (local.get $at) (local.get $size)))
  (block $enough (loop $more
    (br_if $enough (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
    (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
    unreachable))
  (local.get $at))
"#;

/// The two ways in which `node.invoke` answers, written to 1024.
const ANSWERS: &str = r#"
(func $ok (param $at i32) (param $len i32) (result i32)
  (i32.store8 (i32.const 1024) (i32.const 0))
  (i32.store8 (i32.const 1032) (i32.const 1))
  (i32.store (i32.const 1036) (local.get $at))
  (i32.store (i32.const 1040) (local.get $len))
  (i32.store8 (i32.const 1044) (i32.const 0))
  (i32.const 1024))
(func $err (param $code i32) (param $code_len i32) (param $text i32) (param $text_len i32) (result i32)
  (i32.store8 (i32.const 1024) (i32.const 1))
  (i32.store (i32.const 1032) (local.get $code))
  (i32.store (i32.const 1036) (local.get $code_len))
  (i32.store (i32.const 1040) (local.get $text))
  (i32.store (i32.const 1044) (local.get $text_len))
  (i32.store8 (i32.const 1048) (i32.const 0))
  (i32.store8 (i32.const 1056) (i32.const 0))
  (i32.store8 (i32.const 1072) (i32.const 0))
  (i32.const 1024))
(func (export "greentic:component/node@0.6.0#describe") (result i32) unreachable)
"#;

/// The first letter of the operation decides: it echoes its payload, or misbehaves in one way.
pub(crate) fn node() -> Vec<u8> {
    let core = format!(
        r#"{MEMORY}{ANSWERS}
(data (i32.const 0) "teapot")
(data (i32.const 16) "short and stout")
(data (i32.const 32) "\ff\fe\fd")
(func $deep (param i32) (result i32)
  (i32.add (call $deep (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))
(func (export "greentic:component/node@0.6.0#invoke") (param $p i32) (result i32)
  (local $op i32)
  (local.set $op (i32.load8_u (i32.load (local.get $p))))
  ;; echo
  (if (i32.eq (local.get $op) (i32.const 101)) (then
    (return (call $ok (i32.load offset=124 (local.get $p)) (i32.load offset=128 (local.get $p))))))
  ;; loop
  (if (i32.eq (local.get $op) (i32.const 108)) (then (loop $forever (br $forever))))
  ;; memory
  (if (i32.eq (local.get $op) (i32.const 109)) (then
    (loop $forever (drop (memory.grow (i32.const 16))) (br $forever))))
  ;; recursion
  (if (i32.eq (local.get $op) (i32.const 114)) (then (drop (call $deep (i32.const 0)))))
  ;; output
  (if (i32.eq (local.get $op) (i32.const 111)) (then
    (drop (memory.grow (i32.const 256)))
    (return (call $ok (i32.const 0) (i32.const 9000000)))))
  ;; pointer outside of memory
  (if (i32.eq (local.get $op) (i32.const 112)) (then
    (return (call $ok (i32.const -16) (i32.const 100000)))))
  ;; failure of its own
  (if (i32.eq (local.get $op) (i32.const 102)) (then
    (drop (call $err (i32.const 0) (i32.const 6) (i32.const 16) (i32.const 15)))
    (i32.store8 (i32.const 1048) (i32.const 1))
    (i32.store8 (i32.const 1056) (i32.const 1))
    (i64.store (i32.const 1064) (i64.const 1500))
    (return (i32.const 1024))))
  ;; text that is none
  (if (i32.eq (local.get $op) (i32.const 117)) (then
    (return (call $err (i32.const 32) (i32.const 3) (i32.const 16) (i32.const 15)))))
  ;; bytes that are no CBOR
  (if (i32.eq (local.get $op) (i32.const 98)) (then (return (call $ok (i32.const 32) (i32.const 3)))))
  ;; not ok
  (if (i32.eq (local.get $op) (i32.const 110)) (then
    (drop (call $ok (i32.load offset=124 (local.get $p)) (i32.load offset=128 (local.get $p))))
    (i32.store8 (i32.const 1032) (i32.const 0))
    (return (i32.const 1024))))
  unreachable)
"#
    );
    component("node", &core)
}

/// Calls its host. Its payload is a CBOR text of 24 to 255 bytes; an error of the host becomes its own.
pub(crate) fn caller() -> Vec<u8> {
    let core = format!(
        r#"
(import "greentic:http/http-client@1.1.0" "send" (func $send (param i32 i32)))
(import "greentic:state/state-store@1.0.0" "read" (func $read (param i32 i32)))
(import "greentic:state/state-store@1.0.0" "write" (func $write (param i32 i32)))
(import "greentic:secrets-store/secrets-store@1.1.0" "get" (func $get (param i32 i32 i32)))
(import "greentic:secrets-store/secrets-store@1.1.0" "put" (func $put (param i32 i32 i32 i32)))
(import "greentic:runtime-config/runtime-config@1.0.0" "get" (func $config (param i32 i32 i32)))
{MEMORY}{ANSWERS}
(data (i32.const 0) "GET")
(data (i32.const 16) "Key")
(data (i32.const 32) "secret")
(data (i32.const 48) "victim")
(func $of_list (param $at i32) (result i32)
  (if (result i32) (i32.load8_u (local.get $at))
    (then (call $err (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))
      (i32.load offset=12 (local.get $at)) (i32.load offset=16 (local.get $at))))
    (else (call $ok (i32.load offset=4 (local.get $at)) (i32.load offset=8 (local.get $at))))))
(func $of_option (param $at i32) (result i32)
  (if (i32.load8_u (local.get $at)) (then
    (i32.store8 (i32.const 64) (i32.add (i32.load8_u offset=4 (local.get $at)) (i32.const 48)))
    (return (call $err (i32.const 32) (i32.const 6) (i32.const 64) (i32.const 1)))))
  (if (i32.load8_u offset=4 (local.get $at)) (then
    (return (call $ok (i32.load offset=8 (local.get $at)) (i32.load offset=12 (local.get $at))))))
  (call $ok (i32.const 0) (i32.const 0)))
(func (export "greentic:component/node@0.6.0#invoke") (param $p i32) (result i32)
  (local $op i32) (local $text i32) (local $len i32)
  (local.set $op (i32.load8_u (i32.load (local.get $p))))
  (local.set $text (i32.load offset=124 (local.get $p)))
  (local.set $len (i32.load offset=128 (local.get $p)))
  ;; http
  (if (i32.eq (local.get $op) (i32.const 104)) (then
    (i32.store (i32.const 2048) (i32.const 0))
    (i32.store (i32.const 2052) (i32.const 3))
    (i32.store (i32.const 2056) (i32.add (local.get $text) (i32.const 2)))
    (i32.store (i32.const 2060) (i32.sub (local.get $len) (i32.const 2)))
    (call $send (i32.const 2048) (i32.const 3072))
    (if (i32.load8_u (i32.const 3072)) (then (return (call $of_list (i32.const 3072)))))
    (return (call $ok (i32.load (i32.const 3092)) (i32.load (i32.const 3096))))))
  ;; write, in the name of another tenant
  (if (i32.eq (local.get $op) (i32.const 119)) (then
    (i32.store (i32.const 2048) (i32.const 16))
    (i32.store (i32.const 2052) (i32.const 3))
    (i32.store (i32.const 2056) (local.get $text))
    (i32.store (i32.const 2060) (local.get $len))
    (i32.store8 (i32.const 2064) (i32.const 1))
    (i32.store (i32.const 2080) (i32.const 48))
    (i32.store (i32.const 2084) (i32.const 6))
    (i32.store (i32.const 2088) (i32.const 48))
    (i32.store (i32.const 2092) (i32.const 6))
    (call $write (i32.const 2048) (i32.const 3072))
    (if (i32.load8_u (i32.const 3072)) (then (return (call $of_list (i32.const 3072)))))
    (return (call $ok (i32.const 0) (i32.const 0)))))
  ;; read
  (if (i32.eq (local.get $op) (i32.const 114)) (then
    (i32.store (i32.const 2048) (i32.const 16))
    (i32.store (i32.const 2052) (i32.const 3))
    (call $read (i32.const 2048) (i32.const 3072))
    (return (call $of_list (i32.const 3072)))))
  ;; get a secret
  (if (i32.eq (local.get $op) (i32.const 103)) (then
    (call $get (i32.const 16) (i32.const 3) (i32.const 3072))
    (return (call $of_option (i32.const 3072)))))
  ;; put a secret
  (if (i32.eq (local.get $op) (i32.const 112)) (then
    (call $put (i32.const 16) (i32.const 3) (i32.const 16) (i32.const 3))))
  ;; configuration: the JSON is handed on as a CBOR byte string
  (if (i32.eq (local.get $op) (i32.const 99)) (then
    (call $config (i32.const 16) (i32.const 3) (i32.const 3072))
    (if (i32.and (i32.eqz (i32.load8_u (i32.const 3072))) (i32.load8_u (i32.const 3076))) (then
      (i32.store8 (i32.const 4096) (i32.add (i32.const 0x40) (i32.load (i32.const 3084))))
      (memory.copy (i32.const 4097) (i32.load (i32.const 3080)) (i32.load (i32.const 3084)))
      (return (call $ok (i32.const 4096) (i32.add (i32.const 1) (i32.load (i32.const 3084)))))))
    (return (call $of_option (i32.const 3072)))))
  unreachable)
"#
    );
    component("node", &core)
}

/// Answers what it was given.
pub(crate) fn runtime() -> Vec<u8> {
    let core = format!(
        r#"{MEMORY}
(func (export "greentic:component/component-runtime@0.6.0#run")
  (param $input i32) (param $len i32) (param i32 i32) (result i32)
  (i32.store (i32.const 1024) (local.get $input))
  (i32.store (i32.const 1028) (local.get $len))
  (i32.store (i32.const 1032) (i32.const 0))
  (i32.store (i32.const 1036) (i32.const 0))
  (i32.const 1024))
"#
    );
    component("runtime", &core)
}

/// Its operations answer their input. When it is asked which endpoint a message came to, it tries to
/// read a secret first, and tells it.
pub(crate) fn provider() -> Vec<u8> {
    let core = format!(
        r#"
(import "greentic:secrets-store/secrets-store@1.0.0" "get" (func $get (param i32 i32 i32)))
{MEMORY}
(data (i32.const 0) "{{}}")
(data (i32.const 16) "key")
(func $answer (param $at i32) (param $len i32) (result i32)
  (i32.store (i32.const 1024) (local.get $at))
  (i32.store (i32.const 1028) (local.get $len))
  (i32.const 1024))
(func $some (param $at i32) (param $len i32) (result i32)
  (i32.store8 (i32.const 1024) (i32.const 1))
  (i32.store (i32.const 1028) (local.get $at))
  (i32.store (i32.const 1032) (local.get $len))
  (i32.const 1024))
(func (export "greentic:provider-schema-core/schema-core-api@1.0.0#describe") (result i32)
  (call $answer (i32.const 0) (i32.const 2)))
(func (export "greentic:provider-schema-core/schema-core-api@1.0.0#healthcheck") (result i32)
  (call $answer (i32.const 0) (i32.const 2)))
(func (export "greentic:provider-schema-core/schema-core-api@1.0.0#validate-config") (param i32 i32) (result i32)
  (call $answer (local.get 0) (local.get 1)))
(func (export "greentic:provider-schema-core/schema-core-api@1.0.0#invoke")
  (param i32 i32) (param $input i32) (param $len i32) (result i32)
  (call $answer (local.get $input) (local.get $len)))
(func (export "greentic:provider-instance-identity/instance-identity-api@0.1.0#identify-instance")
  (param $input i32) (param $len i32) (result i32)
  (call $get (i32.const 16) (i32.const 3) (i32.const 3072))
  (if (i32.eqz (i32.load8_u (i32.const 3072))) (then
    (return (call $some (i32.load (i32.const 3080)) (i32.load (i32.const 3084))))))
  (call $some (local.get $input) (local.get $len)))
(func (export "greentic:provider-instance-identity/instance-identity-describe-api@0.1.0#describe-identify-instance")
  (result i32)
  (call $some (i32.const 0) (i32.const 2)))
"#
    );
    component("described-provider", &core)
}

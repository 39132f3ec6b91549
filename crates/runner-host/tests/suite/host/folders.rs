//! Which folders of the host guests see.

use std::fs;
use std::path::Path;

use greentic_runner_host::{HostBuilder, HostConfig, PreopenSpec, RunnerHost, RunnerWasiPolicy};
use tempfile::TempDir;

use super::lab::{Packs, Revision, TENANT};
use crate::wasm::guests;

/// Opens a file in the first folder that it is given. The first letter of the operation says which one
/// and for what. It answers what is in the file, or why it cannot be opened: `error` and the number of
/// WASI's `error-code`.
const GUEST: &str = r#"
(data (i32.const 0) "note.txt")
(data (i32.const 16) "../secret.txt")
(data (i32.const 32) "link.txt")
(data (i32.const 48) "new.txt")
(data (i32.const 64) "no folder")
(data (i32.const 80) "opened")
(data (i32.const 96) "error 00")
(func $said (param $at i32) (param $len i32) (result i32)
  (i32.store8 (i32.const 4096) (i32.add (i32.const 0x60) (local.get $len)))
  (memory.copy (i32.const 4097) (local.get $at) (local.get $len))
  (call $ok (i32.const 4096) (i32.add (local.get $len) (i32.const 1))))
(func $failed (param $code i32) (result i32)
  (i32.store8 (i32.const 102)
    (i32.add (i32.const 48) (i32.div_u (local.get $code) (i32.const 10))))
  (i32.store8 (i32.const 103)
    (i32.add (i32.const 48) (i32.rem_u (local.get $code) (i32.const 10))))
  (call $said (i32.const 96) (i32.const 8)))
(func (export "greentic:component/node@0.6.0#invoke") (param $p i32) (result i32)
  (local $op i32) (local $folder i32)
  (local.set $op (i32.load8_u (i32.load (local.get $p))))
  (call $folders (i32.const 2048))
  (if (i32.eqz (i32.load (i32.const 2052))) (then
    (return (call $said (i32.const 64) (i32.const 9)))))
  (local.set $folder (i32.load (i32.load (i32.const 2048))))
  ;; inside
  (if (i32.eq (local.get $op) (i32.const 105)) (then
    (call $open (local.get $folder) (i32.const 0) (i32.const 0) (i32.const 8)
      (i32.const 0) (i32.const 1) (i32.const 3072))))
  ;; outside
  (if (i32.eq (local.get $op) (i32.const 111)) (then
    (call $open (local.get $folder) (i32.const 0) (i32.const 16) (i32.const 13)
      (i32.const 0) (i32.const 1) (i32.const 3072))))
  ;; through a link, which is followed
  (if (i32.eq (local.get $op) (i32.const 108)) (then
    (call $open (local.get $folder) (i32.const 1) (i32.const 32) (i32.const 8)
      (i32.const 0) (i32.const 1) (i32.const 3072))))
  ;; write: the file is made
  (if (i32.eq (local.get $op) (i32.const 119)) (then
    (call $open (local.get $folder) (i32.const 0) (i32.const 48) (i32.const 7)
      (i32.const 1) (i32.const 2) (i32.const 3072))))
  (if (i32.load8_u (i32.const 3072)) (then
    (return (call $failed (i32.load8_u (i32.const 3076))))))
  (if (i32.eq (local.get $op) (i32.const 119)) (then
    (return (call $said (i32.const 80) (i32.const 6)))))
  (call $read (i32.load (i32.const 3076)) (i64.const 20) (i64.const 0) (i32.const 3072))
  (if (i32.load8_u (i32.const 3072)) (then
    (return (call $failed (i32.load8_u (i32.const 3076))))))
  (call $said (i32.load (i32.const 3076)) (i32.load (i32.const 3080))))
"#;

/// What the guest imports.
const IMPORTS: &str = r#"
(import "wasi:filesystem/preopens@0.2.0" "get-directories" (func $folders (param i32)))
(import "wasi:filesystem/types@0.2.0" "[method]descriptor.open-at"
  (func $open (param i32 i32 i32 i32 i32 i32 i32)))
(import "wasi:filesystem/types@0.2.0" "[method]descriptor.read"
  (func $read (param i32 i64 i64 i32)))
"#;

const NOT_PERMITTED: &str = "error 31";

fn host(policy: RunnerWasiPolicy) -> RunnerHost {
    let builder = HostBuilder::new().with_config(HostConfig::new("local", TENANT));
    builder.with_wasi_policy(policy).build().expect("a host")
}

/// What the guest answers to each operation.
async fn answers<const N: usize>(host: &RunnerHost, operations: [&str; N]) -> [String; N] {
    let packs = Packs::new();
    let guest = guests::node_of(include_str!("folders.wit"), IMPORTS, GUEST);
    let mut said = [const { String::new() }; N];
    for (number, operation) in operations.into_iter().enumerate() {
        let flow = format!(
            "id: main\ntype: messaging\nnodes:\n  look:\n    echo: {{}}\n    \
             operation: {operation}\n    routing: out\n"
        );
        let revision = Revision(number as u128 + 1);
        revision.load(host, &packs.with_component(operation, &guest, &flow)).await;
        // A text alone is shown as JSON.
        said[number] = revision.say(host, "ada", "go").await.join(" ").replace('"', "");
    }
    said
}

/// A folder to give, and a secret beside it that a link in it leads to.
fn folders() -> TempDir {
    let all = TempDir::new().expect("a folder");
    fs::create_dir(all.path().join("given")).expect("a folder");
    fs::write(all.path().join("given/note.txt"), "in here").expect("a file");
    fs::write(all.path().join("secret.txt"), "hidden").expect("a file");
    std::os::unix::fs::symlink("../secret.txt", all.path().join("given/link.txt")).expect("a link");
    all
}

fn given(all: &TempDir) -> std::path::PathBuf {
    all.path().join("given")
}

fn has_new(folder: &Path) -> bool {
    folder.join("new.txt").exists()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_reads_what_is_in_a_granted_folder_and_nothing_else() {
    let all = folders();
    let policy = RunnerWasiPolicy::new().with_preopen(PreopenSpec::new(given(&all), "/data"));
    let said = answers(&host(policy), ["inside", "outside", "link", "write"]).await;
    assert_eq!(said, ["in here", NOT_PERMITTED, NOT_PERMITTED, NOT_PERMITTED]);
    assert!(!has_new(&given(&all)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_changes_a_folder_that_is_granted_for_that() {
    let all = folders();
    let policy = RunnerWasiPolicy::new().with_preopen(PreopenSpec::writable(given(&all), "/data"));
    let said = answers(&host(policy), ["write", "outside"]).await;
    assert_eq!(said, ["opened", NOT_PERMITTED]);
    assert!(has_new(&given(&all)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_a_guest_sees_no_folder() {
    let said = answers(&host(RunnerWasiPolicy::new()), ["inside", "write"]).await;
    assert_eq!(said, ["no folder", "no folder"]);
}

//! What a verb costs: how often it waits for the disk, and how many bytes it leaves there.

use std::fs;
use std::process::Command;
use std::sync::Arc;

use greentic_env_store::ports::MemorySigner;
use greentic_env_store::{EnvironmentMutations, HistoryRetention, LocalFsStore, Request};
use tempfile::TempDir;

use crate::large::{grow, size};
use crate::program::program;
use crate::verbs::{env_id, rename};

/// The promise is about a megabyte and 1,000 verbs; a tenth of both takes a tenth of a tenth of the time.
const PART: u64 = 10;
const DOCUMENT: u64 = 1_000_000 / PART;
const VERBS: u64 = 1_000 / PART;
const OPEN: u64 = 20_000_000 / PART;
/// The table of a split takes the same room beside a small document as beside a large one.
const TABLE: u64 = 400_000;
const COMPACT: u64 = 5_000_000 / PART + TABLE;

/// How often the program waits for the disk while it carries out so many verbs; none when that cannot
/// be counted here.
fn syncs(verbs: u64) -> Option<u64> {
    let root = TempDir::new().expect("a folder");
    let log = root.path().join("strace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-e", "trace=fsync,fdatasync,sync_file_range,msync,syncfs,sync", "-o"]);
    strace.arg(&log).arg(program()).arg(root.path());
    strace.args(["local", "verbs", &verbs.to_string(), "1"]);
    let output = strace.output().ok()?;
    // Where a container forbids tracing, strace ends before it starts the program.
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() || complaint.contains("strace"), "{complaint}");
    let log = fs::read_to_string(log).ok().filter(|_| output.status.success())?;
    Some(log.lines().filter(|line| line.contains("sync") && !line.contains("resumed")).count()
        as u64)
}

#[test]
fn a_verb_waits_for_the_disk_at_most_twice() {
    let (Some(few), Some(many)) = (syncs(5), syncs(105)) else {
        #[expect(
            clippy::print_stderr,
            clippy::disallowed_macros,
            reason = "a test that is skipped says so"
        )]
        {
            eprintln!("SKIPPED: syncs are not counted, because strace is missing or may not trace");
        }
        return;
    };
    let per_hundred = many - few;
    assert!(per_hundred > 0, "a verb that waits for nothing does not survive a power cut");
    assert!(per_hundred <= 200, "100 verbs wait for the disk {per_hundred} times");
}

#[test]
fn verbs_leave_bytes_for_what_they_changed_and_compact_to_less() {
    let root = TempDir::new().expect("a folder");
    let signer = Arc::new(MemorySigner::new(1));
    let store = LocalFsStore::builder(root.path().to_owned()).signer(signer).build();
    grow(&store, DOCUMENT);
    let folder = store.env_path(&env_id()).expect("a folder");
    let document = fs::metadata(folder.join("environment.json")).expect("the document").len();
    assert!(document >= DOCUMENT, "the environment has {document} bytes only");
    for number in 0..VERBS {
        store.execute(&env_id(), Request::new(rename(&format!("name-{number}")))).expect("a verb");
    }
    let open = size(&folder);
    store.compact(&env_id(), &HistoryRetention::default()).expect("it compacts");
    let compact = size(&folder);
    assert!(open <= OPEN, "{open} bytes after {VERBS} verbs");
    assert!(compact <= COMPACT, "{compact} bytes after compact");
}

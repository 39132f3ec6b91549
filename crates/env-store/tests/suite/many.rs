//! Many processes on one environment, and processes that are killed. The example `store_worker` does
//! the work and judges it; `cargo xtask torture store` runs it with full counts.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use greentic_env_store::files::{FileSystem as _, OsFileSystem};
use serde_json::Value;
use tempfile::TempDir;

use crate::local_lab::{Lab, create};
use crate::program::figures;

fn number(figures: &Value, name: &str) -> u64 {
    figures[name].as_u64().unwrap_or_else(|| panic!("no number `{name}` in {figures}"))
}

#[test]
fn writers_in_many_processes_and_threads_make_one_chain_that_readers_never_see_mixed() {
    let root = TempDir::new().expect("a folder");
    let figures = figures(root.path(), "storm", [4, 1, 4]);
    assert_eq!(number(&figures, "commits"), 4 * 4 * 20, "{figures}");
    assert!(number(&figures, "reads") > 0, "nobody read meanwhile: {figures}");
    assert!(number(&figures, "locks_held_by_others") > 0, "nobody held the lock: {figures}");
    assert!(number(&figures, "least_turns_of_a_writer") > 0, "a writer starved: {figures}");
}

#[test]
fn whoever_waits_for_a_lock_gets_it_before_the_one_who_just_had_it() {
    const TURNS: u32 = 50;
    const THREADS: usize = 8;
    let root = TempDir::new().expect("a folder");
    let path = root.path().join(".lock");
    let start = Barrier::new(THREADS);
    let turns: [AtomicU32; THREADS] = Default::default();
    let take_turns = |own: usize| {
        start.wait();
        while turns[own].load(Ordering::SeqCst) < TURNS {
            let _held = OsFileSystem.lock(&path, Duration::from_secs(30)).expect("the lock");
            // Longer than it takes to ask for a lock, so that others ask meanwhile.
            std::fs::write(root.path().join("work"), vec![0; 200_000]).expect("some work");
            turns[own].fetch_add(1, Ordering::SeqCst);
        }
        turns.iter().map(|turns| turns.load(Ordering::SeqCst)).min().unwrap_or_default()
    };
    let take_turns = &take_turns;
    let leasts: Vec<u32> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..THREADS).map(|own| scope.spawn(move || take_turns(own))).collect();
        all.into_iter().map(|one| one.join().expect("a thread")).collect()
    });
    let least = leasts.into_iter().min().unwrap_or_default();
    assert!(least > TURNS / 10, "{least} turns against {TURNS}");
}

#[test]
fn a_process_that_is_killed_loses_nothing_that_it_acknowledged_and_leaves_nothing_half_done() {
    let root = TempDir::new().expect("a folder");
    let figures = figures(root.path(), "kill", [25, 1, 1]);
    assert_eq!(number(&figures, "kills"), 25, "{figures}");
    assert!(number(&figures, "acknowledged_verbs") > 0, "nothing was done: {figures}");
    assert!(number(&figures, "kills_in_a_verb") > 0, "no kill hit a verb: {figures}");
}

#[test]
fn a_change_may_wait_for_ever() {
    let lab = Lab::new();
    create(&lab.builder().patience(Duration::MAX).build());
}

#[test]
fn a_lock_that_is_kept_for_good_costs_a_bounded_number_of_threads() {
    let root = TempDir::new().expect("a folder");
    let path = root.path().join(".lock");
    let _kept = OsFileSystem.lock(&path, Duration::ZERO).expect("the lock");
    for _ in 0..100 {
        let refused = OsFileSystem.lock(&path, Duration::from_millis(1));
        assert_eq!(refused.err().map(|error| error.kind()), Some(std::io::ErrorKind::TimedOut));
    }
    let Ok(status) = std::fs::read_dir("/proc/self/task") else { return };
    let names =
        status.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    let waiting = names.filter(|name| name.trim_end() == "lock").count();
    assert!(waiting < 50, "{waiting} threads wait");
}

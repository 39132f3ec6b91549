//! Older content that is there again: brought back by a crash, or by somebody.

use greentic_env_store::{EnvironmentMutations, EnvironmentReads, LocalFsStore, Warning};

use super::{Lab, deploy, rename};
use crate::local_lab::{commits, local, named};
use crate::worker::{ANSWERS, answers, run};

fn kept(warnings: &[Warning]) -> Vec<&str> {
    let kept = warnings.iter().filter_map(|warning| match warning {
        Warning::Recovered { file, .. } => Some(file.as_str()),
        _ => None,
    });
    kept.collect()
}

/// An environment that was renamed after its first bytes were taken.
fn renamed() -> (Lab, LocalFsStore, Vec<u8>) {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    let older = lab.read("environment.json").expect("a file");
    store.update_environment(&local(), named("Newer")).expect("a verb");
    (lab, store, older)
}

#[test]
fn what_a_crash_may_have_brought_back_is_written_again_and_a_copy_is_kept() {
    let (lab, store, older) = renamed();
    lab.write("environment.json", &older);
    // The first process is still there, so that nothing was made safe on the disk yet.
    for store in [&store, &lab.open()] {
        assert_eq!(store.load_env(&local()).expect("the record").name, "Newer");
    }
    let committed = rename(&store).expect("a verb");
    assert_eq!(kept(&committed.warnings), ["environment.json"], "it is told");
    assert!(lab.recovered().into_values().any(|bytes| bytes == older), "it is kept");
    assert_eq!(lab.json("environment.json")["name"], "After");
    let adopted = commits(&store).iter().any(|commit| commit.contains("external"));
    assert!(!adopted, "a crash is nobody's edit");
}

#[test]
fn what_was_safe_on_the_disk_is_brought_back_by_somebody() {
    let (lab, store, older) = renamed();
    drop(store);
    lab.write("environment.json", &older);
    let store = lab.open();
    assert_eq!(store.load_env(&local()).expect("the edit").name, "Local");
    let committed = rename(&store).expect("a verb");
    assert_eq!(committed.warnings, [Warning::Adopted { generation: 13 }]);
    assert_eq!(commits(&store)[12], "13 external env adopt");
}

#[test]
fn a_runtime_that_was_just_written_and_is_gone_is_absent() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    lab.remove("runtime.json");
    assert_eq!(store.read_runtime(&local()).expect("a read"), None);
    rename(&store).expect("a verb");
    assert_eq!(store.read_runtime(&local()).expect("a read"), None);
    assert_eq!(lab.read("runtime.json"), None, "it is not written again");
}

#[test]
fn a_file_that_a_killed_process_did_not_come_to_write_is_written() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    for file in ["runtime.json", ANSWERS, "trust-root.json", "runtime-config.json"] {
        lab.remove(file);
    }
    // The line of a commit is written after its files: without it, they were never there.
    let mut log = lab.read("audit/events.jsonl").expect("a log");
    let end = log[..log.len() - 1].iter().rposition(|byte| *byte == b'\n').expect("lines");
    log.truncate(end + 1);
    lab.write("audit/events.jsonl", &log);
    let other = lab.open();
    let before = other.snapshot(&local()).expect("the record");
    assert!(before.runtime().is_some() && before.trust_root().is_some());
    run(&other, answers("us-east-1"));
    for file in ["runtime.json", ANSWERS, "trust-root.json", "runtime-config.json"] {
        assert!(lab.read(file).is_some(), "{file} is written");
    }
}

//! What somebody does to the audit log.

use std::collections::BTreeSet;

use greentic_deploy_spec::AuditEvent;
use greentic_env_store::{EnvironmentHistory, HistoryPage};

use super::{Lab, deploy, rename};
use crate::local_lab::local;

const LOG: &str = "audit/events.jsonl";

/// The log's events: each line is one, and the last one ends.
fn events(lab: &Lab) -> Vec<AuditEvent> {
    let text = String::from_utf8(lab.read(LOG).expect("a log")).expect("text");
    assert!(text.ends_with('\n'), "the last line ends");
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    let events: Vec<AuditEvent> = text.lines().map(parse).collect();
    let ids: BTreeSet<&str> = events.iter().map(|event| event.event_id.as_str()).collect();
    assert_eq!(ids.len(), events.len(), "no event is there twice");
    events
}

fn generations(lab: &Lab) -> Vec<u64> {
    events(lab).iter().filter_map(|event| event.new_generation).collect()
}

#[test]
fn a_log_that_was_deleted_goes_on_with_the_next_change() {
    for reopened in [false, true] {
        let lab = Lab::new();
        let mut store = lab.open();
        deploy(&store);
        if reopened {
            drop(store);
            store = lab.open();
        }
        lab.remove(LOG);
        rename(&store).expect("a verb");
        assert_eq!(generations(&lab), [12], "reopened: {reopened}");
    }
}

#[test]
fn a_line_that_was_cut_is_kept_aside_and_the_log_has_whole_lines_only() {
    for reopened in [false, true] {
        let lab = Lab::new();
        let mut store = lab.open();
        deploy(&store);
        if reopened {
            drop(store);
            store = lab.open();
        }
        let log = lab.read(LOG).expect("a log");
        let cut = log.len() - 40;
        lab.write(LOG, &log[..cut]);
        let committed = rename(&store).expect("a verb");
        assert_eq!(committed.warnings.len(), 1, "{:?}", committed.warnings);
        assert_eq!(committed.warnings[0].code(), "recovered");
        let start = log[..cut].iter().rposition(|byte| *byte == b'\n').expect("a line") + 1;
        let kept: Vec<_> = lab.recovered().into_values().collect();
        assert_eq!(kept, [log[start..cut].to_vec()], "reopened: {reopened}");
        assert_eq!(generations(&lab).last(), Some(&12));
        let page = HistoryPage { before: None, limit: 100 };
        let recorded = store.history(&local(), page).expect("history");
        assert_eq!(recorded.len(), 12, "history has the event of the line that was cut");
    }
}

#[test]
fn lines_that_a_crash_took_come_back_once() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    let log = lab.read(LOG).expect("a log");
    let third = log.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).expect("lines");
    lab.write(LOG, &log[..third.0 + 20]);
    // A process that never saw the log looks for what the journal has and the log has not.
    rename(&lab.open()).expect("a verb");
    let mut there = generations(&lab);
    there.sort_unstable();
    assert_eq!(there, (1..=12).collect::<Vec<_>>());
    rename(&lab.open()).expect("a verb");
    assert_eq!(events(&lab).len(), 13, "and only once");
}

#[test]
fn a_log_that_is_no_file_stops_no_verb() {
    let lab = Lab::new();
    let store = lab.open();
    deploy(&store);
    lab.remove(LOG);
    std::fs::create_dir(lab.at(LOG)).expect("a folder");
    let committed = rename(&store).expect("a verb");
    assert_eq!(committed.warnings.len(), 1, "{:?}", committed.warnings);
    assert_eq!(committed.warnings[0].code(), "audit-lagging");
    std::fs::remove_dir(lab.at(LOG)).expect("a folder");
    rename(&store).expect("a verb");
    assert_eq!(generations(&lab).last(), Some(&13));
    assert!(generations(&lab).contains(&12), "what was missing is there: {:?}", generations(&lab));
}

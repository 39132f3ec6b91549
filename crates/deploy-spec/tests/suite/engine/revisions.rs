use greentic_deploy_spec::RevisionLifecycle::{
    Archived, Draining, Failed, Inactive, Ready, Staged, Warming,
};
use greentic_deploy_spec::engine::{Command, Event, Outcome};
use greentic_deploy_spec::{DrainReport, PackListEntry};

use crate::lab::*;

const R1: &str = "00000000000000000000000001";
const D1: &str = "00000000000000000000000001";
const LEFT: DrainReport = DrainReport { open_requests: 2, parked_sessions: 3 };

fn finish(number: u128, report: DrainReport) -> Command {
    Command::FinishDrain { revision_id: revision(number), report }
}

#[test]
fn a_staged_revision_is_numbered_within_its_deployment_and_carries_no_traffic() {
    let mut lab = Lab::deployed(2);
    lab.run(add_bundle(2, "b2"));
    lab.run(stage(2, 3));
    let sequences: Vec<_> =
        lab.env().revisions.iter().map(|r| (r.sequence, r.bundle_id.as_str())).collect();
    assert_eq!(sequences, [(1, "b1"), (2, "b1"), (1, "b2")]);
    let staged = lab.env().revision(revision(3)).expect("a revision");
    assert_eq!((staged.lifecycle, staged.staged_at), (Staged, Some(lab.now)));
    assert!(
        lab.env().deployment(deployment(2)).expect("a deployment").current_revisions.is_empty()
    );
}

#[test]
fn staging_refuses_a_taken_id_an_unknown_deployment_and_a_pack_that_is_a_path() {
    let mut lab = Lab::deployed(1);
    let text =
        format!("revision `{R1}` exists already in environment `local`; stage under a fresh id");
    lab.refuse(stage(1, 1), "revision-exists", &text);
    lab.refuse(
        stage(9, 2),
        "deployment-not-found",
        "deployment `00000000000000000000000009` is not in environment `local`; list the bundles to find its id",
    );
    for (pack, reason) in [
        ("", "must not be empty"),
        ("..", "must not be `.` or `..`"),
        ("a/b", "must not contain `/` or `\\`"),
        ("a\0", "must not contain control characters"),
    ] {
        let mut payload = stage_payload(1, 2);
        payload.pack_list = vec![PackListEntry::from_lock_primitives(pack.into(), String::new())];
        let text = format!("pack_id {pack:?} {reason}; choose a plain name");
        lab.refuse(Command::StageRevision(doc(payload)), "unsafe-id", &text);
    }
}

#[test]
fn a_warm_is_announced_before_it_is_made() {
    let mut lab = Lab::deployed(0);
    lab.run(stage(1, 1));
    for _ in 0..2 {
        lab.run(Command::BeginWarm { revision_id: revision(1) });
        assert_eq!(lab.lifecycle(1), Warming);
    }
    assert_eq!(
        lab.events.iter().filter(|e| matches!(e, Event::RevisionWarming { .. })).count(),
        1,
        "announcing twice happens once"
    );
    lab.refuse(
        warm_from(1, Staged),
        "lifecycle-conflict",
        &format!("revision `{R1}` is warming, expected staged; look at it again before you go on"),
    );
    lab.run(warm_from(1, Warming));
    assert_eq!(lab.lifecycle(1), Ready);
    lab.refuse(
        Command::BeginWarm { revision_id: revision(1) },
        "lifecycle-conflict",
        &format!("revision `{R1}` is ready, expected staged; look at it again before you go on"),
    );
}

#[test]
fn warming_what_is_ready_notes_the_time_and_asks_no_gate() {
    let mut lab = Lab::deployed(1);
    lab.now += chrono::TimeDelta::seconds(5);
    let outcome = lab.run(failing_warm(1));
    assert!(matches!(outcome, Outcome::Transition { starting_lifecycle: Ready, .. }));
    assert_eq!(lab.env().revisions[0].warmed_at, Some(lab.now));
    assert_eq!(lab.lifecycle(1), Ready);
}

#[test]
fn a_failed_gate_is_committed_and_can_be_retried() {
    let mut lab = Lab::deployed(0);
    lab.run(stage(1, 1));
    let outcome = lab.run(failing_warm(1));
    assert!(
        matches!(outcome, Outcome::HealthGateFailed { ref message, .. } if message == "no routes")
    );
    assert_eq!(lab.lifecycle(1), Failed);
    lab.refuse(
        warm_from(1, Failed),
        "lifecycle-conflict",
        &format!("revision `{R1}` is failed, expected staged or warming; look at it again before you go on"),
    );
    for _ in 0..2 {
        lab.run(Command::Retry { revision_id: revision(1) });
    }
    assert_eq!((lab.lifecycle(1), lab.env().revisions[0].warmed_at), (Staged, None));
    lab.run(warm(1));
    lab.refuse(
        Command::Retry { revision_id: revision(1) },
        "lifecycle-conflict",
        &format!("revision `{R1}` is ready, expected failed or inactive; look at it again before you go on"),
    );
}

#[test]
fn traffic_moves_before_a_revision_drains() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 1), (2, 9_999)]));
    lab.refuse(
        drain(1),
        "revision-has-traffic",
        &format!("revision `{R1}` is still in 1 traffic split(s) ({D1}: 1 bps); move its traffic to other revisions first"),
    );
    lab.run(split(1, &[(1, 0), (2, 10_000)]));
    lab.run(drain(1));
    lab.run(drain(1));
    assert_eq!(lab.lifecycle(1), Draining);
    lab.refuse(
        archive(1),
        "revision-has-traffic",
        &format!("revision `{R1}` is still in 1 traffic split(s) ({D1}: 0 bps); move its traffic to other revisions first"),
    );
    let drains = lab.events.iter().filter(|e| matches!(e, Event::RevisionDraining { .. })).count();
    assert_eq!(drains, 1);
}

#[test]
fn a_drain_ends_when_nothing_is_left_or_its_time_is_up() {
    let mut lab = Lab::deployed(2);
    lab.run(drain(1));
    lab.run(drain(2));
    assert_eq!(lab.document().draining_since(revision(1)), Some(lab.now));
    lab.now += chrono::TimeDelta::milliseconds(29_999);
    lab.refuse(
        finish(1, LEFT),
        "drain-not-finished",
        &format!("revision `{R1}` still has 2 request(s) and 3 parked conversation(s); wait for them, or until 2026-06-16T08:53:50Z"),
    );
    lab.run(finish(2, DrainReport::SETTLED));
    assert_eq!((lab.lifecycle(1), lab.lifecycle(2)), (Draining, Inactive));
    lab.now += chrono::TimeDelta::milliseconds(1);
    lab.run(finish(1, LEFT));
    assert_eq!(lab.lifecycle(1), Inactive);
    assert_eq!(lab.document().draining_since(revision(1)), None);
    let cut = Event::RevisionDrained { revision_id: revision(1), report: LEFT };
    assert!(lab.events.contains(&cut), "what was cut off is told");
    lab.run(finish(1, LEFT));
}

#[test]
fn a_drain_that_another_tool_began_ends_only_when_nothing_is_left() {
    let mut lab = Lab::deployed(1);
    let mut env = lab.env().clone();
    env.revisions[0].lifecycle = Draining;
    lab.run(Command::Replace(doc(env)));
    lab.now += chrono::TimeDelta::days(365);
    lab.refuse(
        finish(1, LEFT),
        "drain-not-finished",
        &format!(
            "revision `{R1}` still has 2 request(s) and 3 parked conversation(s); wait for them"
        ),
    );
    lab.run(finish(1, DrainReport::SETTLED));
    assert_eq!(lab.lifecycle(1), Inactive);
}

#[test]
fn every_state_can_be_archived_and_nothing_leads_back() {
    let mut lab = Lab::deployed(3);
    lab.run(stage(1, 4));
    lab.run(stage(1, 5));
    lab.run(Command::BeginWarm { revision_id: revision(5) });
    lab.run(stage(1, 6));
    lab.run(failing_warm(6));
    lab.run(drain(2));
    lab.run(drain(3));
    lab.run(finish(3, DrainReport::SETTLED));
    for number in 1..=6 {
        lab.run(archive(number));
        lab.run(archive(number));
        assert_eq!(lab.lifecycle(number), Archived);
    }
    let evicted: Vec<_> =
        lab.events.iter().filter(|e| matches!(e, Event::RevisionEvicted { .. })).collect();
    assert_eq!(evicted, [&Event::RevisionEvicted { revision_id: revision(2) }]);
    for command in [warm_from(1, Archived), drain(1), Command::Retry { revision_id: revision(1) }] {
        assert_eq!(lab.judge(&command).map(drop).map_err(|r| r.code()), Err("lifecycle-conflict"));
    }
}

#[test]
fn verbs_on_an_unknown_revision_name_it() {
    let mut lab = Lab::deployed(0);
    let text =
        format!("revision `{R1}` is not in environment `local`; list the revisions to find its id");
    for command in [warm(1), drain(1), archive(1), finish(1, LEFT)] {
        lab.refuse(command, "revision-not-found", &text);
    }
}

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::routing::{RoutingTable, SlotTable};
use greentic_deploy_spec::{RestoreMode, TrafficSplit, load_inline};

use crate::lab::*;

const R1: &str = "00000000000000000000000001";
const R2: &str = "00000000000000000000000002";
const D1: &str = "00000000000000000000000001";

fn rollback(deployed: u128) -> Command {
    Command::RollbackTrafficSplit { deployment_id: deployment(deployed) }
}

fn clear(deployed: u128) -> Command {
    Command::ClearTrafficSplit { deployment_id: deployment(deployed) }
}

fn current(lab: &Lab) -> Vec<u128> {
    let bundle = lab.env().deployment(deployment(1)).expect("a deployment");
    bundle.current_revisions.iter().map(|id| id.0.0).collect()
}

fn table(lab: &Lab) -> SlotTable {
    let routing = lab.state.routing.as_ref().expect("a routing document");
    let table: &RoutingTable = routing.table(deployment(1)).expect("a table");
    table.decode().expect("a sound table")
}

fn recorded(lab: &Lab) -> &TrafficSplit {
    lab.env().split_of(deployment(1)).expect("a split")
}

fn stashed(lab: &Lab) -> TrafficSplit {
    let stash = recorded(lab).previous_split_ref.clone().expect("a stash");
    serde_json::from_value(load_inline(&stash).expect("inline")).expect("a split")
}

#[test]
fn a_split_takes_its_key_and_time_from_the_context_and_its_bundle_from_the_deployment() {
    let mut lab = Lab::deployed(2);
    let outcome = lab.run(split(1, &[(1, 10_000)]));
    assert!(matches!(
        outcome,
        Outcome::SplitSet { previous_generation: None, new_generation: Some(0), .. }
    ));
    let first = recorded(&lab).clone();
    assert_eq!(first.idempotency_key, "01JTKW5B4W4Q5Y1CQW93F7S5VH");
    assert_eq!(first.updated_by, "operator://alice", "no stamp is written");
    assert_eq!(first.authorization_ref.to_str(), Some("auth.json"));
    assert_eq!((first.bundle_id.as_str(), first.updated_at), ("b1", lab.now));
    assert_eq!(first.previous_split_ref, None);
    let outcome = lab.run(split(1, &[(1, 10_000)]));
    assert!(
        matches!(
            outcome,
            Outcome::SplitSet { previous_generation: Some(0), new_generation: Some(1), .. }
        ),
        "the same split again is a new generation: replays are the ledger's"
    );
    assert_eq!(recorded(&lab).previous_split_ref, None, "and no step");
    let second = recorded(&lab).clone();
    lab.run(split(1, &[(2, 10_000)]));
    assert_eq!(stashed(&lab), second);
}

#[test]
fn the_same_shares_again_keep_the_way_back() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    let first = recorded(&lab).clone();
    lab.run(split(1, &[(1, 4_000), (2, 6_000)]));
    lab.run(split(1, &[(2, 6_000), (1, 4_000)]));
    assert_eq!((recorded(&lab).generation, stashed(&lab)), (2, first.clone()));
    lab.run(rollback(1));
    assert_eq!(recorded(&lab).entries, first.entries);
    lab.run(split(1, &[(1, 4_000), (2, 6_000)]));
    lab.run(split(1, &[(1, 6_000), (2, 4_000)]));
    assert_eq!(stashed(&lab).entries[0].weight_bps, 4_000, "other weights are a step");
}

#[test]
fn a_split_is_refused_with_the_first_rule_that_it_breaks() {
    let mut lab = Lab::deployed(2);
    lab.run(add_bundle(2, "b2"));
    lab.run(stage(2, 3));
    lab.run(stage(1, 4));
    let check = |lab: &mut Lab, deployed, entries: &[(u128, u32)], code, text: &str| {
        lab.refuse(split(deployed, entries), code, text);
    };
    check(
        &mut lab,
        9,
        &[(1, 10_000)],
        "deployment-not-found",
        "deployment `00000000000000000000000009` is not in environment `local`; list the bundles to find its id",
    );
    check(
        &mut lab,
        1,
        &[(8, 10_000)],
        "revision-not-found",
        "revision `00000000000000000000000008` is not in environment `local`; list the revisions to find its id",
    );
    check(
        &mut lab,
        1,
        &[(3, 10_000)],
        "wrong-deployment",
        &format!(
            "revision `00000000000000000000000003` belongs to deployment `{R2}`, not `{D1}`; choose a revision of `{D1}`"
        ),
    );
    check(
        &mut lab,
        1,
        &[(1, 5_000), (1, 5_000)],
        "duplicate-split-entry",
        &format!("the split names revision `{R1}` twice; name it once with the sum of its weights"),
    );
    check(
        &mut lab,
        1,
        &[(1, 1), (4, 0)],
        "revision-not-ready",
        "revision `00000000000000000000000004` is staged; only a ready revision takes traffic, so warm it first",
    );
    check(
        &mut lab,
        1,
        &[(1, 10_001)],
        "basis-points-entry-too-large",
        "basis-points entry exceeds 10000: 10001",
    );
    check(
        &mut lab,
        1,
        &[(1, 5_000), (2, 4_000)],
        "basis-points-sum",
        "basis-points entries must sum to 10000, got 9000",
    );
    check(&mut lab, 1, &[], "basis-points-sum", "basis-points entries must sum to 10000, got 0");
    let many: Vec<_> = (0..101).map(|n| (n, 0)).collect();
    check(
        &mut lab,
        1,
        &many,
        "too-many-split-entries",
        "the split names 101 revisions, the limit is 100; leave those without weight out",
    );
}

#[test]
fn current_revisions_are_those_of_the_split() {
    let mut lab = Lab::deployed(3);
    lab.run(split(1, &[(2, 9_000), (1, 1_000)]));
    assert_eq!(current(&lab), [2, 1]);
    lab.run(split(1, &[(3, 10_000), (2, 0)]));
    assert_eq!(current(&lab), [3, 2]);
    lab.run(rollback(1));
    assert_eq!(current(&lab), [2, 1]);
    lab.run(clear(1));
    assert_eq!(current(&lab), [0_u128; 0]);
    let mut env = lab.env().clone();
    env.bundles[0].current_revisions = vec![revision(1), revision(3)];
    lab.run(Command::Replace(doc(env)));
    lab.run(archive(3));
    assert_eq!(current(&lab), [1]);
}

#[test]
fn a_rollback_goes_one_step_back_and_is_judged_like_a_set() {
    let mut lab = Lab::deployed(3);
    let no_split =
        format!("deployment `{D1}` in environment `local` has no traffic split; set one first");
    lab.refuse(rollback(1), "split-not-found", &no_split);
    lab.run(split(1, &[(1, 10_000)]));
    let no_previous = format!(
        "the traffic split of deployment `{D1}` has no previous version; set the split that you want"
    );
    lab.refuse(rollback(1), "no-previous-split", &no_previous);
    lab.run(split(1, &[(2, 10_000)]));
    lab.run(drain(1));
    lab.refuse(
        rollback(1),
        "revision-not-ready",
        &format!(
            "revision `{R1}` is draining; only a ready revision takes traffic, so wait for the end of its drain and warm it then, or deploy its bundle again"
        ),
    );
    lab.run(split(1, &[(3, 10_000)]));
    lab.now += chrono::TimeDelta::seconds(7);
    let outcome = lab.run(rollback(1));
    assert!(matches!(
        outcome,
        Outcome::SplitRolledBack { previous_generation: 2, new_generation: 3, .. }
    ));
    let restored = recorded(&lab);
    assert_eq!(restored.idempotency_key, "rollback-01JTKW5B4W4Q5Y1CQW93F7S5VH");
    assert_eq!((restored.updated_at, &restored.previous_split_ref), (lab.now, &None));
    lab.refuse(rollback(1), "no-previous-split", &no_previous);
}

#[test]
fn a_rollback_to_what_is_gone_or_unreadable_is_refused() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    lab.run(split(1, &[(2, 10_000)]));
    let whole = lab.env().clone();
    let mut gone = whole.clone();
    gone.revisions.remove(0);
    lab.run(Command::Replace(doc(gone)));
    lab.refuse(
        rollback(1),
        "admission-revision-missing",
        &format!("revision `{R1}` of the previous split is not in environment `local` any more; set a split of revisions that are"),
    );
    for (stash, detail) in [
        ("inline://@@", "it is not kept inline, or damaged"),
        ("history/1.json", "it is not kept inline, or damaged"),
        ("inline://e30", "TrafficSplit is invalid at `.`: missing field `schema`"),
    ] {
        let mut broken = whole.clone();
        broken.traffic_splits[0].previous_split_ref = Some(stash.into());
        lab.run(Command::Replace(doc(broken)));
        let text = format!(
            "the previous version of the traffic split of deployment `{D1}` cannot be read ({detail}); set the one that you want"
        );
        lab.refuse(rollback(1), "stash-unreadable", &text);
    }
}

#[test]
fn a_document_with_two_splits_of_one_deployment_opens_and_the_next_set_repairs_it() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    let mut env = lab.env().clone();
    let mut second = env.traffic_splits[0].clone();
    second.generation = 7;
    env.traffic_splits.push(second);
    lab.run(Command::Replace(doc(env)));
    assert_eq!(lab.env().traffic_splits.len(), 2);
    lab.run(split(1, &[(2, 10_000)]));
    assert_eq!(lab.env().traffic_splits.len(), 1);
    assert_eq!(recorded(&lab).generation, 1);
}

#[test]
fn the_table_follows_the_split_and_moves_exactly_the_difference() {
    let mut lab = Lab::deployed(3);
    lab.run(split(1, &[(1, 10_000)]));
    let whole = table(&lab);
    lab.run(split(1, &[(1, 9_000), (2, 1_000)]));
    let canary = table(&lab);
    assert_eq!(canary.moved_from(&whole), 1_000);
    lab.run(split(1, &[(2, 1_000), (1, 9_000)]));
    assert_eq!(table(&lab).moved_from(&canary), 0, "the order of the entries means nothing");
    lab.run(split(1, &[(1, 8_000), (2, 1_000), (3, 1_000)]));
    assert_eq!(table(&lab).moved_from(&canary), 1_000);
    lab.run(rollback(1));
    assert!(table(&lab).matches(&recorded(&lab).entries));
    let routing = lab.state.routing.as_ref().expect("a routing document");
    assert_eq!(routing.tables[0].generation, recorded(&lab).generation);
    lab.run(clear(1));
    assert_eq!(lab.state.routing, None);
}

#[test]
fn a_lost_table_is_rebuilt_from_the_split_before_it_moves() {
    let mut lab = Lab::deployed(2);
    lab.run(split(1, &[(1, 10_000)]));
    lab.run(split(1, &[(1, 9_000), (2, 1_000)]));
    let kept = table(&lab);
    lab.state.routing = None;
    lab.run(split(1, &[(1, 8_000), (2, 2_000)]));
    assert_eq!(table(&lab).moved_from(&kept), 1_000);
}

#[test]
fn no_generation_of_a_split_comes_twice_whatever_is_cleared_and_taken_back() {
    let mut lab = Lab::deployed(2);
    let without = snapshot(&lab);
    lab.run(split(1, &[(1, 10_000)]));
    lab.run(split(1, &[(2, 10_000)]));
    let with = snapshot(&lab);
    lab.run(clear(1));
    assert_eq!(lab.document().next_split_generation(deployment(1)), Some(2));
    lab.run(restore(RestoreMode::Undo, &with));
    assert_eq!(recorded(&lab).generation, 2, "the undo of a clear");
    assert_eq!(lab.document().next_split_generation(deployment(1)), None);
    lab.run(clear(1));
    lab.run(split(1, &[(1, 10_000)]));
    assert_eq!(recorded(&lab).generation, 3, "a set after a clear");
    assert_eq!(lab.document().next_split_generation(deployment(1)), None);
    lab.run(restore(RestoreMode::Undo, &without));
    assert!(lab.env().traffic_splits.is_empty());
    lab.run(restore(RestoreMode::Undo, &with));
    assert_eq!(recorded(&lab).generation, 4, "the undo of the undo of a set");
    lab.run(clear(1));
    lab.run(restore(RestoreMode::Undo, &without));
    lab.run(split(1, &[(1, 10_000)]));
    assert_eq!(recorded(&lab).generation, 5, "the note outlives an undo");
    let newest = snapshot(&lab);
    let mut env = lab.env().clone();
    env.traffic_splits.clear();
    env.bundles[0].current_revisions.clear();
    lab.run(Command::Replace(doc(env)));
    lab.run(restore(RestoreMode::Undo, &newest));
    assert_eq!(recorded(&lab).generation, 6, "whoever removed it, and without a note");
}

#[test]
fn a_generation_at_its_end_is_refused() {
    let mut lab = Lab::deployed(1);
    lab.run(split(1, &[(1, 10_000)]));
    let mut env = lab.env().clone();
    env.traffic_splits[0].generation = u64::MAX;
    lab.run(Command::Replace(doc(env)));
    lab.refuse(
        split(1, &[(1, 10_000)]),
        "counter-overflow",
        &format!("the counter of the traffic split of deployment `{D1}` is at its end; remove it and add it again"),
    );
    lab.run(clear(1));
    lab.run(split(1, &[(1, 10_000)]));
    assert_eq!(recorded(&lab).generation, 0, "removed and added again, it counts from the start");
}

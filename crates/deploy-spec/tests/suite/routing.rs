//! The slot table: exact shares, least movement, reversible steps, wire form, documented vectors.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use greentic_deploy_spec::routing::{
    ROUTING_SCHEMA, Routing, RoutingTable, SLOT_COUNT, SlotIndex, SlotTable, SlotTableError, rank,
    salt, slot_of,
};
use greentic_deploy_spec::{DeploymentId, EnvId, RevisionId, TrafficSplitEntry};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A split: the same revision may be listed twice, and a weight may be zero.
type Split = Vec<TrafficSplitEntry>;

fn deployment() -> DeploymentId {
    "01JTKW0000000000000000DEP1".parse().expect("a ULID")
}

/// REV1, REV2 … as the page has them: the number is the last character in base 32.
fn revision(number: u128) -> RevisionId {
    let first: RevisionId = "01JTKW0000000000000000REV1".parse().expect("a ULID");
    RevisionId((u128::from(first.0) + number - 1).into())
}

fn split<const N: usize>(weights: [(u128, u32); N]) -> Split {
    weights.map(|(number, weight_bps)| entry(revision(number), weight_bps)).to_vec()
}

fn entry(revision_id: RevisionId, weight_bps: u32) -> TrafficSplitEntry {
    TrafficSplitEntry { revision_id, weight_bps }
}

fn canonical(entries: &[TrafficSplitEntry]) -> SlotTable {
    SlotTable::canonical(deployment(), entries).expect("weights sum to 10000")
}

fn rebalance(table: &SlotTable, entries: &[TrafficSplitEntry]) -> SlotTable {
    table.rebalance(entries).expect("weights sum to 10000")
}

/// The weights by revision, without zeros.
fn shares(entries: &[TrafficSplitEntry]) -> BTreeMap<RevisionId, u32> {
    let mut shares = BTreeMap::new();
    for entry in entries.iter().filter(|e| e.weight_bps > 0) {
        *shares.entry(entry.revision_id).or_default() += entry.weight_bps;
    }
    shares
}

/// The sum of what revisions gain from one split to the next.
fn gained(before: &[TrafficSplitEntry], after: &[TrafficSplitEntry]) -> usize {
    let before = shares(before);
    let gain = |(id, weight): (RevisionId, u32)| {
        weight.saturating_sub(before.get(&id).copied().unwrap_or(0)) as usize
    };
    shares(after).into_iter().map(gain).sum()
}

/// Spreads the whole over up to twelve revisions, some of them listed twice, some with nothing.
fn any_split() -> impl Strategy<Value = Split> {
    vec((1..=12_u128, 0..=10_000_u32), 1..=14).prop_map(|parts| whole(&parts))
}

/// Scales the parts so that they sum to 10,000; the first part takes what rounding leaves.
fn whole(parts: &[(u128, u32)]) -> Split {
    let total: u32 = parts.iter().map(|(_, part)| part).sum();
    let scaled = |part: u32| (part * 10_000).checked_div(total).unwrap_or(0);
    let mut entries: Split =
        parts.iter().map(|(number, part)| entry(revision(*number), scaled(*part))).collect();
    let sum: u32 = entries.iter().map(|e| e.weight_bps).sum();
    entries[0].weight_bps += 10_000 - sum;
    entries
}

fn check_step(before: &SlotTable, from: &[TrafficSplitEntry], to: &[TrafficSplitEntry]) {
    let after = rebalance(before, to);
    assert_eq!(after.moved_from(before), gained(from, to), "moved");
    assert_eq!(after.shares().collect::<BTreeMap<_, _>>(), shares(to), "shares");
    assert!(after.matches(to));
    assert_eq!(before.matches(to), shares(from) == shares(to));
    assert_eq!(rebalance(&after, to), after, "an unchanged split moves nothing");
    let reversed: Split = to.iter().rev().copied().collect();
    assert_eq!(rebalance(before, &reversed), after, "the order of the entries");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_step_of_a_chain_is_exact_and_minimal(chain in vec(any_split(), 2..=5)) {
        let mut table = canonical(&chain[0]);
        prop_assert_eq!(table.shares().collect::<BTreeMap<_, _>>(), shares(&chain[0]));
        for step in chain.windows(2) {
            check_step(&table, &step[0], &step[1]);
            table = rebalance(&table, &step[1]);
        }
    }

    #[test]
    fn between_two_revisions_the_weights_alone_decide(weights in vec(0..=10_000_u32, 2..=6)) {
        let splits: Vec<_> =
            weights.iter().map(|w| split([(1, *w), (2, 10_000 - w)])).collect();
        let mut table = canonical(&splits[0]);
        for entries in &splits {
            table = rebalance(&table, entries);
            prop_assert_eq!(&table, &canonical(entries));
        }
    }

    #[test]
    fn two_revisions_get_back_exactly_what_they_lent(
        share in 0..=10_000_u32,
        second_grows: bool,
        steps in vec((0.0..1.0_f64, 0.0..1.0_f64, 0.0..1.0_f64), 1..=4),
    ) {
        let part = |of: u32, fraction: f64| (f64::from(of) * fraction) as u32;
        let base = split([(2, share), (5, 10_000 - share)]);
        let before = canonical(&base);
        let (mut one, mut two) = (share, 10_000 - share);
        let mut table = before.clone();
        for (keep_one, second, guest) in steps {
            one = part(one, keep_one);
            let free = 10_000 - one - two;
            two = if second_grows { two + part(free, second) } else { part(two, second) };
            let rest = 10_000 - one - two;
            let guest = part(rest, guest);
            table = rebalance(&table, &split([(2, one), (5, two), (1, guest), (9, rest - guest)]));
        }
        prop_assert_eq!(rebalance(&table, &base), before);
    }

    #[test]
    fn the_wire_form_brings_back_the_table(chain in vec(any_split(), 1..=3), generation: u64) {
        let table = chain.iter().fold(canonical(&chain[0]), |table, step| rebalance(&table, step));
        let wire = RoutingTable::encode(&table, generation);
        let json = serde_json::to_string(&wire).expect("plain data");
        let read: RoutingTable = serde_json::from_str(&json).expect("what was written");
        prop_assert_eq!(&read, &wire);
        prop_assert_eq!(read.decode(), Ok(table));
    }

    #[test]
    fn a_damaged_wire_form_is_refused_or_means_another_table(
        entries in any_split(), run: prop::sample::Index, change: (u16, u16), drop_revision: bool,
    ) {
        let mut wire = RoutingTable::encode(&canonical(&entries), 1);
        let run = run.index(wire.runs.len());
        wire.runs[run] = (change.0 % 14, change.1 % 4);
        if drop_revision {
            wire.revisions.pop();
        }
        if let Ok(table) = wire.decode() {
            prop_assert_eq!(RoutingTable::encode(&table, 1), wire);
        }
    }
}

proptest! {
    #[test]
    fn decoding_anything_never_panics(
        revisions in vec(0..6_u128, 0..5),
        runs in vec((0..6_u16, prop_oneof![0..4_u16, any::<u16>()]), 0..8),
        fill: bool,
    ) {
        let revisions = revisions.into_iter().map(|n| revision(n + 1)).collect();
        let mut wire = RoutingTable { deployment_id: deployment(), generation: 0, revisions, runs };
        if fill {
            let covered: usize = wire.runs.iter().map(|(_, length)| usize::from(*length)).sum();
            wire.runs.push((0, SLOT_COUNT.saturating_sub(covered) as u16));
        }
        if let Ok(table) = wire.decode() {
            prop_assert_eq!(RoutingTable::encode(&table, 0), wire);
        }
    }
}

#[test]
fn a_rollback_brings_back_the_very_callers_that_were_moved() {
    let [whole, ten, twenty] = [0, 1_000, 2_000].map(|w| split([(1, 10_000 - w), (2, w)]));
    let first = rebalance(&canonical(&whole), &ten);
    let second = rebalance(&first, &twenty);
    assert_eq!(second.moved_from(&first), 1_000);
    assert_eq!(rebalance(&second, &ten), first);
    assert_eq!(rebalance(&first, &whole), canonical(&whole));
}

/// Why no rule can be reversible for three revisions: every step here has only one minimal answer.
#[test]
fn a_circle_through_three_revisions_swaps_the_halves() {
    let halves = |a, b| split([(a, 5_000), (b, 5_000)]);
    let start = canonical(&halves(1, 2));
    let circle = [halves(1, 3), halves(2, 3), halves(1, 2)];
    let end = circle.iter().fold(start.clone(), |table, step| rebalance(&table, step));
    assert_eq!(end.moved_from(&start), SLOT_COUNT);
}

#[test]
fn a_million_keys_land_within_half_a_percentage_point() {
    let entries = split([(1, 5_000), (2, 3_000), (3, 1_900), (4, 100)]);
    let table = rebalance(&canonical(&split([(3, 10_000)])), &entries);
    let mut hits = BTreeMap::new();
    for user in 0..1_000_000 {
        *hits.entry(table.choose(format!("tenant-a:user-{user}").as_bytes())).or_insert(0_u32) += 1;
    }
    for (revision, weight) in table.shares() {
        let parts_per_million = weight * 100;
        assert!(hits[&revision].abs_diff(parts_per_million) <= 5_000, "{revision}: {hits:?}");
    }
}

#[test]
fn choosing_is_the_owner_of_the_slot_of_the_key() {
    let table = canonical(&split([(1, 6_000), (2, 4_000)]));
    for key in ["", "a", "user-42"] {
        let slot = slot_of(salt(deployment()), key.as_bytes());
        assert_eq!(table.choose(key.as_bytes()), table.owner(slot));
    }
}

#[test]
fn slots_end_at_the_size_of_the_table() {
    assert_eq!(SlotIndex::new(9_999).map(SlotIndex::get), Some(9_999));
    assert_eq!(SlotIndex::new(10_000), None);
    assert_eq!(SlotIndex::all().count(), SLOT_COUNT);
}

#[test]
fn weights_that_are_not_the_whole_are_refused() {
    let check = |entries: &[TrafficSplitEntry], sum| {
        let refused = Err(SlotTableError::WeightSum { sum });
        assert_eq!(SlotTable::canonical(deployment(), entries), refused);
        assert_eq!(canonical(&split([(1, 10_000)])).rebalance(entries), refused);
        assert!(!canonical(&split([(1, 10_000)])).matches(entries));
    };
    check(&[], 0);
    check(&split([(1, 9_999)]), 9_999);
    check(&split([(1, 10_000), (2, 1)]), 10_001);
    check(&split([(1, u32::MAX), (2, u32::MAX)]), 2 * u64::from(u32::MAX));
}

#[test]
fn a_revision_per_slot_is_the_most() {
    let entries: Split = (1..=10_000).map(|number| entry(revision(number), 1)).collect();
    let thin: Split = entries.iter().take(400).map(|e| entry(e.revision_id, 25)).collect();
    let wire = RoutingTable::encode(&canonical(&thin), 1);
    let scattered = RoutingTable {
        revisions: entries.iter().map(|e| e.revision_id).collect(),
        runs: (0..10_000).map(|index| (index, 1)).collect(),
        ..wire
    };
    let table = scattered.decode().expect("a table");
    assert!(table.matches(&entries));
    assert_eq!(rebalance(&table, &thin).moved_from(&table), 400 * 24);
}

#[test]
fn a_wire_form_that_is_no_table_is_refused_with_its_first_defect() {
    let [one, two] = [revision(1), revision(2)];
    let check = |revisions: &[RevisionId], runs: &[(u16, u16)], expected: SlotTableError| {
        let table = RoutingTable {
            deployment_id: deployment(),
            generation: 1,
            revisions: revisions.to_vec(),
            runs: runs.to_vec(),
        };
        assert_eq!(table.decode(), Err(expected));
    };
    check(&[], &[], SlotTableError::RunTotal { total: 0 });
    check(&[one], &[(0, 9_999)], SlotTableError::RunTotal { total: 9_999 });
    check(&[one], &[(0, u16::MAX), (0, 1)], SlotTableError::RunTotal { total: 65_536 });
    check(&[one], &[(0, 10_000), (0, 0)], SlotTableError::EmptyRun { run: 1 });
    check(&[one], &[(0, 1), (0, 9_999)], SlotTableError::ContinuedRun { run: 1 });
    let unknown = SlotTableError::UnknownOwner { run: 1, index: 7, revisions: 1 };
    check(&[one], &[(0, 1), (7, 9_999)], unknown);
    check(&[two, one], &[(0, 1), (1, 9_999)], SlotTableError::RevisionOrder { revision: one });
    check(&[one, one], &[(0, 1), (1, 9_999)], SlotTableError::RevisionOrder { revision: one });
    check(&[one, two], &[(0, 10_000)], SlotTableError::IdleRevision { revision: two });
}

#[test]
fn the_document_lists_tables_by_deployment() {
    let other = DeploymentId((u128::from(deployment().0) - 1).into());
    let table = |id| {
        let table = SlotTable::canonical(id, &split([(1, 10_000)])).expect("the whole");
        RoutingTable::encode(&table, 7)
    };
    let env_id = EnvId::new("local").expect("an id");
    let routing = Routing::new(env_id, vec![table(deployment()), table(other)]);
    assert_eq!(routing.table(other), Some(&routing.tables[0]));
    assert_eq!(routing.table(DeploymentId(0.into())), None);
    let json = serde_json::to_value(&routing).expect("plain data");
    let wire = |id: DeploymentId| {
        serde_json::json!({
            "deployment_id": id,
            "generation": 7,
            "revisions": ["01JTKW0000000000000000REV1"],
            "runs": [[0, 10_000]],
        })
    };
    let tables = [wire(other), wire(deployment())];
    let expected =
        serde_json::json!({ "schema": ROUTING_SCHEMA, "env_id": "local", "tables": tables });
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_value::<Routing>(json).expect("what was written"), routing);
}

/// The page is enough for another implementation only while its vectors are those of the code.
#[test]
fn the_page_has_the_vectors_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/routing.md");
    let page = std::fs::read_to_string(path).expect("docs/routing.md");
    let expected = [hash_vectors(), rank_vectors(), table_vectors(), wire_vector()];
    let missing: Vec<_> = expected.iter().filter(|block| !page.contains(*block)).collect();
    let missing = missing.into_iter().fold(String::new(), |all, block| all + block + "\n");
    assert!(missing.is_empty(), "docs/routing.md lacks:\n\n{missing}");
}

fn markdown(head: [&str; 3], rows: impl IntoIterator<Item = [String; 3]>) -> String {
    let mut table = format!("| {} |\n|---|---|---|\n", head.join(" | "));
    for row in rows {
        writeln!(table, "| {} |", row.join(" | ")).expect("text");
    }
    table
}

fn hash_vectors() -> String {
    let keys = ["", "a", "user-42", "tenant-acme/webchat/user-000000000000042"];
    assert_eq!(keys[3].len(), 40);
    let salt = salt(deployment());
    let row = |key: &str| {
        let hash = xxh3_64_with_seed(key.as_bytes(), salt);
        let slot = slot_of(salt, key.as_bytes()).get();
        [format!("`\"{key}\"`"), format!("`{hash:016x}`"), slot.to_string()]
    };
    let title = format!("Salt of `{}`: `{salt:016x}`.\n\n", deployment());
    title + &markdown(["key", "hash", "slot"], keys.map(row))
}

fn rank_vectors() -> String {
    let slots = [0, 1, 9_999].map(|number| SlotIndex::new(number).expect("a slot"));
    let pairs = (1..=3).flat_map(|number| slots.map(|slot| (revision(number), slot)));
    let row = |(revision, slot): (RevisionId, SlotIndex)| {
        let rank = rank(revision, slot);
        [format!("`{revision}`"), slot.get().to_string(), rank.to_string()]
    };
    markdown(["revision", "slot", "rank"], pairs.map(row))
}

fn table_vectors() -> String {
    let [a, ab, abc] = documented_splits();
    let first = canonical(&a);
    let second = rebalance(&first, &ab);
    let third = rebalance(&second, &abc);
    let rows = [
        ("canonical, A 10000", first),
        ("then A 9000, B 1000", second),
        ("then A 5000, B 3000, C 2000", third.clone()),
        ("then A 9000, B 1000", rebalance(&third, &ab)),
        ("canonical, A 5000, B 3000, C 2000", canonical(&abc)),
    ];
    let row = |(name, table): (&str, SlotTable)| {
        [name.to_owned(), format!("`{}`", letters(&table)), format!("`{}`", digest(&table))]
    };
    markdown(["split", "owners of slots 0 to 19", "sha-256"], rows.map(row))
}

fn documented_splits() -> [Split; 3] {
    let ab = split([(1, 9_000), (2, 1_000)]);
    [split([(1, 10_000)]), ab, split([(1, 5_000), (2, 3_000), (3, 2_000)])]
}

fn letters(table: &SlotTable) -> String {
    let name = |slot| match table.owner(slot) {
        id if id == revision(1) => 'A',
        id if id == revision(2) => 'B',
        _ => 'C',
    };
    SlotIndex::all().take(20).map(name).collect()
}

fn digest(table: &SlotTable) -> String {
    let bytes: Vec<u8> = SlotIndex::all().flat_map(|slot| table.owner(slot).0.to_bytes()).collect();
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first runs of the second table.
fn wire_vector() -> String {
    let [_, ab, _] = documented_splits();
    let runs = RoutingTable::encode(&canonical(&ab), 1).runs;
    let start = serde_json::to_string(&runs[..6]).expect("plain data");
    format!("{} runs, of which the first are\n`{}`", runs.len(), start)
}

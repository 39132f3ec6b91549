//! What a request pays to find its revision, and what a change of weights pays.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use greentic_deploy_spec::routing::{SlotTable, salt, slot_of};
use greentic_deploy_spec::{DeploymentId, RevisionId, TrafficSplitEntry};

const KEY: &[u8; 40] = b"tenant-acme/webchat/user-000000000000042";

fn deployment() -> DeploymentId {
    DeploymentId(0x0196_a7c0_0000_0000_0000_0000_0000_dead.into())
}

fn split(stable: u32) -> [TrafficSplitEntry; 2] {
    let entry = |number: u128, weight_bps| TrafficSplitEntry {
        revision_id: RevisionId((0x0196_a7c0_0000_0000_0000_0000_0000_0000 + number).into()),
        weight_bps,
    };
    [entry(1, stable), entry(2, 10_000 - stable)]
}

fn table(stable: u32) -> SlotTable {
    SlotTable::canonical(deployment(), &split(stable)).expect("weights sum to 10000")
}

fn routing(c: &mut Criterion) {
    let mut group = c.benchmark_group("routing");
    let ninety = table(9_000);
    let slot = slot_of(salt(deployment()), KEY);
    // The floor of "choose": the same answer when the slot is known.
    group.bench_function("table-load", |b| b.iter(|| black_box(&ninety).owner(black_box(slot))));
    group.bench_function("choose", |b| {
        b.iter(|| black_box(&ninety).choose(black_box(KEY.as_slice())));
    });
    let eighty = split(8_000);
    group.bench_function("rebalance", |b| b.iter(|| ninety.rebalance(black_box(&eighty))));
    group.bench_function("canonical", |b| {
        b.iter(|| SlotTable::canonical(deployment(), black_box(&eighty)));
    });
    group.finish();
}

criterion_group!(benches, routing);
criterion_main!(benches);

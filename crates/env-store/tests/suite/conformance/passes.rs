use std::collections::BTreeSet;

use greentic_env_store::conformance::{self, LocalStores, Suite, run_suite};

use super::subjects::{InMemory, WithoutPorts};

#[test]
fn the_store_in_memory_keeps_every_clause() {
    let report = conformance::run(InMemory);
    assert!(report.passed(), "{report}");
}

#[test]
fn a_store_without_ports_that_says_so_keeps_every_clause() {
    let report = conformance::run(WithoutPorts);
    assert!(report.passed(), "{report}");
}

/// Most of the time goes to the disk, so the areas are run side by side.
#[test]
fn the_store_over_a_folder_keeps_every_clause() {
    let areas: BTreeSet<_> = conformance::clauses().map(|clause| clause.area).collect();
    let reports: Vec<_> = std::thread::scope(|scope| {
        let run = |area: &str| {
            let suite = Suite::new().only(&[&format!("store.{area}")]).expect("an area");
            scope.spawn(move || run_suite(&suite, LocalStores))
        };
        let threads: Vec<_> = areas.into_iter().map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("a report")).collect()
    });
    let broken = reports.iter().filter(|report| !report.passed());
    let broken: Vec<_> = broken.map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let skipped: usize = reports.iter().map(|report| report.summary.skipped).sum();
    assert_eq!(skipped, 7, "it can everything, so only what speaks of lesser stores is skipped");
}

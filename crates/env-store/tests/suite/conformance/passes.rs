use greentic_env_store::conformance;

use super::subjects::{InMemory, OnDisk};

#[test]
fn the_store_in_memory_keeps_every_clause() {
    let report = conformance::run(InMemory);
    assert!(report.passed(), "{report}");
}

#[test]
fn the_store_over_a_folder_keeps_every_clause() {
    let report = conformance::run(OnDisk);
    assert!(report.passed(), "{report}");
    assert_eq!(
        report.summary.skipped, 7,
        "only the clauses of capabilities that it lacks: {report}"
    );
}

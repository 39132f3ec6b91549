//! Stores that are broken on purpose. Every clause of the suite notices at least one of them.

mod about_answers;
mod about_documents;
mod about_handles;
mod about_history;
mod about_keys;
mod about_reads;
mod about_refusals;
mod about_secrets;
mod about_verbs;
mod about_watches;
pub(crate) mod liar;
mod tools;

use std::collections::BTreeSet;

use greentic_env_store::conformance::{self, Suite, run_suite};

use liar::{HONEST, Lie, Lying};

fn all_lies() -> impl Iterator<Item = Lie> {
    let all = [
        about_answers::LIES,
        about_documents::LIES,
        about_handles::LIES,
        about_history::LIES,
        about_keys::LIES,
        about_reads::LIES,
        about_refusals::LIES,
        about_secrets::LIES,
        about_verbs::LIES,
        about_watches::LIES,
    ];
    all.into_iter().flatten().copied()
}

#[test]
fn every_lie_is_caught_by_the_clauses_that_it_breaks() {
    let believed: Vec<_> = all_lies().filter_map(believed).collect();
    assert!(believed.is_empty(), "{}", believed.join("\n"));
}

/// Which clauses should have caught a lie and did not.
fn believed(lie: Lie) -> Option<String> {
    let suite = Suite::new().only(lie.caught_by).expect("clauses that there are");
    let report = run_suite(&suite, Lying(lie));
    let failed: Vec<_> = report.failed().map(|clause| clause.clause).collect();
    let by: Vec<_> = lie.caught_by.iter().filter(|id| !failed.contains(id)).collect();
    (!by.is_empty()).then(|| format!("`{}` is believed by {by:?}:\n{report}", lie.name))
}

#[test]
fn every_clause_is_broken_by_a_lie() {
    let caught: BTreeSet<_> = all_lies().flat_map(|lie| lie.caught_by).copied().collect();
    let idle: Vec<_> =
        conformance::clauses().map(|clause| clause.id).filter(|id| !caught.contains(id)).collect();
    assert!(idle.is_empty(), "no broken store is caught by {idle:#?}");
}

#[test]
fn the_store_behind_the_lies_is_honest() {
    let report = conformance::run(Lying(HONEST));
    assert!(report.passed(), "{report}");
}

#[test]
fn a_store_that_can_nothing_more_and_says_so_keeps_every_clause() {
    let report = conformance::run(Lying(about_handles::MODEST));
    assert!(report.passed(), "{report}");
    assert_eq!(report.capabilities, Some(Vec::new()));
}

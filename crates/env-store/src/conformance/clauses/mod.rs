//! The clauses, by what they are about.

mod audit;
mod backup;
mod batches;
mod concurrency;
mod destroy;
mod documents;
mod errors;
mod etags;
mod generations;
mod handles;
mod history;
mod idempotency;
mod reads;
mod secrets;
mod snapshots;
mod trust_root;
mod unknown_keys;
mod verbs;
mod watch;

use super::contract::Clause;

/// All clauses, in the order of the report.
pub fn clauses() -> impl Iterator<Item = &'static Clause> {
    ALL.iter().copied().flatten()
}

const ALL: [&[Clause]; 19] = [
    reads::CLAUSES,
    snapshots::CLAUSES,
    generations::CLAUSES,
    etags::CLAUSES,
    idempotency::CLAUSES,
    errors::CLAUSES,
    verbs::CLAUSES,
    batches::CLAUSES,
    documents::CLAUSES,
    destroy::CLAUSES,
    unknown_keys::CLAUSES,
    audit::CLAUSES,
    trust_root::CLAUSES,
    secrets::CLAUSES,
    history::CLAUSES,
    backup::CLAUSES,
    watch::CLAUSES,
    concurrency::CLAUSES,
    handles::CLAUSES,
];

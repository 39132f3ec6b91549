//! The clauses, by what they are about.

mod capabilities;
mod idempotency;
mod preconditions;
mod resumption;
mod runtime_config;
mod splits;
mod whole;

use super::contract::Clause;

/// All clauses, in the order of the report.
pub fn clauses() -> impl Iterator<Item = &'static Clause> {
    ALL.iter().copied().flatten()
}

// A deployer alone is judged in this order.
const ALL: [&[Clause]; 8] = [
    idempotency::CLAUSES,
    preconditions::CLAUSES,
    splits::CLAUSES,
    runtime_config::CLAUSES,
    capabilities::CLAUSES,
    preconditions::OF_THE_PROVIDER,
    resumption::CLAUSES,
    whole::CLAUSES,
];

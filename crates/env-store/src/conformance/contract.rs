use greentic_conformance::{Check, Contract};

use super::subject::Capability;
use super::trial::Trial;

/// The contract of stores.
#[derive(Clone, Copy, Debug)]
pub struct StoreContract;

impl Contract for StoreContract {
    const KEEPER: &'static str = "store";
    type Capability = Capability;
    type Check = fn(Trial) -> Check;

    fn clauses() -> impl Iterator<Item = &'static Clause> {
        super::clauses()
    }
}

/// One thing that holds of every store, or of every store with a capability.
pub type Clause = greentic_conformance::Clause<StoreContract>;

/// Of which stores a clause speaks.
pub type Condition = greentic_conformance::Condition<Capability>;

/// Clauses, and how long each may take.
pub type Suite = greentic_conformance::Suite<StoreContract>;

/// The clauses of one area.
macro_rules! clauses {
    ($area:literal; $($clauses:tt)+) => {
        pub(super) const CLAUSES: &[$crate::conformance::Clause] = ::greentic_conformance::clauses! {
            $crate::conformance::StoreContract, "store", $area; $($clauses)+
        };
    };
}

pub(super) use clauses;

//! What a clause is, and what comes of one that does not pass.

use std::fmt::{self, Debug};
use std::pin::Pin;

use super::failure::ConformanceFailure;
use super::trial::Trial;

/// One thing that holds of every deployer.
#[derive(Clone, Copy)]
pub struct Clause {
    pub(super) id: &'static str,
    pub(super) area: &'static str,
    pub(super) text: &'static str,
    pub(super) check: for<'a> fn(&'a Trial<'a>) -> Checking<'a>,
}

impl Clause {
    /// Its name, for example `deployer.idempotency.warm`. Never changes its meaning.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it is about, for example `idempotency`: the second part of its name.
    #[must_use]
    pub fn area(&self) -> &'static str {
        self.area
    }

    /// What holds.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }
}

impl Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause").field("id", &self.id).finish_non_exhaustive()
    }
}

pub(super) type Checking<'a> = Pin<Box<dyn Future<Output = Check> + Send + 'a>>;

/// Whether a clause held.
pub(super) type Check = Result<(), Stop>;

/// Why a clause did not pass.
#[derive(Debug)]
pub(super) enum Stop {
    Failed(ConformanceFailure),
    /// The subject lacks what the clause needs.
    NotRun(&'static str),
}

impl From<ConformanceFailure> for Stop {
    fn from(failure: ConformanceFailure) -> Self {
        Self::Failed(failure)
    }
}

/// The clauses of one area: what holds, its name, and the function that checks it.
macro_rules! clauses {
    ($area:literal; $(
        $(#[doc = $text:literal])+
        $id:literal => $check:ident;
    )+) => {
        pub(super) const CLAUSES: &[$crate::conformance::Clause] = &[$($crate::conformance::Clause {
            id: concat!("deployer.", $area, ".", $id),
            area: $area,
            text: concat!($($text),+).trim_ascii(),
            check: |trial| Box::pin($check(trial)),
        }),+];
    };
}

pub(super) use clauses;

//! What a clause is, and what a broken one says.

use std::fmt::{self, Debug};

use super::subject::{Capabilities, Capability};
use super::trial::Trial;

/// One thing that holds of every store, or of every store with a capability.
#[derive(Clone, Copy)]
pub struct Clause {
    pub(super) id: &'static str,
    pub(super) area: &'static str,
    pub(super) text: &'static str,
    pub(super) condition: Condition,
    pub(super) check: fn(Trial) -> Check,
}

/// Of which stores a clause speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// Of all.
    Always,
    /// Of those that have all of these.
    With(&'static [Capability]),
    /// Of those that do not have this one.
    Without(Capability),
}

impl Clause {
    /// Its name, for example `store.etags.strong`. Never changes its meaning.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it is about, for example `etags`: the second part of its name.
    #[must_use]
    pub fn area(&self) -> &'static str {
        self.area
    }

    /// What holds.
    #[must_use]
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// Of which stores it speaks.
    #[must_use]
    pub fn condition(&self) -> Condition {
        self.condition
    }

    /// Why it does not speak of a store with these capabilities; none when it does.
    pub(super) fn skipped_by(&self, capabilities: &Capabilities) -> Option<String> {
        match self.condition {
            Condition::Always => None,
            Condition::With(needed) => {
                let missing = needed.iter().find(|needed| !capabilities.has(**needed))?;
                Some(format!("the store does not say that it has `{missing}`"))
            }
            Condition::Without(capability) => {
                capabilities.has(capability).then(|| format!("the store has `{capability}`"))
            }
        }
    }
}

impl Debug for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Whether a clause held.
pub(super) type Check = Result<(), Broken>;

/// A clause that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) expected: String,
    pub(super) seen: String,
}

impl Broken {
    pub(super) fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { expected: expected.into(), seen: shortened(seen.into()) }
    }
}

/// Reports are for reading: whole documents do not belong there.
fn shortened(text: String) -> String {
    const LIMIT: usize = 800;
    match text.char_indices().nth(LIMIT) {
        None => text,
        Some((at, _)) => format!("{} …", text.get(..at).unwrap_or_default()),
    }
}

/// Holds when `holds` does.
pub(super) fn check(holds: bool, expected: &str, seen: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Broken::new(expected, seen())) }
}

/// Holds when both are the same.
pub(super) fn same<T: PartialEq + Debug + ?Sized>(what: &str, expected: &T, seen: &T) -> Check {
    if expected == seen {
        return Ok(());
    }
    let expected = shortened(format!("{expected:?}"));
    Err(Broken::new(format!("{what}: {expected}"), format!("{seen:?}")))
}

/// The clauses of one area: what holds, its name, of which stores, and the function that checks it.
macro_rules! clauses {
    ($area:literal; $(
        $(#[doc = $text:literal])+
        $id:literal $(with [$($with:ident),+])? $(without [$without:ident])? => $check:ident;
    )+) => {
        pub(super) const CLAUSES: &[$crate::conformance::Clause] = &[$($crate::conformance::Clause {
            id: concat!("store.", $area, ".", $id),
            area: $area,
            text: concat!($($text),+).trim_ascii(),
            condition: $crate::conformance::clause::condition!(
                $(with [$($with),+])? $(without [$without])?
            ),
            check: $check,
        }),+];
    };
}

macro_rules! condition {
    () => {
        $crate::conformance::Condition::Always
    };
    (with [$($with:ident),+]) => {
        $crate::conformance::Condition::With(&[$($crate::conformance::Capability::$with),+])
    };
    (without [$without:ident]) => {
        $crate::conformance::Condition::Without($crate::conformance::Capability::$without)
    };
}

pub(super) use {clauses, condition};

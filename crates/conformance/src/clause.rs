use std::fmt::{self, Debug};

use crate::{Capabilities, Capability, Verdict};

/// What many can keep, each in its own way: the contract of stores, or that of deployers.
pub trait Contract: Sized + 'static {
    /// What keeps it, in one word, for example `store`. Ids of clauses begin with it.
    const KEEPER: &'static str;

    /// What only some of them can do; clauses may speak of those alone.
    type Capability: Capability;

    /// What checks a clause: a function of what the bench gives it.
    type Check: 'static;

    /// All clauses, in the order of the report.
    fn clauses() -> impl Iterator<Item = &'static Clause<Self>>;
}

/// One thing that holds of everything that keeps a contract, or of all that has a capability.
pub struct Clause<C: Contract> {
    /// Its name, for example `store.etags.are-strong`. Never changes its meaning.
    pub id: &'static str,
    /// What it is about, for example `etags`: the second part of its name.
    pub area: &'static str,
    /// What holds.
    pub text: &'static str,
    /// Of what it speaks.
    pub condition: Condition<C::Capability>,
    /// Checks it.
    pub check: C::Check,
}

/// Of what a clause speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition<K: 'static> {
    /// Of all.
    Always,
    /// Of those that have all of these.
    With(&'static [K]),
    /// Of those that do not have this one.
    Without(K),
}

impl<C: Contract> Clause<C> {
    /// The verdict on what has these capabilities and what it does not speak of; none when it does.
    pub fn skipped(&self, capabilities: &Capabilities<C::Capability>) -> Option<Verdict> {
        let keeper = C::KEEPER;
        let why = match self.condition {
            Condition::Always => None,
            Condition::With(needed) => {
                let missing = needed.iter().find(|needed| !capabilities.has(**needed))?;
                Some(format!("the {keeper} does not say that it has `{missing}`"))
            }
            Condition::Without(one) => {
                capabilities.has(one).then(|| format!("the {keeper} has `{one}`"))
            }
        };
        why.map(|why| Verdict::Skipped { why })
    }

    /// Whether it is meant by a name: its id, or that of its area (`store.etags`).
    pub(crate) fn is_meant_by(&self, name: &str) -> bool {
        let area = name.strip_prefix(C::KEEPER).and_then(|rest| rest.strip_prefix('.'));
        self.id == name || area == Some(self.area)
    }
}

impl<C: Contract> Debug for Clause<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clause").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The clauses of one area of a contract, as `&'static [Clause<_>]`.
///
/// First the contract, its [`Contract::KEEPER`] and the area; then for each clause what holds, its
/// name, of what it speaks (nothing, `with [A, B]` or `without [A]`, variants of
/// [`Contract::Capability`]), and the function that checks it.
#[macro_export]
macro_rules! clauses {
    (@$contract:ty) => {
        $crate::Condition::Always
    };
    (@$contract:ty, with $($with:ident)+) => {
        $crate::Condition::With(&[$(<<$contract as $crate::Contract>::Capability>::$with),+])
    };
    (@$contract:ty, without $without:ident) => {
        $crate::Condition::Without(<<$contract as $crate::Contract>::Capability>::$without)
    };
    ($contract:ty, $keeper:literal, $area:literal; $(
        $(#[doc = $text:literal])+
        $id:literal $(with [$($with:ident),+])? $(without [$without:ident])? => $check:expr;
    )+) => {
        &[$($crate::Clause::<$contract> {
            id: ::core::concat!($keeper, ".", $area, ".", $id),
            area: $area,
            text: ::core::concat!($($text),+).trim_ascii(),
            condition: $crate::clauses!(@$contract $(, with $($with)+)? $(, without $without)?),
            check: $check,
        }),+]
    };
}

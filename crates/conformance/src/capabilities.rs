use std::collections::BTreeSet;
use std::fmt::{Debug, Display};

/// Something that may be able to be done, or not: an enum, whose `Display` is the name in reports.
pub trait Capability: Copy + Ord + Debug + Display + 'static {
    /// All of them.
    const ALL: &'static [Self];
}

/// What somebody says that it can do, beyond what all can that keep the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities<K: Ord>(BTreeSet<K>);

impl<K: Capability> Capabilities<K> {
    /// Nothing more.
    #[must_use]
    pub fn none() -> Self {
        Self(BTreeSet::new())
    }

    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Self(K::ALL.iter().copied().collect())
    }

    /// These, and this one.
    #[must_use]
    pub fn with(mut self, capability: K) -> Self {
        self.0.insert(capability);
        self
    }

    /// These, but not this one.
    #[must_use]
    pub fn without(mut self, capability: K) -> Self {
        self.0.remove(&capability);
        self
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, capability: K) -> bool {
        self.0.contains(&capability)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = K> + '_ {
        self.0.iter().copied()
    }
}

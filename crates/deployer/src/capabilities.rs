use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

/// Something that a deployer may be able to do beyond its five verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Capability {
    /// It tells what is there.
    Observe,
    /// It tells what a reconcile would do.
    Plan,
    /// It makes the provider agree with the whole environment.
    Reconcile,
    /// It removes what it made for an environment.
    Destroy,
    /// It refuses what comes from a stale snapshot.
    Fence,
}

impl Capability {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Observe, Self::Plan, Self::Reconcile, Self::Destroy, Self::Fence];

    /// Its name in reports and errors.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Plan => "plan",
            Self::Reconcile => "reconcile",
            Self::Destroy => "destroy",
            Self::Fence => "fence",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a deployer says that it can do beyond its five verbs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Capabilities(BTreeSet<Capability>);

impl Capabilities {
    /// Nothing more.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// These, and this one.
    #[must_use]
    pub fn with(mut self, capability: Capability) -> Self {
        self.0.insert(capability);
        self
    }

    /// Whether this one is among them.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.0.contains(&capability)
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Capability> + '_ {
        self.0.iter().copied()
    }
}

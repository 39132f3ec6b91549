use std::fmt;

/// Something that a deployer may be able to do beyond its five verbs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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

impl greentic_conformance::Capability for Capability {
    const ALL: &'static [Self] =
        &[Self::Observe, Self::Plan, Self::Reconcile, Self::Destroy, Self::Fence];
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a deployer says that it can do beyond its five verbs.
pub type Capabilities = greentic_conformance::Capabilities<Capability>;

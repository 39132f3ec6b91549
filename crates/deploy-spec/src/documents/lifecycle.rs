use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a revision is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum RevisionLifecycle {
    /// Drained: nothing runs, everything is kept.
    Inactive,
    /// Recorded with its artifacts; nothing runs.
    Staged,
    /// A provider is starting it.
    Warming,
    /// Serves, or could.
    Ready,
    /// Takes no new conversations and finishes the old ones.
    Draining,
    /// Its warm failed.
    Failed,
    /// At its end; nothing leads back.
    Archived,
}

impl RevisionLifecycle {
    /// Every state in the order of its declaration.
    pub const ALL: &'static [Self] = &[
        Self::Inactive,
        Self::Staged,
        Self::Warming,
        Self::Ready,
        Self::Draining,
        Self::Failed,
        Self::Archived,
    ];

    /// The state as it is written in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Inactive => "inactive",
            Self::Staged => "staged",
            Self::Warming => "warming",
            Self::Ready => "ready",
            Self::Draining => "draining",
            Self::Failed => "failed",
            Self::Archived => "archived",
        }
    }

    /// Tells whether a provider holds something of the revision: while it warms, serves or drains.
    #[must_use]
    pub fn has_cluster_presence(self) -> bool {
        matches!(self, Self::Warming | Self::Ready | Self::Draining)
    }

    /// Tells whether requests may reach the revision: new ones when it is ready, those of parked
    /// conversations while it drains, too.
    #[must_use]
    pub fn is_routable(self) -> bool {
        matches!(self, Self::Ready | Self::Draining)
    }

    /// Tells whether the revision can be brought back to where it is warmed: its warm failed, or it was drained.
    #[must_use]
    pub fn can_be_retried(self) -> bool {
        matches!(self, Self::Failed | Self::Inactive)
    }

    /// Tells whether somebody took the revision out of service: it drains, was drained, or is at its end.
    #[must_use]
    pub fn was_taken_out(self) -> bool {
        matches!(self, Self::Draining | Self::Inactive | Self::Archived)
    }

    /// Tells whether the revision is at its end: it will never serve again, and nothing of it is
    /// needed but what is recorded.
    #[must_use]
    pub fn is_final(self) -> bool {
        self == Self::Archived
    }

    /// Tells whether the revision may have weight in a traffic split.
    #[must_use]
    pub fn admits_traffic(self) -> bool {
        self == Self::Ready
    }
}

impl fmt::Display for RevisionLifecycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Tells whether one step leads from one state to another. There are 15 such steps, and none from a
/// state to itself.
#[must_use]
pub fn is_valid_transition(from: RevisionLifecycle, to: RevisionLifecycle) -> bool {
    use RevisionLifecycle::{Archived, Draining, Failed, Inactive, Ready, Staged, Warming};
    match from {
        Inactive => matches!(to, Staged | Failed | Archived),
        Staged => matches!(to, Warming | Failed | Archived),
        Warming => matches!(to, Ready | Failed | Archived),
        Ready => matches!(to, Draining | Failed | Archived),
        Draining => to == Inactive,
        Failed => matches!(to, Staged | Archived),
        Archived => false,
    }
}

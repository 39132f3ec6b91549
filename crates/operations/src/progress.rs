use std::fmt;

use greentic_deploy_spec::{BundleId, RevisionId};

/// Is told what an operation is about to do, for people who wait for it.
///
/// Called on the thread that does the work, before each step; what it takes the work waits for.
pub trait Progress: fmt::Debug + Send + Sync {
    /// The next step.
    fn step(&self, step: &Step);
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn step(&self, _: &Step) {}
}

/// A step of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// What is to be deployed is read, and built if need be.
    ReadBundle,
    /// The folder of a revision is made.
    Stage {
        /// The revision.
        revision_id: RevisionId,
        /// Its bundle.
        bundle_id: BundleId,
    },
    /// A change is committed, or only judged when the store rehearses.
    Commit {
        /// The verb, such as `traffic.set`.
        verb: String,
    },
    /// A revision is checked before it may be ready.
    Check {
        /// The check.
        check: &'static str,
        /// The revision.
        revision_id: RevisionId,
    },
    /// The provider is called.
    Provider {
        /// The verb of the deployer.
        verb: &'static str,
        /// What it is called for.
        subject: String,
    },
    /// Folders that nothing refers to are removed.
    Sweep,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadBundle => f.write_str("reading the bundle"),
            Self::Stage { revision_id, bundle_id } => {
                write!(f, "staging bundle {bundle_id} as revision {revision_id}")
            }
            Self::Commit { verb } => write!(f, "change: {verb}"),
            Self::Check { check, revision_id } => {
                write!(f, "checking {check} of revision {revision_id}")
            }
            Self::Provider { verb, subject } => write!(f, "provider: {verb} of {subject}"),
            Self::Sweep => f.write_str("removing folders that nothing refers to"),
        }
    }
}

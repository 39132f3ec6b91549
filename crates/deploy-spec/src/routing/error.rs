use crate::RevisionId;

/// The weights or the wire form do not describe a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlotTableError {
    /// The weights are not the whole.
    #[error("weights sum to {sum} basis points, not 10000")]
    WeightSum {
        /// The sum of all weights, in basis points.
        sum: u64,
    },
    /// The runs do not cover the table exactly.
    #[error("runs cover {total} slots, not 10000")]
    RunTotal {
        /// The sum of all lengths.
        total: u64,
    },
    /// A run covers no slot.
    #[error("run {run} has length 0")]
    EmptyRun {
        /// The run's place in the list, from 0.
        run: usize,
    },
    /// A run has the owner of the run before it, so that one table would have several wire forms.
    #[error("run {run} continues the run before it")]
    ContinuedRun {
        /// The run's place in the list, from 0.
        run: usize,
    },
    /// A run names an owner that the list of revisions does not have.
    #[error("run {run} names revision {index} of {revisions}")]
    UnknownOwner {
        /// The run's place in the list, from 0.
        run: usize,
        /// The owner that it names.
        index: u16,
        /// How many revisions the table lists.
        revisions: usize,
    },
    /// The revisions are not listed in ascending order, each once.
    #[error("revision {revision} does not come after the revision before it")]
    RevisionOrder {
        /// The first revision that is out of order or listed again.
        revision: RevisionId,
    },
    /// A listed revision owns nothing.
    #[error("revision {revision} owns no slot")]
    IdleRevision {
        /// The first such revision.
        revision: RevisionId,
    },
}

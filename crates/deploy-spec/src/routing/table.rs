use std::fmt;

use super::hash::{SLOT_COUNT, SlotIndex, salt, slot_of};
use super::rebalance::rebalanced;
use super::weights::Weights;
use super::{RoutingTable, SlotTableError};
use crate::{DeploymentId, RevisionId, TrafficSplitEntry};

/// The owner of every slot, as an index into a list of revisions.
pub(super) type Owners = Box<[u16; SLOT_COUNT]>;

/// How many slots each of so many revisions owns.
pub(super) fn counts(owners: &Owners, revisions: usize) -> impl Iterator<Item = u32> {
    /// Neighbours often have the same owner; in lanes of their own, they are counted at the same time.
    const LANES: usize = 4;
    let mut lanes = vec![[0; LANES]; revisions];
    for owners in owners.chunks(LANES) {
        for (lane, owner) in owners.iter().enumerate() {
            lanes[usize::from(*owner)][lane] += 1;
        }
    }
    lanes.into_iter().map(|lanes| lanes.iter().sum())
}

/// Who serves which slot of a deployment, ready for lookups.
///
/// Every slot has an owner and every listed revision owns a slot. Two tables are equal when the
/// same revisions own the same slots of the same deployment. A table is immutable: a reader needs
/// no lock, and a changed split is a new table.
#[derive(Clone, PartialEq, Eq)]
pub struct SlotTable {
    deployment_id: DeploymentId,
    salt: u64,
    /// Ascending, distinct, each with a slot: at least one and at most 10,000.
    revisions: Box<[RevisionId]>,
    /// Indices into `revisions`.
    owners: Owners,
}

impl SlotTable {
    /// The table of a split that has no history: a function of the deployment and the weights.
    ///
    /// It is the rebalanced table of the lowest revision that has a weight, as if that one had
    /// owned everything. For two revisions it equals what any sequence of splits between these two
    /// leads to, from when one of them owned everything.
    ///
    /// # Errors
    /// [`SlotTableError::WeightSum`] when the weights do not sum to 10,000.
    pub fn canonical(
        deployment_id: DeploymentId,
        entries: &[TrafficSplitEntry],
    ) -> Result<Self, SlotTableError> {
        let weights = Weights::parse(entries)?;
        let lowest = weights.iter().map(|(revision, _)| revision).take(1);
        let whole = Self::new(deployment_id, lowest.collect(), Owners::new([0; SLOT_COUNT]));
        Ok(rebalanced(&whole, &weights))
    }

    /// The table for new weights that differs least from this one.
    ///
    /// Shares are exact. Exactly the sum of the positive weight differences moves, and nothing
    /// when the weights are the same. The result depends on this table and the weights, not on the
    /// order of the entries. Weights of a revision listed twice add up.
    ///
    /// From a canonical table of two revisions, back and forth between these two is reversible: at
    /// the earlier weights the same slots have the same owners. For three no minimal rule can
    /// promise that. The time is bounded by slots × gaining revisions.
    ///
    /// # Errors
    /// [`SlotTableError::WeightSum`] when the weights do not sum to 10,000.
    pub fn rebalance(&self, entries: &[TrafficSplitEntry]) -> Result<Self, SlotTableError> {
        Weights::parse(entries).map(|weights| rebalanced(self, &weights))
    }

    /// The revision that serves a key.
    ///
    /// Neither allocates nor locks.
    #[inline]
    #[must_use]
    pub fn choose(&self, key: &[u8]) -> RevisionId {
        self.owner(slot_of(self.salt, key))
    }

    /// The revision that owns a slot.
    #[inline]
    #[must_use]
    pub fn owner(&self, slot: SlotIndex) -> RevisionId {
        self.revisions[usize::from(self.owners[slot.position()])]
    }

    /// The revisions, ascending, each with the number of its slots: its weight in basis points.
    pub fn shares(&self) -> impl Iterator<Item = (RevisionId, u32)> {
        self.revisions.iter().copied().zip(counts(&self.owners, self.revisions.len()))
    }

    /// Tells whether the shares are exactly these weights.
    ///
    /// `false` for weights that describe no table.
    #[must_use]
    pub fn matches(&self, entries: &[TrafficSplitEntry]) -> bool {
        Weights::parse(entries).is_ok_and(|weights| weights.iter().eq(self.shares()))
    }

    /// How many slots have another owner than in `previous`.
    #[must_use]
    pub fn moved_from(&self, previous: &Self) -> usize {
        SlotIndex::all().filter(|slot| self.owner(*slot) != previous.owner(*slot)).count()
    }

    /// The deployment whose callers the table divides.
    #[must_use]
    pub fn deployment_id(&self) -> DeploymentId {
        self.deployment_id
    }

    /// Takes parts that keep the promises of the fields.
    pub(super) fn new(
        deployment_id: DeploymentId,
        revisions: Box<[RevisionId]>,
        owners: Owners,
    ) -> Self {
        Self { deployment_id, salt: salt(deployment_id), revisions, owners }
    }

    pub(super) fn revisions(&self) -> &[RevisionId] {
        &self.revisions
    }

    pub(super) fn owners(&self) -> &[u16; SLOT_COUNT] {
        &self.owners
    }
}

impl TryFrom<&RoutingTable> for SlotTable {
    type Error = SlotTableError;

    fn try_from(table: &RoutingTable) -> Result<Self, Self::Error> {
        table.decode()
    }
}

/// Shows shares instead of 10,000 numbers.
impl fmt::Debug for SlotTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlotTable")
            .field("deployment_id", &self.deployment_id)
            .field("shares", &self.shares().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

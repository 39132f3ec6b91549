use std::collections::BTreeMap;

use super::{SLOT_COUNT, SlotTableError};
use crate::{RevisionId, TrafficSplitEntry};

/// The weights of a split in the one form that a table depends on: by revision, ascending, none
/// zero, summing to [`SLOT_COUNT`].
///
/// So there are between one and 10,000 of them, and an index into them fits in a `u16`.
#[derive(Debug)]
pub(super) struct Weights(Vec<(RevisionId, u32)>);

impl Weights {
    /// Adds up what is listed twice and drops what is zero.
    ///
    /// # Errors
    /// [`SlotTableError::WeightSum`] when the sum is not 10,000 basis points.
    pub(super) fn parse(entries: &[TrafficSplitEntry]) -> Result<Self, SlotTableError> {
        let sum: u64 = entries.iter().map(|e| u64::from(e.weight_bps)).sum();
        if sum != SLOT_COUNT as u64 {
            return Err(SlotTableError::WeightSum { sum });
        }
        let mut weights = BTreeMap::new();
        for entry in entries.iter().filter(|e| e.weight_bps > 0) {
            *weights.entry(entry.revision_id).or_default() += entry.weight_bps;
        }
        Ok(Self(weights.into_iter().collect()))
    }

    /// Revisions and weights, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (RevisionId, u32)> {
        self.0.iter().copied()
    }

    /// The weight of a revision; 0 for one that the split does not list.
    pub(super) fn of(&self, revision: RevisionId) -> u32 {
        match self.0.binary_search_by_key(&revision, |(id, _)| *id) {
            Ok(position) => self.0[position].1,
            Err(_) => 0,
        }
    }
}

//! The rule of docs/routing.md: losing revisions give up the slots that gaining ones want most.
//!
//! Comparing by *difference* of rank is what makes a rollback bring back the very callers that
//! were moved: between two revisions, both directions use the same order of the slots.

use super::hash::{SLOT_COUNT, SlotIndex, rank};
use super::table::{Owners, SlotTable, counts};
use super::weights::Weights;
use crate::RevisionId;

/// A revision that must gain slots.
struct Receiver {
    revision: RevisionId,
    index: u16,
    lacking: usize,
}

/// The table for `weights` that differs least from `previous`.
pub(super) fn rebalanced(previous: &SlotTable, weights: &Weights) -> SlotTable {
    let everyone = union(previous, weights);
    let mut owners = reindexed(previous.owners(), previous.revisions(), &everyone);
    let (receivers, surplus) = differences(&everyone, &owners, weights);
    let freed = freed(&everyone, &owners, &surplus, &receivers);
    assign(&mut owners, freed, receivers);
    let serving: Box<[_]> = weights.iter().map(|(revision, _)| revision).collect();
    let owners = reindexed(&owners, &everyone, &serving);
    SlotTable::new(previous.deployment_id(), serving, owners)
}

/// The revisions of both, ascending: at most 20,000, so that an index still fits in a `u16`.
fn union(previous: &SlotTable, weights: &Weights) -> Vec<RevisionId> {
    let mut all = previous.revisions().to_vec();
    all.extend(weights.iter().map(|(revision, _)| revision));
    all.sort_unstable();
    all.dedup();
    all
}

/// The same owners as indices into another ascending list, which has everyone that owns a slot.
fn reindexed(owners: &[u16; SLOT_COUNT], from: &[RevisionId], to: &[RevisionId]) -> Owners {
    let index = |revision: &RevisionId| to.partition_point(|other| other < revision) as u16;
    let indices: Vec<u16> = from.iter().map(index).collect();
    let mut result = Owners::new([0; SLOT_COUNT]);
    for (new, old) in result.iter_mut().zip(owners) {
        *new = indices[usize::from(*old)];
    }
    result
}

/// Who gains how many slots; and how many each revision loses, 0 for those that lose none.
fn differences(
    everyone: &[RevisionId],
    owners: &Owners,
    weights: &Weights,
) -> (Vec<Receiver>, Vec<usize>) {
    let owned = counts(owners, everyone.len()).map(|owned| owned as usize);
    let mut receivers = Vec::new();
    let mut surplus = Vec::with_capacity(everyone.len());
    for (index, (revision, owned)) in (0..).zip(everyone.iter().zip(owned)) {
        let target = weights.of(*revision) as usize;
        surplus.push(owned.saturating_sub(target));
        if target > owned {
            let lacking = target - owned;
            receivers.push(Receiver { revision: *revision, index, lacking });
        }
    }
    (receivers, surplus)
}

/// The slots that change hands: of every losing revision those with the greatest (pull, slot).
///
/// The pull of a slot is how much more the keenest receiver wants it than its owner does.
fn freed(
    everyone: &[RevisionId],
    owners: &Owners,
    surplus: &[usize],
    receivers: &[Receiver],
) -> Vec<SlotIndex> {
    let mut offers: Vec<_> = surplus.iter().map(|count| Greatest::new(*count)).collect();
    for slot in SlotIndex::all() {
        let owner = usize::from(owners[slot.position()]);
        if surplus[owner] > 0 {
            let [keenest, _] = greatest_two(receivers, slot);
            offers[owner].offer((keenest - rank(everyone[owner], slot), slot));
        }
    }
    offers.into_iter().flat_map(Greatest::finish).map(|(_, slot)| slot).collect()
}

/// Keeps the greatest of what it is offered, in no particular order and in little more room than they take.
struct Greatest<T> {
    count: usize,
    items: Vec<T>,
    /// So many are as great as this that what is less is not among the greatest.
    least: Option<T>,
}

impl<T: Ord + Copy> Greatest<T> {
    fn new(count: usize) -> Self {
        Self { count, items: Vec::new(), least: None }
    }

    fn offer(&mut self, item: T) {
        const SPARE: usize = 64;
        if self.least.is_some_and(|least| item < least) {
            return;
        }
        self.items.push(item);
        if self.items.len() >= 2 * self.count + SPARE {
            self.trim();
        }
    }

    fn trim(&mut self) {
        if (1..self.items.len()).contains(&self.count) {
            let last = self.count - 1;
            let (_, least, _) = self.items.select_nth_unstable_by(last, |a, b| b.cmp(a));
            self.least = Some(*least);
        }
        self.items.truncate(self.count);
    }

    fn finish(mut self) -> Vec<T> {
        self.trim();
        self.items
    }
}

/// The two greatest ranks that any receiver gives the slot; 0 where there is none.
fn greatest_two(receivers: &[Receiver], slot: SlotIndex) -> [i64; 2] {
    receivers.iter().fold([0; 2], |[first, second], receiver| {
        let rank = rank(receiver.revision, slot);
        if rank > first { [rank, first] } else { [first, second.max(rank)] }
    })
}

/// Gives every freed slot to a receiver.
///
/// The slots for which the choice matters most come first, by the greatest (gap, slot): the gap is
/// how much more the keenest receiver wants the slot than the next one. Each goes to the one with
/// the greatest (rank, revision) of those that still lack slots.
fn assign(owners: &mut Owners, freed: Vec<SlotIndex>, mut receivers: Vec<Receiver>) {
    let gap = |slot| {
        let [first, second] = greatest_two(&receivers, slot);
        first - second
    };
    let mut queue: Vec<_> = freed.into_iter().map(|slot| (gap(slot), slot)).collect();
    queue.sort_unstable_by(|a, b| b.cmp(a));
    for (_, slot) in queue {
        let keenest = receivers.iter_mut().max_by_key(|r| (rank(r.revision, slot), r.revision));
        // Never absent: all tables have equally many slots, so what is freed is what is lacking.
        let Some(receiver) = keenest else { return };
        owners[slot.position()] = receiver.index;
        receiver.lacking -= 1;
        if receiver.lacking == 0 {
            receivers.retain(|receiver| receiver.lacking > 0);
        }
    }
}

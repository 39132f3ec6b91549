use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{DeploymentId, RevisionId};

/// How many slots a table has: one per basis point, so that every share is exact.
pub const SLOT_COUNT: usize = 10_000;

/// A place in a table, below [`SLOT_COUNT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotIndex(u16);

impl SlotIndex {
    /// The slot with this number; `None` outside of the table.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if (number as usize) < SLOT_COUNT { Some(Self(number)) } else { None }
    }

    /// The slot's number, below [`SLOT_COUNT`].
    #[inline]
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Every slot of a table, ascending.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..SLOT_COUNT as u16).map(Self)
    }

    /// The slot as the place in an array.
    #[inline]
    pub(super) const fn position(self) -> usize {
        self.0 as usize
    }
}

/// What makes the slots of a deployment its own: the low 64 bits of its ULID.
///
/// Without it, the callers that one deployment gives to its canary would meet the canaries of all
/// others too.
#[must_use]
pub fn salt(deployment_id: DeploymentId) -> u64 {
    u128::from(deployment_id.0) as u64
}

/// The slot of a key: `xxh3_64(key, seed = salt) mod 10000`.
///
/// The same in every process and on every platform. A key may be empty and may hold any bytes.
#[inline]
#[must_use]
pub fn slot_of(salt: u64, key: &[u8]) -> SlotIndex {
    SlotIndex((xxh3_64_with_seed(key, salt) % SLOT_COUNT as u64) as u16)
}

/// How much a revision wants a slot: `xxh3_64(16 big-endian bytes of its ULID, seed = slot) >> 1`.
///
/// Never negative. One bit is dropped so that the difference of two ranks fits in an `i64`.
#[inline]
#[must_use]
pub fn rank(revision: RevisionId, slot: SlotIndex) -> i64 {
    (xxh3_64_with_seed(&revision.0.to_bytes(), u64::from(slot.0)) >> 1) as i64
}

//! The traffic split of a deployment as a table of 10,000 slots, and the addresses that no deployment
//! can have.
//!
//! A caller's key hashes to a slot, and the slot's owner serves: exact shares, and the same answer
//! in every process and after every restart. When the weights change, [`SlotTable::rebalance`]
//! moves exactly the sum of the positive differences. docs/routing.md is the rule for other
//! languages, with test vectors.
//!
//! When changing anything that a table depends on: it is a new schema name, because processes that
//! disagree about the rule send one conversation to two revisions.

mod error;
mod follow;
mod hash;
mod rebalance;
mod reserved;
mod table;
mod weights;
mod wire;

pub use error::SlotTableError;
pub use hash::{SLOT_COUNT, SlotIndex, rank, salt, slot_of};
pub use reserved::{RESERVED_PATHS, is_reserved_path, is_reserved_prefix};
pub use table::SlotTable;
pub use wire::{ROUTING_SCHEMA, Routing, RoutingTable};

//! The one place of this crate that uses the clock and random numbers: fresh ULIDs for callers
//! outside of the engine. `engine` and `remote` never come here.

/// A fresh ULID: now, with 80 random bits.
#[expect(clippy::disallowed_methods, reason = "minting an id is what this module is for")]
pub(super) fn ulid() -> ulid::Ulid {
    ulid::Ulid::generate()
}

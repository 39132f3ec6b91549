//! What must hold of the registry, of the contracts, and of the ports in memory.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]
#![expect(clippy::unwrap_used, reason = "a test states what it expects by failing")]

mod credentials;
mod making_room;
mod probe;
mod registry;
mod room;
mod sessions;
mod state;

//! What must hold of the runner host.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]
#![expect(clippy::disallowed_methods, reason = "a test is a program: it builds its runtime")]

mod host;
mod wasm;

//! What must hold of the runner host.

mod wasm;

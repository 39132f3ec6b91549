//! What must hold of the ports in memory.

mod sessions;
mod state;

//! What must hold of the stores.

mod conformance;
mod smoke;

//! `cargo xtask torture`: long tests that are too slow for every change.

mod figures;
pub(crate) mod model;
pub(crate) mod rules;
mod section;
pub(crate) mod store;
pub(crate) mod worker;

//! `cargo xtask torture`: long tests that are too slow for every change.

pub(crate) mod model;
pub(crate) mod rules;
mod section;
pub(crate) mod store;

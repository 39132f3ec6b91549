//! `gtc bundle`: bundles.

mod build;
mod inspect;

pub(crate) use build::Build;
pub(crate) use inspect::Inspect;

super::verbs! { Build, Inspect }

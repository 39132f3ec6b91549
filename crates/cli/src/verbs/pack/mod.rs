//! `gtc pack`: packs.

mod build;
mod inspect;
mod verify;

pub(crate) use build::Build;
pub(crate) use inspect::{Inspect, PackSummary};
pub(crate) use verify::Verify;

super::verbs! { Build, Inspect, Verify }

//! `gtc op revisions`: revisions of deployed bundles.

mod list;
mod stage;
mod steps;

pub(crate) use list::List;
pub(crate) use stage::Stage;
pub(crate) use steps::{Archive, Drain, Warm};

super::verbs! { List, Stage, Warm, Drain, Archive }

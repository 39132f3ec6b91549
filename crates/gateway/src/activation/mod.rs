//! Follows an environment: what it wants, what is loaded, and the way from one to the other.

mod follow;
mod load;
mod plan;
mod quarantine;
#[cfg(test)]
mod tests;
mod wanted;
mod watch;

pub(crate) use follow::Follower;
pub(crate) use load::{LoadFailure, Loader, source};
pub(crate) use plan::{Obstacle, SplitPlan};
pub(crate) use quarantine::Quarantined;
pub(crate) use wanted::{LoadKey, Wanted, WantedDeployment, WantedRevision, slot_table};
pub(crate) use watch::{News, watch};

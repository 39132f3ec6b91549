//! `gtc op traffic`: how the traffic of a deployment is shared among its revisions.

mod back;
mod set;
mod show;

pub(crate) use back::{Clear, Rollback};
pub(crate) use set::Set;
pub(crate) use show::Show;

super::verbs! { Set, Show, Rollback, Clear }

//! `gtc op bundles`: deployed bundles.

mod list;
mod remove;

pub(crate) use list::List;
pub(crate) use remove::Remove;

super::verbs! { List, Remove }

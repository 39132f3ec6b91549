//! `gtc op env`: environments.

mod diff;
mod history;
mod init;
mod list;
mod show;
mod undo;

pub(crate) use diff::Diff;
pub(crate) use history::History;
pub(crate) use init::Init;
pub(crate) use list::List;
pub(crate) use show::Show;
pub(crate) use undo::Undo;

super::verbs! { Init, List, Show, History, Diff, Undo }

//! `gtc op env`: environments.

mod diff;
mod doctor;
mod history;
mod init;
mod list;
mod show;
mod undo;

pub(crate) use diff::Diff;
pub(crate) use doctor::Doctor;
pub(crate) use history::History;
pub(crate) use init::{Init, initialise, rehearse_init};
pub(crate) use list::List;
pub(crate) use show::Show;
pub(crate) use undo::Undo;

super::verbs! { Init, List, Show, History, Diff, Undo, Doctor }

//! What must hold of the stores.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod backups;
mod conformance;
mod decorators;
mod edits;
mod errors;
mod faulty;
mod faulty_files;
mod full_disk;
mod golden;
mod history;
mod hostile_journal;
mod kept;
mod large;
mod links;
mod local_lab;
mod many;
mod memory;
mod operator_key;
mod places;
mod policy;
mod price;
mod program;
mod public_folders;
mod rehearsal;
mod remote_disk;
mod retry;
mod secrets;
mod snapshots;
mod upkeep;
mod verbs;
mod watching;
mod worker;

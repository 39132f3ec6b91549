//! The journal of one environment: an SQLite database in its folder, and the truth.
//!
//! One commit is one transaction. What it changed, its audit event and its answer become true at one
//! point in time, the write of the transaction's last frame, or not at all.

mod failure;
mod notes;
mod open;
mod rebuild;
mod rows;
mod schema;
mod transaction;

use std::path::PathBuf;

use rusqlite::{Connection, TransactionBehavior};

use crate::{JournalProblem, StoreError};

pub(super) use failure::CommitError;
pub(super) use notes::Settled;
pub(super) use rebuild::{Rebuild, RebuildError};
pub(super) use rows::{Documents, Files, changes, routing_change, whole};
pub(super) use transaction::{CommitRow, Transaction};

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    path: PathBuf,
    access: Access,
}

/// How a journal is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// To read what writers of any process commit.
    Read,
    /// To read a folder that nobody can write to.
    ReadImmutable,
    /// To commit.
    Write,
}

/// What becomes of a log that is folded back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Log {
    /// It keeps its room for the commits that follow: a sync of bytes that are written over does not
    /// wait for the file system to note that the file grew.
    Reused,
    /// It gives its room back.
    Emptied,
}

impl Journal {
    /// Whether it was opened as one that nobody can write: true only as long as that lasts.
    pub(super) fn is_immutable(&self) -> bool {
        self.access == Access::ReadImmutable
    }

    pub(super) fn damaged(&self, detail: impl Into<String>) -> StoreError {
        let problem = JournalProblem::Damaged { detail: detail.into() };
        StoreError::Journal { path: self.path.clone(), problem }
    }

    pub(super) fn error(&self, operation: &'static str, error: rusqlite::Error) -> StoreError {
        failure::journal_error(&self.path, operation, error)
    }

    /// Runs one transaction. A reader's sees one generation throughout; a writer's is the only one.
    pub(super) fn transaction(&self, access: Access) -> Result<Transaction<'_>, StoreError> {
        let behavior = match access {
            Access::Write => TransactionBehavior::Immediate,
            Access::Read | Access::ReadImmutable => TransactionBehavior::Deferred,
        };
        let begun = rusqlite::Transaction::new_unchecked(&self.connection, behavior);
        let inner = begun.map_err(|error| self.error("lock", error))?;
        Ok(Transaction { inner, journal: self })
    }

    /// Folds the log back into the database, as far as readers let it.
    pub(super) fn checkpoint(&self, log: Log) -> Result<(), StoreError> {
        let query = match log {
            Log::Reused => "PRAGMA wal_checkpoint(RESTART)",
            Log::Emptied => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        let done = self.connection.query_row(query, [], |_| Ok(()));
        done.map_err(|error| self.error("write", error))
    }

    /// Gives the space of what was removed back to the file system.
    pub(super) fn vacuum(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM").map_err(|error| self.error("write", error))
    }

    /// What SQLite finds wrong with the file; none when it is sound.
    pub(super) fn integrity(&self) -> Result<Option<String>, StoreError> {
        let query = "PRAGMA integrity_check(1)";
        let found: String = self
            .connection
            .query_row(query, [], |row| row.get(0))
            .map_err(|error| self.error("read", error))?;
        Ok((found != "ok").then_some(found))
    }
}

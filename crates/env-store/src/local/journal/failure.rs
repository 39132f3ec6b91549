//! What SQLite's errors mean for a store.

use std::io;
use std::path::Path;

use rusqlite::ErrorCode;

use crate::{JournalProblem, StoreError};

/// A transaction was not committed, or that is not known.
#[derive(Debug)]
pub(in crate::local) struct CommitError {
    pub(in crate::local) error: Box<StoreError>,
    pub(in crate::local) unknown: bool,
}

/// A full disk and a lock are noticed before the last frame of a transaction is written. After any
/// other failure, that frame may be on the disk.
pub(super) fn is_surely_undone(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
        )
    )
}

/// One of SQLite's errors as the store's.
pub(super) fn journal_error(
    path: &Path,
    operation: &'static str,
    error: rusqlite::Error,
) -> StoreError {
    let path = path.to_owned();
    // The memory that processes share is a file as well.
    let no_room = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
    let kind = match error.sqlite_error_code() {
        _ if error.sqlite_error().is_some_and(|error| error.extended_code == no_room) => {
            io::ErrorKind::StorageFull
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            let source = io::Error::new(io::ErrorKind::TimedOut, error);
            return StoreError::Lock { path, source };
        }
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull,
        Some(ErrorCode::ReadOnly) => io::ErrorKind::ReadOnlyFilesystem,
        Some(ErrorCode::PermissionDenied) => io::ErrorKind::PermissionDenied,
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => io::ErrorKind::Other,
        _ => {
            let problem = JournalProblem::Damaged { detail: error.to_string() };
            return StoreError::Journal { path, problem };
        }
    };
    StoreError::Io { operation, path, source: io::Error::new(kind, error) }
}

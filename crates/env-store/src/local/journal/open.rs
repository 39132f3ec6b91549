//! How the file of a journal is opened: what is in it is looked at before anything is changed.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use greentic_deploy_spec::EnvId;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::failure::journal_error;
use super::{Access, Journal, schema};
use crate::{JournalProblem, StoreError};

impl Journal {
    /// Opens the journal of an environment. None when the file has no table yet.
    pub(in crate::local) fn open(
        path: &Path,
        env_id: &EnvId,
        access: Access,
        patience: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let journal = Self::attach(path, access, patience)?;
        match journal.format()? {
            0 => return Ok(None),
            schema::FORMAT => journal.check_owner(env_id)?,
            found => return Err(journal.newer(found)),
        }
        // Only now, so that nothing is changed about a database that is not ours.
        journal.prepare()?;
        Ok(Some(journal))
    }

    /// Makes the tables of a journal, inside of a transaction of the caller's.
    pub(in crate::local) fn create_tables(&self, env_id: &EnvId) -> Result<(), StoreError> {
        let make = || -> rusqlite::Result<()> {
            self.connection.execute_batch(schema::TABLES)?;
            let about = "INSERT INTO about (name, value) VALUES (?1, ?2)";
            self.connection.execute(about, params!["environment", env_id.as_str()])?;
            self.connection.execute(about, params!["readable-by", schema::READABLE_BY])?;
            self.connection.pragma_update(None, "application_id", schema::APPLICATION_ID)?;
            self.connection.pragma_update(None, "user_version", schema::FORMAT)
        };
        make().map_err(|error| self.error("write", error))
    }

    /// Connects to a file that may be empty.
    pub(in crate::local) fn connect(
        path: &Path,
        access: Access,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let journal = Self::attach(path, access, patience)?;
        journal.prepare()?;
        Ok(journal)
    }

    fn attach(path: &Path, access: Access, patience: Duration) -> Result<Self, StoreError> {
        let base = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let flags = match access {
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
            Access::Read | Access::ReadImmutable => OpenFlags::SQLITE_OPEN_READ_ONLY,
        };
        let name = uri(path, access);
        let opened = Connection::open_with_flags(name, base | flags);
        let connection = opened.map_err(|error| journal_error(path, "open", error))?;
        let journal = Self { connection, path: path.to_owned(), access };
        journal.set_up(patience).map_err(|error| journal.error("open", error))?;
        Ok(journal)
    }

    fn set_up(&self, patience: Duration) -> rusqlite::Result<()> {
        // SQLite counts milliseconds in 31 bits, which are 24 days.
        self.connection.busy_timeout(patience.min(Duration::from_millis(i32::MAX as u64)))?;
        self.connection.set_prepared_statement_cache_capacity(32);
        // A journal has tables and nothing that works by itself.
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
        self.connection.pragma_update(None, "trusted_schema", false)
    }

    /// Makes a connection ready to commit.
    fn prepare(&self) -> Result<(), StoreError> {
        if self.access != Access::Write {
            return Ok(());
        }
        // SQLite opens for reading what cannot be written, and stays with it for good.
        let read_only = self.connection.is_readonly(rusqlite::MAIN_DB);
        if read_only.map_err(|error| self.error("open", error))? {
            let source = io::ErrorKind::ReadOnlyFilesystem.into();
            return Err(StoreError::Io { operation: "write", path: self.path.clone(), source });
        }
        let set = || -> rusqlite::Result<()> {
            self.connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            // A commit that was acknowledged survives a power cut.
            self.connection.pragma_update(None, "synchronous", "FULL")?;
            // On macOS a plain sync leaves the bytes in the disk's own memory.
            self.connection.pragma_update(None, "fullfsync", true)?;
            self.connection.pragma_update(None, "checkpoint_fullfsync", true)?;
            // The log is folded back into the database after an answer, not on the way to it.
            self.connection.pragma_update(None, "wal_autocheckpoint", 0)
        };
        set().map_err(|error| self.error("open", error))
    }

    fn format(&self) -> Result<i64, StoreError> {
        // Looked at first: tables and their format come in one commit, perhaps right now.
        let was_empty = self.is_empty()?;
        let read = |name: &str| -> rusqlite::Result<i64> {
            self.connection.pragma_query_value(None, name, |row| row.get(0))
        };
        let format = read("user_version").map_err(|error| self.error("read", error))?;
        let owner = read("application_id").map_err(|error| self.error("read", error))?;
        let is_ours = match format {
            0 => was_empty,
            _ => owner == schema::APPLICATION_ID,
        };
        if !is_ours {
            return Err(self.damaged("it is the database of another program"));
        }
        Ok(format)
    }

    fn is_empty(&self) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM sqlite_schema";
        let count: rusqlite::Result<i64> = self.connection.query_row(query, [], |row| row.get(0));
        Ok(count.map_err(|error| self.error("read", error))? == 0)
    }

    fn about(&self, name: &str) -> Result<Option<String>, StoreError> {
        let query = "SELECT value FROM about WHERE name = ?1";
        let value = self.connection.query_row(query, [name], |row| row.get(0)).optional();
        value.map_err(|error| self.error("read", error))
    }

    fn check_owner(&self, env_id: &EnvId) -> Result<(), StoreError> {
        let found = self.about("environment")?.unwrap_or_default();
        if found == env_id.as_str() {
            return Ok(());
        }
        let (path, expected) = (self.path.clone(), env_id.clone());
        Err(StoreError::EnvIdMismatch { path, expected, found })
    }

    fn newer(&self, found: i64) -> StoreError {
        let readable_by = self.about("readable-by").ok().flatten();
        let readable_by = readable_by.unwrap_or_else(|| "the newest".to_owned());
        let problem = JournalProblem::Newer { found, supported: schema::FORMAT, readable_by };
        StoreError::Journal { path: self.path.clone(), problem }
    }
}

/// A path as SQLite's own kind of URI, in which some characters have a meaning. The bytes of a path
/// need not be text.
fn uri(path: &Path, access: Access) -> String {
    // Two slashes at the beginning would name a machine.
    let mut uri = String::from(if path.is_absolute() { "file://" } else { "file:" });
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02x}"));
        }
    }
    if access == Access::ReadImmutable {
        uri.push_str("?immutable=1");
    }
    uri
}

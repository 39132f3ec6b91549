//! The journal of one environment: an SQLite database in its folder, and the truth.
//!
//! One commit is one transaction. What it changed, its audit event and its answer become true at one
//! point in time, the write of the transaction's last frame, or not at all.

mod rebuild;
mod rows;
mod schema;

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use greentic_deploy_spec::engine::Outcome;
use greentic_deploy_spec::{AuditEvent, EnvId, IdempotencyKey, parse_json};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params};
use serde::de::DeserializeOwned;

use crate::executor::{FollowUp, Recorded};
use crate::{JournalProblem, StoreError};

pub(super) use rebuild::{Rebuild, RebuildError};
pub(super) use rows::{Changes, Documents, Files, changes, routing_change, whole};

/// An open journal.
#[derive(Debug)]
pub(super) struct Journal {
    connection: Connection,
    path: PathBuf,
    access: Access,
}

/// One commit, as it is written and read.
#[derive(Debug)]
pub(super) struct CommitRow {
    pub(super) generation: u64,
    pub(super) parent: u64,
    /// Whether `documents` has all of them, so that nothing before it is needed.
    pub(super) whole: bool,
    pub(super) etag: Option<String>,
    pub(super) key: String,
    pub(super) fingerprint: String,
    pub(super) outcome: String,
    pub(super) event: String,
    pub(super) documents: String,
    pub(super) files: String,
}

/// What is known to be safe on the disk, besides the journal itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settled {
    /// Files show at least this generation, and a power cut does not change that.
    pub(super) generation: u64,
    /// The audit log had the lines of all commits up to that generation in its first so many bytes.
    pub(super) audit_bytes: u64,
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

const COLUMNS: &str =
    "generation, parent, whole, etag, key, fingerprint, outcome, event, documents, files";

impl Journal {
    /// Opens the journal of an environment. None when the file has no table yet.
    pub(super) fn open(
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
    pub(super) fn create_tables(&self, env_id: &EnvId) -> Result<(), StoreError> {
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
    pub(super) fn connect(
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

    /// Whether it was opened as one that nobody can write: true only as long as that lasts.
    pub(super) fn is_immutable(&self) -> bool {
        self.access == Access::ReadImmutable
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

    pub(super) fn damaged(&self, detail: impl Into<String>) -> StoreError {
        let problem = JournalProblem::Damaged { detail: detail.into() };
        StoreError::Journal { path: self.path.clone(), problem }
    }

    pub(super) fn error(&self, operation: &'static str, error: rusqlite::Error) -> StoreError {
        journal_error(&self.path, operation, error)
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

/// One transaction on a journal. Dropped without [`Transaction::commit`], it changed nothing.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    inner: rusqlite::Transaction<'a>,
    journal: &'a Journal,
}

impl Transaction<'_> {
    fn failed(&self, operation: &'static str) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
        move |error| self.journal.error(operation, error)
    }

    pub(super) fn journal(&self) -> &Journal {
        self.journal
    }

    /// The newest generation; none before the first commit.
    pub(super) fn newest(&self) -> Result<Option<u64>, StoreError> {
        self.number("SELECT max(generation) FROM commits")
    }

    /// The oldest generation that is kept.
    pub(super) fn oldest(&self) -> Result<Option<u64>, StoreError> {
        self.number("SELECT min(generation) FROM commits")
    }

    /// The key of the commit that led to a generation.
    pub(super) fn key_of(&self, generation: u64) -> Result<Option<String>, StoreError> {
        let query = "SELECT key FROM commits WHERE generation = ?1";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let generation = i64::try_from(generation).unwrap_or(i64::MAX);
        let key = statement.query_row([generation], |row| row.get(0)).optional();
        key.map_err(self.failed("read"))
    }

    fn number(&self, query: &str) -> Result<Option<u64>, StoreError> {
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let number: Option<i64> =
            statement.query_row([], |row| row.get(0)).map_err(self.failed("read"))?;
        number.map(|number| self.generation(number)).transpose()
    }

    /// A generation that others can follow.
    fn generation(&self, number: i64) -> Result<u64, StoreError> {
        let follows = |generation: &u64| *generation < i64::MAX as u64 / 2;
        let generation = u64::try_from(number).ok().filter(follows);
        generation.ok_or_else(|| self.journal.damaged(format!("{number} is no generation")))
    }

    /// The newest commit up to a generation that stands on its own.
    pub(super) fn base_of(&self, generation: u64) -> Result<Option<u64>, StoreError> {
        let query = "SELECT max(generation) FROM commits WHERE whole AND generation <= ?1";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let base: Option<i64> = statement
            .query_row([generation.cast_signed()], |row| row.get(0))
            .map_err(self.failed("read"))?;
        Ok(base.map(i64::cast_unsigned))
    }

    /// Commits of a range of generations, both ends included, oldest first, one at a time.
    pub(super) fn each(
        &self,
        from: u64,
        to: u64,
        mut visit: impl FnMut(CommitRow) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let query = format!(
            "SELECT {COLUMNS} FROM commits WHERE generation BETWEEN ?1 AND ?2 ORDER BY generation"
        );
        let mut statement = self.inner.prepare_cached(&query).map_err(self.failed("read"))?;
        let range = params![from.cast_signed(), to.cast_signed()];
        let mut rows = statement.query(range).map_err(self.failed("read"))?;
        while let Some(row) = rows.next().map_err(self.failed("read"))? {
            visit(read_row(row).map_err(self.failed("read"))?)?;
        }
        Ok(())
    }

    /// The audit events of a range of generations, both ends included, oldest first.
    pub(super) fn each_event(
        &self,
        from: u64,
        to: u64,
        mut visit: impl FnMut(&str),
    ) -> Result<(), StoreError> {
        let query = "SELECT event FROM commits WHERE generation BETWEEN ?1 AND ?2 \
                     ORDER BY generation";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let range = params![from.cast_signed(), to.cast_signed()];
        let mut rows = statement.query(range).map_err(self.failed("read"))?;
        while let Some(row) = rows.next().map_err(self.failed("read"))? {
            visit(&row.get::<_, String>(0).map_err(self.failed("read"))?);
        }
        Ok(())
    }

    /// Commits before a generation, newest first, without their documents and files: those of many
    /// commits together may be more than there is memory.
    pub(super) fn before(
        &self,
        generation: u64,
        limit: usize,
    ) -> Result<Vec<CommitRow>, StoreError> {
        let query = "SELECT generation, parent, whole, etag, key, fingerprint, '', event, '', '' \
                     FROM commits WHERE generation < ?1 ORDER BY generation DESC LIMIT ?2";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let before = i64::try_from(generation).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![before, limit], read_row);
        let rows = rows.map_err(self.failed("read"))?;
        rows.collect::<rusqlite::Result<_>>().map_err(self.failed("read"))
    }

    /// What was answered under a key, and the generation that it led to.
    pub(super) fn recorded(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(u64, Recorded)>, StoreError> {
        let query = format!("SELECT {COLUMNS} FROM commits WHERE key = ?1");
        let mut statement = self.inner.prepare_cached(&query).map_err(self.failed("read"))?;
        let row = statement.query_row([key.as_str()], read_row).optional();
        let Some(row) = row.map_err(self.failed("read"))? else { return Ok(None) };
        let outcome: Outcome = self.parse(&row.outcome)?;
        let event: AuditEvent = self.parse(&row.event)?;
        Ok(Some((row.generation, Recorded { fingerprint: row.fingerprint, outcome, event })))
    }

    /// Reads a column.
    pub(super) fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        let value = self.parse_value(text)?;
        serde_json::from_value(value).map_err(|error| self.journal.damaged(error.to_string()))
    }

    /// Reads what a commit changed.
    pub(super) fn parse_changes(&self, text: &str) -> Result<Changes, StoreError> {
        let changes = rows::changes_of(self.parse_value(text)?);
        changes.map_err(|error| self.journal.damaged(error.to_string()))
    }

    /// Numbers that only this reader keeps as they are must not be lost on the way.
    fn parse_value(&self, text: &str) -> Result<serde_json::Value, StoreError> {
        parse_json(text.as_bytes()).map_err(|error| self.journal.damaged(error.to_string()))
    }

    pub(super) fn insert(&self, row: &CommitRow) -> Result<(), StoreError> {
        let query = "INSERT INTO commits VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("write"))?;
        let values = params![
            row.generation.cast_signed(),
            row.parent.cast_signed(),
            row.whole,
            row.etag,
            row.key,
            row.fingerprint,
            row.outcome,
            row.event,
            row.documents,
            row.files,
        ];
        statement.execute(values).map(drop).map_err(self.failed("write"))
    }

    /// Writes the documents of a commit in another form.
    pub(super) fn rewrite(
        &self,
        generation: u64,
        whole: bool,
        documents: &str,
        files: &str,
    ) -> Result<(), StoreError> {
        let query =
            "UPDATE commits SET whole = ?2, documents = ?3, files = ?4 WHERE generation = ?1";
        let values = params![generation.cast_signed(), whole, documents, files];
        self.inner.execute(query, values).map(drop).map_err(self.failed("write"))
    }

    /// Forgets the commits before a generation.
    pub(super) fn forget_before(&self, generation: u64) -> Result<usize, StoreError> {
        let query = "DELETE FROM commits WHERE generation < ?1";
        self.inner.execute(query, [generation.cast_signed()]).map_err(self.failed("write"))
    }

    /// What is left to do after earlier commits.
    pub(super) fn follow_ups(&self) -> Result<Vec<(i64, FollowUp)>, StoreError> {
        let query = "SELECT id, follow_up FROM follow_ups ORDER BY id";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
        let rows = statement.query_map([], read).map_err(self.failed("read"))?;
        let rows: Vec<(i64, String)> =
            rows.collect::<rusqlite::Result<_>>().map_err(self.failed("read"))?;
        rows.into_iter().map(|(id, text)| Ok((id, self.parse(&text)?))).collect()
    }

    pub(super) fn has_follow_ups(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM follow_ups)";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        statement.query_row([], |row| row.get(0)).map_err(self.failed("read"))
    }

    pub(super) fn add_follow_up(&self, follow_up: &str) -> Result<(), StoreError> {
        let query = "INSERT INTO follow_ups (follow_up) VALUES (?1)";
        self.inner.execute(query, [follow_up]).map(drop).map_err(self.failed("write"))
    }

    pub(super) fn remove_follow_up(&self, id: i64) -> Result<(), StoreError> {
        let query = "DELETE FROM follow_ups WHERE id = ?1";
        self.inner.execute(query, [id]).map(drop).map_err(self.failed("write"))
    }

    pub(super) fn settled(&self) -> Result<Settled, StoreError> {
        let query = "SELECT generation, audit_bytes FROM settled";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
        let (generation, audit_bytes) =
            statement.query_row([], read).map_err(self.failed("read"))?;
        let generation = self.generation(generation)?;
        // A log that has fewer bytes is read from its beginning.
        Ok(Settled { generation, audit_bytes: audit_bytes.cast_unsigned() })
    }

    pub(super) fn settle(&self, settled: Settled) -> Result<(), StoreError> {
        let query = "UPDATE settled SET generation = ?1, audit_bytes = ?2";
        let values = params![settled.generation.cast_signed(), settled.audit_bytes.cast_signed()];
        self.inner.execute(query, values).map(drop).map_err(self.failed("write"))
    }

    /// Notes a policy's file as one that a commit refers to.
    pub(super) fn note_policy(&self, path: &str) -> Result<(), StoreError> {
        let query = "INSERT OR IGNORE INTO policies (path) VALUES (?1)";
        self.inner.execute(query, [path]).map(drop).map_err(self.failed("write"))
    }

    pub(super) fn knows_policy(&self, path: &str) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM policies WHERE path = ?1";
        let count: i64 =
            self.inner.query_row(query, [path], |row| row.get(0)).map_err(self.failed("read"))?;
        Ok(count > 0)
    }

    /// Makes it true.
    pub(super) fn commit(self) -> Result<(), CommitError> {
        let journal = self.journal;
        self.inner.commit().map_err(|error| {
            let unknown = !is_surely_undone(&error);
            CommitError { error: Box::new(journal.error("write", error)), unknown }
        })
    }
}

/// A transaction was not committed, or that is not known.
#[derive(Debug)]
pub(super) struct CommitError {
    pub(super) error: Box<StoreError>,
    pub(super) unknown: bool,
}

/// A full disk and a lock are noticed before the last frame of a transaction is written. After any
/// other failure, that frame may be on the disk.
fn is_surely_undone(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(
            rusqlite::ErrorCode::DiskFull
                | rusqlite::ErrorCode::DatabaseBusy
                | rusqlite::ErrorCode::DatabaseLocked
                | rusqlite::ErrorCode::ReadOnly
        )
    )
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<CommitRow> {
    Ok(CommitRow {
        generation: row.get::<_, i64>(0)?.cast_unsigned(),
        parent: row.get::<_, i64>(1)?.cast_unsigned(),
        whole: row.get(2)?,
        etag: row.get(3)?,
        key: row.get(4)?,
        fingerprint: row.get(5)?,
        outcome: row.get(6)?,
        event: row.get(7)?,
        documents: row.get(8)?,
        files: row.get(9)?,
    })
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

fn journal_error(path: &Path, operation: &'static str, error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
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
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            let problem = JournalProblem::Damaged { detail: error.to_string() };
            return StoreError::Journal { path, problem };
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => io::ErrorKind::Other,
        _ => {
            let problem = JournalProblem::Damaged { detail: error.to_string() };
            return StoreError::Journal { path, problem };
        }
    };
    StoreError::Io { operation, path, source: io::Error::new(kind, error) }
}

use greentic_deploy_spec::engine::Outcome;
use greentic_deploy_spec::{AuditEvent, IdempotencyKey, parse_json};
use rusqlite::{OptionalExtension, Row, params};
use serde::de::DeserializeOwned;

use super::Journal;
use super::failure::{CommitError, is_surely_undone};
use super::rows::{Changes, changes_of};
use crate::StoreError;
use crate::executor::Recorded;

/// One transaction on a journal. Dropped without [`Transaction::commit`], it changed nothing.
#[derive(Debug)]
pub(in crate::local) struct Transaction<'a> {
    pub(super) inner: rusqlite::Transaction<'a>,
    pub(super) journal: &'a Journal,
}

/// One commit, as it is written and read.
#[derive(Debug)]
pub(in crate::local) struct CommitRow {
    pub(in crate::local) generation: u64,
    pub(in crate::local) parent: u64,
    /// Whether `documents` has all of them, so that nothing before it is needed.
    pub(in crate::local) whole: bool,
    pub(in crate::local) etag: Option<String>,
    pub(in crate::local) key: String,
    pub(in crate::local) fingerprint: String,
    pub(in crate::local) outcome: String,
    pub(in crate::local) event: String,
    pub(in crate::local) documents: String,
    pub(in crate::local) files: String,
}

const COLUMNS: &str =
    "generation, parent, whole, etag, key, fingerprint, outcome, event, documents, files";

impl Transaction<'_> {
    pub(super) fn failed(
        &self,
        operation: &'static str,
    ) -> impl Fn(rusqlite::Error) -> StoreError + '_ {
        move |error| self.journal.error(operation, error)
    }

    pub(in crate::local) fn journal(&self) -> &Journal {
        self.journal
    }

    /// The newest generation; none before the first commit.
    pub(in crate::local) fn newest(&self) -> Result<Option<u64>, StoreError> {
        self.number("SELECT max(generation) FROM commits")
    }

    /// The oldest generation that is kept.
    pub(in crate::local) fn oldest(&self) -> Result<Option<u64>, StoreError> {
        self.number("SELECT min(generation) FROM commits")
    }

    /// The key of the commit that led to a generation.
    pub(in crate::local) fn key_of(&self, generation: u64) -> Result<Option<String>, StoreError> {
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
    pub(super) fn generation(&self, number: i64) -> Result<u64, StoreError> {
        let follows = |generation: &u64| *generation < i64::MAX as u64 / 2;
        let generation = u64::try_from(number).ok().filter(follows);
        generation.ok_or_else(|| self.journal.damaged(format!("{number} is no generation")))
    }

    /// The newest commit up to a generation that stands on its own.
    pub(in crate::local) fn base_of(&self, generation: u64) -> Result<Option<u64>, StoreError> {
        let query = "SELECT max(generation) FROM commits WHERE whole AND generation <= ?1";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let base: Option<i64> = statement
            .query_row([generation.cast_signed()], |row| row.get(0))
            .map_err(self.failed("read"))?;
        Ok(base.map(i64::cast_unsigned))
    }

    /// Commits of a range of generations, both ends included, oldest first, one at a time.
    pub(in crate::local) fn each(
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
    pub(in crate::local) fn each_event(
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
    pub(in crate::local) fn before(
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
    pub(in crate::local) fn recorded(
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
    pub(in crate::local) fn parse<T: DeserializeOwned>(&self, text: &str) -> Result<T, StoreError> {
        let value = self.parse_value(text)?;
        serde_json::from_value(value).map_err(|error| self.journal.damaged(error.to_string()))
    }

    /// Reads what a commit changed.
    pub(in crate::local) fn parse_changes(&self, text: &str) -> Result<Changes, StoreError> {
        let changes = changes_of(self.parse_value(text)?);
        changes.map_err(|error| self.journal.damaged(error.to_string()))
    }

    /// Numbers that only this reader keeps as they are must not be lost on the way.
    fn parse_value(&self, text: &str) -> Result<serde_json::Value, StoreError> {
        parse_json(text.as_bytes()).map_err(|error| self.journal.damaged(error.to_string()))
    }

    pub(in crate::local) fn insert(&self, row: &CommitRow) -> Result<(), StoreError> {
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
    pub(in crate::local) fn rewrite(
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
    pub(in crate::local) fn forget_before(&self, generation: u64) -> Result<usize, StoreError> {
        let query = "DELETE FROM commits WHERE generation < ?1";
        self.inner.execute(query, [generation.cast_signed()]).map_err(self.failed("write"))
    }

    /// Makes it true.
    pub(in crate::local) fn commit(self) -> Result<(), CommitError> {
        let journal = self.journal;
        self.inner.commit().map_err(|error| {
            let unknown = !is_surely_undone(&error);
            CommitError { error: Box::new(journal.error("write", error)), unknown }
        })
    }
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

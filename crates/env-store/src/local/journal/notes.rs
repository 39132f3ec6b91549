//! What a journal has beside the commits: what is left to do after them, what is settled, and which
//! files they refer to.

use rusqlite::{Row, params};

use super::Transaction;
use crate::StoreError;
use crate::executor::FollowUp;

/// What is known to be safe on the disk, besides the journal itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::local) struct Settled {
    /// Files show at least this generation, and a power cut does not change that.
    pub(in crate::local) generation: u64,
    /// The audit log had the lines of all commits up to that generation in its first so many bytes.
    pub(in crate::local) audit_bytes: u64,
}

impl Transaction<'_> {
    /// What is left to do after earlier commits.
    pub(in crate::local) fn follow_ups(&self) -> Result<Vec<(i64, FollowUp)>, StoreError> {
        let query = "SELECT id, follow_up FROM follow_ups ORDER BY id";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, String>(1)?));
        let rows = statement.query_map([], read).map_err(self.failed("read"))?;
        let rows: Vec<(i64, String)> =
            rows.collect::<rusqlite::Result<_>>().map_err(self.failed("read"))?;
        rows.into_iter().map(|(id, text)| Ok((id, self.parse(&text)?))).collect()
    }

    pub(in crate::local) fn has_follow_ups(&self) -> Result<bool, StoreError> {
        let query = "SELECT EXISTS (SELECT 1 FROM follow_ups)";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        statement.query_row([], |row| row.get(0)).map_err(self.failed("read"))
    }

    pub(in crate::local) fn add_follow_up(&self, follow_up: &str) -> Result<(), StoreError> {
        let query = "INSERT INTO follow_ups (follow_up) VALUES (?1)";
        self.inner.execute(query, [follow_up]).map(drop).map_err(self.failed("write"))
    }

    pub(in crate::local) fn remove_follow_up(&self, id: i64) -> Result<(), StoreError> {
        let query = "DELETE FROM follow_ups WHERE id = ?1";
        self.inner.execute(query, [id]).map(drop).map_err(self.failed("write"))
    }

    pub(in crate::local) fn settled(&self) -> Result<Settled, StoreError> {
        let query = "SELECT generation, audit_bytes FROM settled";
        let mut statement = self.inner.prepare_cached(query).map_err(self.failed("read"))?;
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?));
        let (generation, audit_bytes) =
            statement.query_row([], read).map_err(self.failed("read"))?;
        let generation = self.generation(generation)?;
        // A log that has fewer bytes is read from its beginning.
        Ok(Settled { generation, audit_bytes: audit_bytes.cast_unsigned() })
    }

    pub(in crate::local) fn settle(&self, settled: Settled) -> Result<(), StoreError> {
        let query = "UPDATE settled SET generation = ?1, audit_bytes = ?2";
        let values = params![settled.generation.cast_signed(), settled.audit_bytes.cast_signed()];
        self.inner.execute(query, values).map(drop).map_err(self.failed("write"))
    }

    /// Notes a policy's file as one that a commit refers to.
    pub(in crate::local) fn note_policy(&self, path: &str) -> Result<(), StoreError> {
        let query = "INSERT OR IGNORE INTO policies (path) VALUES (?1)";
        self.inner.execute(query, [path]).map(drop).map_err(self.failed("write"))
    }

    pub(in crate::local) fn knows_policy(&self, path: &str) -> Result<bool, StoreError> {
        let query = "SELECT count(*) FROM policies WHERE path = ?1";
        let count: i64 =
            self.inner.query_row(query, [path], |row| row.get(0)).map_err(self.failed("read"))?;
        Ok(count > 0)
    }
}

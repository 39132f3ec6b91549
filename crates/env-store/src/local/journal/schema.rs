//! The tables of a journal. docs/store.md says what is in them, for whoever has to read one by hand.

/// Marks the database as a journal of ours (`PRAGMA application_id`): "GtcJ".
pub(super) const APPLICATION_ID: i64 = 0x4774_634a;

/// The format (`PRAGMA user_version`).
///
/// When changing the tables: raise it, migrate older ones when a journal is opened for writing, and
/// set [`READABLE_BY`] to the first version of this crate that reads the new format. The table
/// `about` stays as it is in every format, so that an older version can say which one is needed.
pub(super) const FORMAT: i64 = 1;

/// The first version of this crate that reads the format.
pub(super) const READABLE_BY: &str = "0.1.0";

pub(super) const TABLES: &str = "
CREATE TABLE about (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE commits (
    generation INTEGER PRIMARY KEY,
    parent INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    etag TEXT,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    outcome TEXT NOT NULL,
    event TEXT NOT NULL,
    documents TEXT NOT NULL,
    files TEXT NOT NULL
);
CREATE UNIQUE INDEX commits_by_key ON commits (key);
CREATE INDEX whole_commits ON commits (generation) WHERE whole;

CREATE TABLE follow_ups (
    id INTEGER PRIMARY KEY,
    follow_up TEXT NOT NULL
);

CREATE TABLE settled (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    generation INTEGER NOT NULL,
    audit_bytes INTEGER NOT NULL
);
INSERT INTO settled VALUES (1, 0, 0);

CREATE TABLE policies (
    path TEXT PRIMARY KEY
) WITHOUT ROWID;
";

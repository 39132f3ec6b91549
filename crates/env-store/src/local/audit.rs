//! The audit log of an environment: `audit/events.jsonl`, one event per line, in the public format.
//!
//! Events of commits are in the journal, so that a line that a crash took can be added again. Lines
//! of refused requests are in the log alone.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::time::Duration;

use greentic_deploy_spec::AuditEvent;
use serde::Deserialize;

use super::folder::Folder;
use super::head::Head;
use super::journal::{Access, Journal, Settled, Transaction};
use super::layout;
use crate::{StoreError, Warning};

/// How far the audit log is known to be complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Complete {
    /// The lines of all commits up to this generation are there,
    pub(super) generation: u64,
    /// in the first so many bytes.
    pub(super) bytes: u64,
}

impl From<Settled> for Complete {
    fn from(settled: Settled) -> Self {
        Self { generation: settled.generation, bytes: settled.audit_bytes }
    }
}

/// What is added to the log.
pub(super) struct Addition<'a> {
    /// The lines of the newest commits, by generation: known without reading the journal.
    pub(super) committed: &'a [(u64, String)],
    /// The line of a request that was refused.
    pub(super) refused: Option<&'a AuditEvent>,
}

/// Bytes of the log's end that are looked through. Nobody writes more between two of our changes,
/// unless to harm.
const MAX_TAIL: u64 = 64 * 1024 * 1024;

/// Adds what the log lacks; with the line of a refused request, that line alone. `known` is kept up
/// to date.
pub(super) fn append(
    folder: &Folder,
    head: &Head,
    journal: &Journal,
    known: &mut Option<Complete>,
    addition: &Addition<'_>,
    patience: Duration,
) -> Result<Vec<Warning>, StoreError> {
    let mut warnings = Vec::new();
    let path = folder.at(layout::AUDIT_LOG);
    folder.make_parents(layout::AUDIT_LOG)?;
    // Other tools lock the log itself while they add a line.
    let lock = folder.files.lock(&path, patience);
    let _lock = folder.io("lock", &path, lock)?;
    let from = known.unwrap_or_else(|| head.settled.into());
    let size = folder.stat(layout::AUDIT_LOG)?.map_or(0, |stat| stat.size);
    let log = read(folder, from, size, &mut warnings)?;
    let there = There::of(&log.text);
    let mut lines = String::new();
    let first_known = addition.committed.first().map_or(u64::MAX, |(generation, _)| *generation);
    let gap_ends = first_known.min(head.generation() + 1);
    // Only who wrote the files of a commit may say that it is complete.
    let catches_up = addition.refused.is_none();
    if catches_up && from.generation + 1 < gap_ends {
        // Commits of other processes, whose lines are there unless they crashed.
        let transaction = journal.transaction(Access::Read)?;
        transaction.each_event(from.generation + 1, gap_ends - 1, |event| {
            add_missing(&mut lines, &there, event);
        })?;
    }
    for (_, event) in addition.committed {
        add_missing(&mut lines, &there, event);
    }
    if let Some(refused) = addition.refused {
        add_line(&mut lines, &line_of(refused)?);
    }
    if !lines.is_empty() {
        let appended = folder.files.append(&path, lines.as_bytes());
        folder.io("write", &path, appended)?;
    }
    let bytes = log.end + lines.len() as u64;
    let complete = catches_up || from.generation >= head.generation();
    *known = Some(if complete { Complete { generation: head.generation(), bytes } } else { from });
    Ok(warnings)
}

/// Whether the log has the line of the newest commit.
pub(super) fn tells_of(
    folder: &Folder,
    transaction: &Transaction<'_>,
    head: &Head,
) -> Result<bool, StoreError> {
    let settled = head.settled;
    if head.generation() <= settled.generation {
        return Ok(true);
    }
    let path = folder.at(layout::AUDIT_LOG);
    let size = folder.stat(layout::AUDIT_LOG)?.map_or(0, |stat| stat.size);
    let start = settled.audit_bytes.max(size.saturating_sub(MAX_TAIL));
    let log = folder.io("read", &path, folder.files.read_from(&path, start))?;
    let newest = transaction.before(head.generation() + 1, 1)?;
    let wanted = newest.first().and_then(|row| event_id(row.event.as_bytes()));
    let mut lines = log.iter().flat_map(|log| log.split(|byte| *byte == b'\n'));
    Ok(wanted.is_some() && lines.any(|line| event_id(line) == wanted))
}

pub(super) fn line_of(event: &AuditEvent) -> Result<String, StoreError> {
    serde_json::to_string(event).map_err(|error| StoreError::Contract {
        detail: format!("an audit event has no JSON form: {error}"),
    })
}

fn add_line(lines: &mut String, line: &str) {
    lines.push_str(line);
    lines.push('\n');
}

fn add_missing(lines: &mut String, there: &There<'_>, event: &str) {
    if !there.has(event) {
        add_line(lines, event);
    }
}

/// The lines of a log.
struct There<'l> {
    text: &'l str,
    lines: HashSet<&'l str>,
    ids: OnceCell<HashSet<String>>,
}

impl<'l> There<'l> {
    fn of(text: &'l str) -> Self {
        Self { text, lines: text.lines().collect(), ids: OnceCell::new() }
    }

    /// Whether a line tells of an event, in the journal's words or in others.
    fn has(&self, event: &str) -> bool {
        let in_other_words = |id: String| self.may_have(&id) && self.ids().contains(&id);
        self.lines.contains(event) || event_id(event.as_bytes()).is_some_and(in_other_words)
    }

    /// Most often the id is nowhere, and then no line has to be read as JSON.
    fn may_have(&self, id: &str) -> bool {
        /// What is longer is not searched once for each event.
        const LONG: usize = 1024 * 1024;
        self.text.len() > LONG || self.text.contains(id)
    }

    fn ids(&self) -> &HashSet<String> {
        let read = || self.text.lines().filter_map(|line| event_id(line.as_bytes())).collect();
        self.ids.get_or_init(read)
    }
}

fn event_id(line: &[u8]) -> Option<String> {
    /// All that is needed of a line.
    #[derive(Deserialize)]
    struct Event {
        event_id: String,
    }
    serde_json::from_slice(line).ok().map(|event: Event| event.event_id)
}

struct Log {
    text: String,
    /// Its size, without a line that was cut.
    end: u64,
}

/// Reads the part of the log that is not known to be complete, and cuts off a line that a crash cut.
fn read(
    folder: &Folder,
    from: Complete,
    size: u64,
    warnings: &mut Vec<Warning>,
) -> Result<Log, StoreError> {
    if size == from.bytes {
        return Ok(Log { text: String::new(), end: size });
    }
    // A log that is shorter than it was is another one: somebody rotated it.
    let start = if size < from.bytes { 0 } else { from.bytes }.max(size.saturating_sub(MAX_TAIL));
    let path = folder.at(layout::AUDIT_LOG);
    let bytes = folder.io("read", &path, folder.files.read_from(&path, start))?.unwrap_or_default();
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole < bytes.len() {
        let kept_as = folder.keep_aside(layout::AUDIT_LOG, &bytes[whole..])?;
        let cut = folder.files.truncate(&path, start + whole as u64);
        folder.io("write", &path, cut)?;
        warnings.push(Warning::Recovered { file: layout::AUDIT_LOG.to_owned(), kept_as });
    }
    let text = String::from_utf8_lossy(&bytes[..whole]).into_owned();
    Ok(Log { text, end: start + whole as u64 })
}

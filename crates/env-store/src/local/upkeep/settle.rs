//! Makes what was written since the last time survive a crash of the machine.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::StoreError;
use crate::local::folder::Folder;
use crate::local::journal::{Access, Files, Log, Settled, Transaction};
use crate::local::layout;
use crate::local::observe::Seen;
use crate::local::writer::Writer;

/// Makes files as safe on the disk as the journal is, notes that they are, and folds the journal's
/// log back. To be called while the lock is held.
pub(in crate::local) fn settle(
    folder: &Folder,
    writer: &mut Writer,
    patience: Duration,
    log: Log,
) -> Result<(), StoreError> {
    if writer.mirror.head.is_none() {
        return Ok(());
    }
    writer.mirror.open(folder, Access::Write, patience)?;
    let Some(journal) = writer.mirror.journal() else { return Ok(()) };
    let (head, changed) = {
        let transaction = journal.transaction(Access::Read)?;
        let head = writer.mirror.head(folder, &transaction)?;
        let changed = changed_since(&transaction, head.settled.generation)?;
        (head, changed)
    };
    let generation = head.generation();
    if generation > head.settled.generation {
        for file in &changed {
            folder.settle(file)?;
        }
        folder.settle(layout::AUDIT_LOG)?;
        // A file that still shows an earlier generation must stay known as one that lags.
        let shown = changed.iter().all(|file| {
            let seen = writer.mirror.observations.look(folder, file);
            seen.is_ok_and(|seen| has_shown(file, &seen, head.files.get(file)))
        });
        // Lines are looked for from the same point on as generations.
        let audit = writer.audit.filter(|audit| shown && audit.generation == generation);
        if let (Some(audit), Some(journal)) = (audit, writer.mirror.journal()) {
            let transaction = journal.transaction(Access::Write)?;
            transaction.settle(Settled { generation, audit_bytes: audit.bytes })?;
            transaction.commit().map_err(|error| *error.error)?;
        }
    }
    writer.mirror.journal().map_or(Ok(()), |journal| journal.checkpoint(log))
}

/// Whether a file shows what is recorded, or did before somebody deleted it: the audit log is
/// complete only when such files were written.
fn has_shown(file: &str, seen: &Seen, recorded: Option<&String>) -> bool {
    match (seen, recorded) {
        (Seen::Absent, None) => true,
        (Seen::Absent, Some(_)) => layout::may_be_deleted(file),
        (Seen::Digest(digest), Some(recorded)) => digest == recorded,
        _ => false,
    }
}

fn changed_since(
    transaction: &Transaction<'_>,
    generation: u64,
) -> Result<Vec<String>, StoreError> {
    let newest = transaction.newest()?.unwrap_or_default();
    let mut all = BTreeMap::new();
    transaction.each(generation + 1, newest, |row| {
        all.append(&mut transaction.parse::<Files>(&row.files)?);
        Ok(())
    })?;
    Ok(all.into_keys().collect())
}

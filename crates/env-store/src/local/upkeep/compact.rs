//! Keeps the past within a bound.

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::{AuditEvent, EnvId};

use super::leftovers::remove_leftovers;
use super::replay::Replay;
use super::settle::settle;
use crate::local::journal::{Access, Log, Transaction};
use crate::local::writer::Work;
use crate::local::{LocalFsStore, layout};
use crate::{StoreError, Warning};

/// How much of the past `compact` keeps.
///
/// The ledger of idempotency keys is part of history, so that at least the newest 4,096 changes and
/// those of the last seven days are kept whatever a policy says. (An environment's document has a
/// `retention` of its own, which other tools write; it says nothing about this history.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryRetention {
    /// Keep at least so many of the newest generations.
    pub generations: u64,
    /// Keep at least the generations that are not older than this.
    pub age: TimeDelta,
    /// Keep files under `recovered/` for this long.
    pub recovered_age: TimeDelta,
}

impl HistoryRetention {
    const LEAST_GENERATIONS: u64 = 4_096;
    const LEAST_AGE: TimeDelta = TimeDelta::days(7);
}

impl Default for HistoryRetention {
    /// 10,000 generations, 90 days of history, 30 days of recovered files.
    fn default() -> Self {
        Self { generations: 10_000, age: TimeDelta::days(90), recovered_age: TimeDelta::days(30) }
    }
}

/// What [`LocalFsStore::compact`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompactReport {
    /// The oldest generation that is kept.
    pub oldest_generation: u64,
    /// How many generations were forgotten.
    pub forgotten: usize,
    /// The journal's size before and after, in bytes.
    pub journal_bytes: (u64, u64),
    /// Files that were left over and are removed, relative to the environment's folder.
    pub removed_files: Vec<String>,
    /// What is not done yet.
    pub warnings: Vec<Warning>,
}

impl LocalFsStore {
    /// Forgets history beyond a policy, gives space back, and removes what crashes left over.
    ///
    /// # Errors
    /// [`StoreError::Lock`]; or why it cannot be done. Nothing is lost then.
    pub fn compact(
        &self,
        env_id: &EnvId,
        policy: &HistoryRetention,
    ) -> Result<CompactReport, StoreError> {
        let now = self.ports().clock.now();
        self.upkeep(env_id, |mut work| {
            let mut report = CompactReport::default();
            work.catch_up(&mut report.warnings)?;
            settle(work.folder, work.writer, work.patience, Log::Emptied)?;
            compact_journal(&mut work, policy, now, &mut report)?;
            remove_leftovers(&work, policy, now, &mut report)?;
            Ok(report)
        })
    }
}

fn compact_journal(
    work: &mut Work<'_>,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
    report: &mut CompactReport,
) -> Result<(), StoreError> {
    let (folder, mirror) = (work.folder, &work.writer.mirror);
    let size = || folder.stat(layout::JOURNAL).map(|stat| stat.map_or(0, |stat| stat.size));
    let Some(journal) = mirror.journal() else { return Ok(()) };
    report.journal_bytes.0 = size()?;
    let transaction = journal.transaction(Access::Write)?;
    let oldest = oldest_kept(&transaction, policy, now)?;
    rewrite(&transaction, oldest)?;
    report.forgotten = transaction.forget_before(oldest)?;
    report.oldest_generation = oldest;
    transaction.commit().map_err(|error| *error.error)?;
    journal.vacuum()?;
    journal.checkpoint(Log::Emptied)?;
    report.journal_bytes.1 = size()?;
    Ok(())
}

fn oldest_kept(
    transaction: &Transaction<'_>,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
) -> Result<u64, StoreError> {
    let newest = transaction.newest()?.unwrap_or_default();
    let oldest = transaction.oldest()?.unwrap_or_default();
    let generations = policy.generations.max(HistoryRetention::LEAST_GENERATIONS);
    let age = policy.age.max(HistoryRetention::LEAST_AGE);
    // How files were last made safe is judged by what they showed then.
    let last = newest.saturating_sub(generations).min(transaction.settled()?.generation);
    let mut kept = oldest;
    let mut going = true;
    transaction.each(oldest, last, |row| {
        let event: AuditEvent = transaction.parse(&row.event)?;
        going = going && now.signed_duration_since(event.ts) > age;
        if going {
            kept = row.generation + 1;
        }
        Ok(())
    })?;
    Ok(kept)
}

/// Makes the oldest commit that is kept stand on its own, and those between it and the newest that
/// does depend on it.
fn rewrite(transaction: &Transaction<'_>, oldest: u64) -> Result<(), StoreError> {
    let newest = transaction.newest()?.unwrap_or_default();
    let (Some(from), Some(last_whole)) =
        (transaction.base_of(oldest)?, transaction.base_of(newest)?)
    else {
        return Ok(());
    };
    let mut state = Replay::default();
    let mut rewritten = Vec::new();
    transaction.each(from, last_whole.max(oldest), |row| {
        let (generation, was_whole) = (row.generation, row.whole);
        let squeezed = was_whole && generation > oldest && generation < last_whole;
        let before = squeezed.then(|| state.clone());
        state.apply(transaction, row)?;
        if let Some(before) = before {
            rewritten.push((generation, false, state.since(&before)?));
        } else if generation == oldest && !was_whole {
            rewritten.push((generation, true, state.whole()?));
        }
        Ok(())
    })?;
    for (generation, whole, (documents, files)) in rewritten {
        transaction.rewrite(generation, whole, &documents, &files)?;
    }
    Ok(())
}

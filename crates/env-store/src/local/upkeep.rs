//! Keeps an environment's folder safe, small and sound.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{AddTrustedKeyPayload, AuditEvent, EnvId};

use super::edits::{self, Odd, Verdict};
use super::folder::Folder;
use super::journal::{Access, CommitRow, Documents, Files, Log, Settled, Transaction};
use super::observe::{Observations, Seen};
use super::writer::{Compared, Work, Writer, json};
use super::{LocalFsStore, head, layout, policies};
use crate::executor::Pending;
use crate::files::FileKind;
use crate::{Committed, Request, StoreError, Warning};

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

/// What [`LocalFsStore::repair`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Files that did not show what is recorded and do now, relative to the environment's folder.
    pub written: Vec<String>,
    /// What was kept aside, and what is not done yet.
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

    /// Writes every file as it is recorded. What somebody changed by hand and cannot be taken over
    /// is kept under `recovered/`; edits that can be taken over stay.
    ///
    /// # Errors
    /// [`StoreError::Lock`]; or why it cannot be done.
    pub fn repair(&self, env_id: &EnvId) -> Result<RepairReport, StoreError> {
        self.upkeep(env_id, |mut work| {
            let mut report = RepairReport::default();
            work.put_back(&mut report)?;
            work.catch_up(&mut report.warnings)?;
            Ok(report)
        })
    }

    /// Trusts exactly the keys that `trust-root.json` has, after somebody changed it outside of the
    /// store, as one commit. None when it is what is recorded. The request's command is not looked
    /// at.
    ///
    /// # Errors
    /// [`StoreError::ExternalEdit`] when the file cannot be read; else as
    /// [`crate::EnvironmentMutations::execute`].
    pub fn accept_trust_root(
        &self,
        env_id: &EnvId,
        request: Request,
    ) -> Result<Option<Committed>, StoreError> {
        self.upkeep(env_id, |mut work| {
            let Some(command) = work.trust_in_file()? else { return Ok(None) };
            let pending = Pending::new(env_id, Request { command, ..request }, work.ports)?;
            work.accepting_trust().run(&pending).map(Some)
        })
    }

    fn upkeep<T>(
        &self,
        env_id: &EnvId,
        work: impl FnOnce(Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let environment = self.environment(env_id)?;
        environment.check_not_in_transaction()?;
        if !environment.folder.is_there()? {
            return Err(StoreError::NotFound { env_id: env_id.clone() });
        }
        let _entered = environment.enter()?;
        environment.work(work, |_, _| {})
    }
}

/// Makes files as safe on the disk as the journal is, notes that they are, and folds the journal's
/// log back. To be called while the lock is held.
pub(super) fn settle(
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

/// Documents and digests of files as they were at one generation after the other.
#[derive(Clone, Default)]
pub(super) struct Replay {
    pub(super) documents: Documents,
    files: BTreeMap<String, String>,
}

impl Replay {
    pub(super) fn apply(
        &mut self,
        transaction: &Transaction<'_>,
        row: CommitRow,
    ) -> Result<(), StoreError> {
        let changes = transaction.parse_changes(&row.documents)?;
        if row.whole {
            self.documents = Documents::default();
            self.files.clear();
        }
        self.documents.apply(changes).map_err(|error| {
            transaction.journal().damaged(format!("generation {}: {error}", row.generation))
        })?;
        head::merge(&mut self.files, transaction.parse(&row.files)?);
        Ok(())
    }

    fn whole(&self) -> Result<(String, String), StoreError> {
        let files = self.files.iter().map(|(file, digest)| (file.clone(), Some(digest.clone())));
        Ok((json(&self.documents.whole())?, json(&files.collect::<Files>())?))
    }

    fn since(&self, before: &Self) -> Result<(String, String), StoreError> {
        let mut files = Files::new();
        for file in before.files.keys().filter(|file| !self.files.contains_key(*file)) {
            files.insert(file.clone(), None);
        }
        for (file, digest) in &self.files {
            if before.files.get(file) != Some(digest) {
                files.insert(file.clone(), Some(digest.clone()));
            }
        }
        Ok((json(&self.documents.since(&before.documents))?, json(&files)?))
    }
}

/// Folders in which files are written, relative to the environment's.
fn written_folders(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = vec![String::new(), layout::MESSAGING.to_owned(), layout::AUDIT.to_owned()];
    let answers = greentic_deploy_spec::CapabilitySlot::ALL.iter();
    all.extend(answers.map(|slot| format!("{}/{}", layout::ENV_PACKS, slot.as_str())));
    all.extend(policy_folders(folder)?);
    Ok(all)
}

fn policy_folders(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for bundle in folder.names(layout::POLICIES)? {
        let bundle = format!("{}/{bundle}", layout::POLICIES);
        let customers = folder.names(&bundle)?;
        all.extend(customers.iter().map(|customer| format!("{bundle}/{customer}")));
    }
    Ok(all)
}

/// The files of revenue policies, relative to the environment's folder.
pub(super) fn policy_files(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for customer in policy_folders(folder)? {
        let names = folder.names(&customer)?;
        all.extend(names.iter().map(|name| format!("{customer}/{name}")));
    }
    Ok(all)
}

fn remove_leftovers(
    work: &Work<'_>,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
    report: &mut CompactReport,
) -> Result<(), StoreError> {
    let folder = work.folder;
    let mut leftovers = unfinished(folder)?;
    leftovers.extend(old_recovered(folder, policy, now)?);
    leftovers.extend(uncommitted_policies(work)?);
    for file in leftovers {
        super::snapshots::remove_tree(folder, &file, &mut report.removed_files)?;
    }
    super::snapshots::remove_interrupted(folder, &mut report.removed_files)
}

/// Files of policies that no commit refers to.
fn uncommitted_policies(work: &Work<'_>) -> Result<Vec<String>, StoreError> {
    let (folder, mirror) = (work.folder, &work.writer.mirror);
    let (Some(journal), Some(head)) = (mirror.journal(), &mirror.head) else {
        return Ok(Vec::new());
    };
    let seen = Observations::default().look(folder, layout::ENVIRONMENT)?;
    if seen.digest() != head.files.get(layout::ENVIRONMENT).map(String::as_str) {
        // Somebody edited the environment, and may have signed what it refers to.
        return Ok(Vec::new());
    }
    let transaction = journal.transaction(Access::Read)?;
    let mut all = Vec::new();
    for file in policy_files(folder)? {
        let is_file = folder.stat(&file)?.is_some_and(|stat| stat.kind == FileKind::File);
        if is_file && !policies::is_superseded(&file) && !transaction.knows_policy(&file)? {
            all.push(file);
        }
    }
    Ok(all)
}

fn unfinished(folder: &Folder) -> Result<Vec<String>, StoreError> {
    let mut all = Vec::new();
    for place in written_folders(folder)? {
        let names = folder.all_names(&place)?.into_iter();
        let names = names.filter(|name| name.ends_with(layout::UNFINISHED));
        all.extend(names.map(
            |name| {
                if place.is_empty() { name } else { format!("{place}/{name}") }
            },
        ));
    }
    Ok(all)
}

fn old_recovered(
    folder: &Folder,
    policy: &HistoryRetention,
    now: DateTime<Utc>,
) -> Result<Vec<String>, StoreError> {
    // A time before all times keeps everything.
    let Some(oldest) = now.checked_sub_signed(policy.recovered_age) else { return Ok(Vec::new()) };
    let oldest = oldest.timestamp_millis();
    let names = folder.names(layout::RECOVERED)?.into_iter();
    let old = names.filter(|name| {
        let made = name.get(..26).and_then(|id| ulid::Ulid::from_string(id).ok());
        made.is_some_and(|id| i64::try_from(id.timestamp_ms()).is_ok_and(|made| made < oldest))
    });
    Ok(old.map(|name| format!("{}/{name}", layout::RECOVERED)).collect())
}

/// Whether an edit is one that the next change takes over.
fn can_be_taken_over(folder: &Folder, odd: &Odd) -> Result<bool, StoreError> {
    match edits::adoption(folder, std::slice::from_ref(odd)) {
        // What cannot be read at the moment may be fine.
        Err(StoreError::Io { source, operation, path })
            if source.kind() != std::io::ErrorKind::FileTooLarge =>
        {
            Err(StoreError::Io { operation, path, source })
        }
        judged => Ok(judged.is_ok()),
    }
}

/// The files that a repair writes.
pub(super) fn unusable(folder: &Folder, odd: Vec<Odd>) -> Result<Vec<Odd>, StoreError> {
    let mut all = Vec::new();
    for odd in odd {
        if odd.verdict != Verdict::Edited || !can_be_taken_over(folder, &odd)? {
            all.push(odd);
        }
    }
    Ok(all)
}

impl Work<'_> {
    /// Puts recorded files back where what is there cannot be taken over.
    fn put_back(&mut self, report: &mut RepairReport) -> Result<(), StoreError> {
        let Some(Compared { head, odd }) = self.compare()? else { return Ok(()) };
        let foreign = unusable(self.folder, odd)?.into_iter().map(|odd| {
            let verdict = match odd.verdict {
                Verdict::Edited | Verdict::Trust => Verdict::Foreign,
                verdict => verdict,
            };
            Odd { verdict, ..odd }
        });
        let foreign: Vec<Odd> = foreign.collect();
        let contents = edits::restore(&foreign, head.state())?;
        let lagging = report.warnings.len();
        self.project(&contents, &foreign, &head, head.state(), &mut report.warnings);
        let failed: Vec<&String> = report.warnings[lagging..]
            .iter()
            .filter_map(|warning| match warning {
                Warning::ProjectionLagging { file, .. } => Some(file),
                _ => None,
            })
            .collect();
        let written = contents.keys().filter(|file| !failed.contains(file)).cloned();
        report.written = written.collect();
        Ok(())
    }

    /// The command that makes what is recorded as trusted the same as what the file has.
    fn trust_in_file(&mut self) -> Result<Option<Command>, StoreError> {
        let mut observations = Observations::default();
        let seen = observations.look(self.folder, layout::TRUST_ROOT)?;
        let file = edits::read_trust_root(self.folder, &seen)?;
        let in_file = file.as_ref().map(|root| root.keys.as_slice()).unwrap_or_default();
        let recorded = self.recorded_trust()?;
        let is_in = |keys: &[greentic_deploy_spec::TrustedKey], id: &str| {
            keys.iter().any(|key| key.key_id.eq_ignore_ascii_case(id))
        };
        let added = in_file.iter().filter(|key| !is_in(&recorded, &key.key_id));
        let removed = recorded.iter().filter(|key| !is_in(in_file, &key.key_id));
        let commands = added
            .map(|key| {
                let (key_id, public_key_pem) = (key.key_id.clone(), key.public_key_pem.clone());
                Command::AddTrustedKey(AddTrustedKeyPayload { key_id, public_key_pem })
            })
            .chain(removed.map(|key| Command::RemoveTrustedKey { key_id: key.key_id.clone() }));
        Ok(super::environment::batch(commands.collect()))
    }
}

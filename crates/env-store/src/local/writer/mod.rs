//! Carries out one request on an environment's folder, while holding its lock.
//!
//! `judgement` decides, `record` writes the decision into the journal, and what follows a commit is done
//! by `files` (documents as files) and `aftermath` (audit log, follow-ups).

mod aftermath;
mod files;
mod judgement;
mod record;

use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{IdempotencyKey, TrustedKey};

use crate::executor::Pending;
use crate::local::audit::Complete;
use crate::local::edits::{self, Depth};
use crate::local::folder::Folder;
use crate::local::head::Head;
use crate::local::journal::{Access, CommitError, Journal, Transaction};
use crate::local::layout;
use crate::local::mirror::Mirror;
use crate::local::observe::Seen;
use crate::ports::Ports;
use crate::{Committed, StoreError};

pub(super) use aftermath::Compared;
use judgement::Judged;
pub(super) use record::json;

/// Writes an environment. One at a time holds the environment's lock.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) mirror: Mirror,
    /// How far the audit log is known to be complete.
    pub(super) audit: Option<Complete>,
}

/// One request at work.
pub(super) struct Work<'a> {
    pub(super) writer: &'a mut Writer,
    pub(super) folder: &'a Folder,
    pub(super) ports: &'a Ports,
    pub(super) patience: Duration,
    /// Whether the trust root in the file is what the request is about.
    pub(super) accepts_trust: bool,
}

impl Work<'_> {
    /// Carries the request out.
    pub(super) fn run(mut self, pending: &Pending) -> Result<Committed, StoreError> {
        let seen = edits::look(self.folder, &mut self.writer.mirror.observations, Depth::All)?;
        self.writer.mirror.open(self.folder, Access::Write, self.patience)?;
        if self.writer.mirror.journal().is_none() {
            return self.run_first(pending, &seen);
        }
        let (judged, written) = {
            let mirror = &self.writer.mirror;
            let Some(journal) = mirror.journal() else { return Err(vanished()) };
            let transaction = journal.transaction(Access::Write)?;
            let judged = self.judge(&transaction, pending, &seen);
            match judged {
                Ok(Judged::New(decision)) => {
                    let written = self.write(&transaction, &decision)?;
                    if let Err(error) = transaction.commit() {
                        self.settle_doubt(pending, error)?;
                    }
                    (decision, written)
                }
                Ok(Judged::Known(committed)) => {
                    drop(transaction);
                    return Ok(self.repeat(*committed));
                }
                Err(error) => {
                    drop(transaction);
                    self.refuse(pending, &error);
                    return Err(error);
                }
            }
        };
        Ok(self.finish(*judged, written))
    }

    /// Carries out the first request on a folder without a journal.
    fn run_first(
        mut self,
        pending: &Pending,
        seen: &std::collections::BTreeMap<String, Seen>,
    ) -> Result<Committed, StoreError> {
        let head = Head::nothing(&self.folder.env_id);
        let odd = edits::judge(self.folder, seen, &head, None, Depth::All)?;
        let decision = self.decide(pending, Arc::new(head), odd, None)?;
        let (journal, identity) = self.make_journal()?;
        let written = {
            let transaction = journal.transaction(Access::Write)?;
            journal.create_tables(&self.folder.env_id)?;
            self.note_policies(&transaction)?;
            let written = self.write(&transaction, &decision)?;
            if let Err(CommitError { error, unknown }) = transaction.commit() {
                return Err(doubt(pending, *error, unknown));
            }
            written
        };
        self.writer.mirror.adopt(journal, identity);
        Ok(self.finish(decision, written))
    }

    /// An empty database that only this user may read, with device and inode of its file.
    fn make_journal(&self) -> Result<(Journal, (u64, u64)), StoreError> {
        let path = self.folder.journal();
        if self.folder.stat(layout::JOURNAL)?.is_none() {
            let made = self.folder.files.create(&path, b"");
            self.folder.io("make", &path, made)?;
        }
        let made = self.folder.stat(layout::JOURNAL)?.ok_or_else(vanished)?;
        let journal = Journal::connect(&path, Access::Write, self.patience)?;
        Ok((journal, made.version.identity))
    }

    /// The policies that the public tools wrote are as good as committed, those too that the
    /// environment refers to only through the newest one.
    fn note_policies(&self, transaction: &Transaction<'_>) -> Result<(), StoreError> {
        super::upkeep::policy_files(self.folder)?
            .iter()
            .try_for_each(|file| transaction.note_policy(file))
    }

    /// Takes the request for the decision about a trust root that was changed outside.
    pub(super) fn accepting_trust(self) -> Self {
        Self { accepts_trust: true, ..self }
    }

    /// The keys that are recorded as trusted.
    pub(super) fn recorded_trust(&mut self) -> Result<Vec<TrustedKey>, StoreError> {
        self.writer.mirror.open(self.folder, Access::Write, self.patience)?;
        let Some(journal) = self.writer.mirror.journal() else { return Ok(Vec::new()) };
        let head = self.writer.mirror.head(self.folder, &journal.transaction(Access::Read)?)?;
        let root = head.state().trust_root.as_ref();
        Ok(root.map(|root| root.keys.clone()).unwrap_or_default())
    }

    /// Finds out whether a transaction whose end failed was committed after all.
    fn settle_doubt(&self, pending: &Pending, error: CommitError) -> Result<(), StoreError> {
        let CommitError { error, unknown } = error;
        if unknown && self.is_recorded(pending.key()).unwrap_or(false) {
            return Ok(());
        }
        Err(doubt(pending, *error, unknown))
    }

    fn is_recorded(&self, key: &IdempotencyKey) -> Result<bool, StoreError> {
        let (path, env_id) = (self.folder.journal(), &self.folder.env_id);
        let journal = Journal::open(&path, env_id, Access::Read, self.patience)?;
        let Some(journal) = journal else { return Ok(false) };
        let recorded = journal.transaction(Access::Read)?.recorded(key)?;
        Ok(recorded.is_some())
    }
}

fn vanished() -> StoreError {
    StoreError::Contract { detail: "the journal vanished while it was open".to_owned() }
}

fn doubt(pending: &Pending, error: StoreError, unknown: bool) -> StoreError {
    if unknown {
        StoreError::OutcomeUnknown { key: pending.key().clone(), source: Box::new(error) }
    } else {
        error
    }
}

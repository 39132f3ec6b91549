//! Everything that follows a commit but the documents. Nothing of it can undo the commit.

use std::sync::Arc;

use greentic_deploy_spec::with_causes;

use crate::executor::{FollowUp, Pending};
use crate::local::audit::{self, Addition};
use crate::local::edits::{self, Depth, Odd, Verdict};
use crate::local::head::Head;
use crate::local::journal::Access;
use crate::local::layout;
use crate::{Committed, StoreError, Warning};

use super::Work;
use super::judgement::Decision;
use super::record::Written;

/// The files, beside what is recorded.
pub(in crate::local) struct Compared {
    /// What is recorded.
    pub(in crate::local) head: Arc<Head>,
    /// The files that do not show it.
    pub(in crate::local) odd: Vec<Odd>,
}

impl Work<'_> {
    /// Everything that follows a commit. Nothing of it can undo the commit.
    pub(super) fn finish(&mut self, decision: Decision, written: Written) -> Committed {
        let Decision { ground, commit, mut warnings } = decision;
        let Written { head, contents, lines, has_follow_ups } = written;
        if let Some(adoption) = &ground.adoption {
            warnings.push(Warning::Adopted { generation: adoption.after.generation() });
        }
        let shown = self.project(&contents, &ground.odd, &ground.head, head.state(), &mut warnings);
        let head = Arc::new(head);
        self.writer.mirror.head = Some(Arc::clone(&head));
        if shown {
            self.log(&head, &lines, None, &mut warnings);
        }
        if has_follow_ups {
            self.follow_up(&commit.follow_ups, &mut warnings);
        }
        let mut committed = commit.into_committed();
        committed.warnings = warnings;
        committed
    }

    /// Repeats an answer, and finishes what a crash after the commit may have left.
    pub(super) fn repeat(&mut self, mut committed: Committed) -> Committed {
        if let Err(error) = self.catch_up(&mut committed.warnings) {
            let (file, detail) = (layout::ENVIRONMENT.to_owned(), error.to_string());
            committed.warnings.push(Warning::ProjectionLagging { file, detail });
        }
        committed
    }

    /// Brings files, audit log and follow-ups up to date without a commit.
    pub(in crate::local) fn catch_up(
        &mut self,
        warnings: &mut Vec<Warning>,
    ) -> Result<(), StoreError> {
        let Some(Compared { head, odd }) = self.compare()? else { return Ok(()) };
        let lagging = |odd: &Odd| !matches!(odd.verdict, Verdict::Edited | Verdict::Trust);
        let odd: Vec<Odd> = odd.into_iter().filter(lagging).collect();
        let contents = edits::restore(&odd, head.state())?;
        let shown = self.project(&contents, &odd, &head, head.state(), warnings);
        self.writer.mirror.head = Some(Arc::clone(&head));
        if shown {
            self.log(&head, &[], None, warnings);
        }
        self.follow_up(&[], warnings);
        Ok(())
    }

    /// Compares the files with what is recorded; none when there is no journal.
    pub(in crate::local) fn compare(&mut self) -> Result<Option<Compared>, StoreError> {
        let mirror = &mut self.writer.mirror;
        let seen = edits::look(self.folder, &mut mirror.observations, Depth::All)?;
        mirror.open(self.folder, Access::Write, self.patience)?;
        let Some(journal) = mirror.journal() else { return Ok(None) };
        let transaction = journal.transaction(Access::Read)?;
        let head = mirror.head(self.folder, &transaction)?;
        let odd = edits::judge(self.folder, &seen, &head, Some(&transaction), Depth::All)?;
        Ok(Some(Compared { head, odd }))
    }

    /// Adds what the audit log lacks.
    pub(super) fn log(
        &mut self,
        head: &Head,
        lines: &[(u64, String)],
        refused: Option<&greentic_deploy_spec::AuditEvent>,
        warnings: &mut Vec<Warning>,
    ) {
        let Some(journal) = self.writer.mirror.journal() else { return };
        let addition = Addition { committed: lines, refused };
        let known = &mut self.writer.audit;
        match audit::append(self.folder, head, journal, known, &addition, self.patience) {
            Ok(more) => warnings.extend(more),
            Err(error) => {
                self.writer.audit = None;
                warnings.push(Warning::AuditLagging { detail: with_causes(&error) });
            }
        }
    }

    /// Notes a request that was refused. When that fails, the refusal stays what the caller gets.
    pub(super) fn refuse(&mut self, pending: &Pending, error: &StoreError) {
        let Some(head) = self.writer.mirror.head.clone().or_else(|| self.read_head()) else {
            return;
        };
        let event = pending.refused(self.ports, head.generation(), error);
        self.log(&head, &[], Some(&event), &mut Vec::new());
    }

    pub(super) fn read_head(&self) -> Option<Arc<Head>> {
        let transaction = self.writer.mirror.journal()?.transaction(Access::Read).ok()?;
        self.writer.mirror.head(self.folder, &transaction).ok()
    }

    /// Does what is left to do after commits: those that were interrupted, and the last one's.
    pub(super) fn follow_up(&mut self, just_committed: &[FollowUp], warnings: &mut Vec<Warning>) {
        if let Err(error) = self.run_follow_ups(warnings) {
            let detail = with_causes(&error);
            warnings.extend(just_committed.iter().map(|follow_up| match follow_up {
                FollowUp::DeleteSecret { secret_ref } => Warning::SecretLagging {
                    secret_ref: secret_ref.to_string(),
                    detail: detail.clone(),
                },
                FollowUp::ActivateKey { .. } => {
                    Warning::OperatorKeyLagging { detail: detail.clone() }
                }
            }));
        }
    }

    pub(super) fn run_follow_ups(&self, warnings: &mut Vec<Warning>) -> Result<(), StoreError> {
        let Some(journal) = self.writer.mirror.journal() else { return Ok(()) };
        let (head, left) = {
            let transaction = journal.transaction(Access::Read)?;
            (self.writer.mirror.head(self.folder, &transaction)?, transaction.follow_ups()?)
        };
        let mut done = Vec::new();
        for (id, follow_up) in left {
            if follow_up.is_over(head.state()) {
                done.push(id);
                continue;
            }
            match follow_up.run(self.ports) {
                Ok(()) => done.push(id),
                Err(warning) => warnings.push(warning),
            }
        }
        if done.is_empty() {
            return Ok(());
        }
        let transaction = journal.transaction(Access::Write)?;
        done.iter().try_for_each(|id| transaction.remove_follow_up(*id))?;
        transaction.commit().map_err(|error| *error.error)
    }
}

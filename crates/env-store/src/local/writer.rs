//! Carries out one request on an environment's folder, while holding its lock.

use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::engine::{self, Command, EnvState, Need};
use greentic_deploy_spec::{Actor, EnvId, IdempotencyKey, TrustedKey, sha256_hex};

use super::audit::{self, Addition, Complete};
use super::edits::{self, Depth, Odd, Verdict};
use super::folder::Folder;
use super::head::{self, Head};
use super::journal::{Access, CommitError, CommitRow, Files, Journal, Transaction, changes, whole};
use super::mirror::Mirror;
use super::observe::Seen;
use super::policies::Policies;
use super::projection::{self, Contents};
use super::{layout, reader};
use crate::executor::{FollowUp, NewCommit, Pending};
use crate::history::documents_of;
use crate::ports::Ports;
use crate::{Committed, EditProblem, EnvSnapshot, Request, StoreError, Warning};

/// Who is recorded for an edit that was made outside of the store.
const EXTERNAL: &str = "external";

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

/// What is there before a request is judged.
struct Ground {
    /// What is recorded.
    head: Arc<Head>,
    /// The files that do not show it.
    odd: Vec<Odd>,
    /// The commit that takes edits over, when there are some.
    adoption: Option<NewCommit>,
}

/// What a request came to.
enum Judged {
    /// The key was used before, and this was the answer.
    Known(Box<Committed>),
    New(Box<Decision>),
}

struct Decision {
    ground: Ground,
    commit: NewCommit,
    warnings: Vec<Warning>,
}

/// A decision with everything that is written for it.
struct Written {
    head: Head,
    contents: Contents,
    lines: Vec<(u64, String)>,
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

    fn judge(
        &self,
        transaction: &Transaction<'_>,
        pending: &Pending,
        seen: &std::collections::BTreeMap<String, Seen>,
    ) -> Result<Judged, StoreError> {
        if let Some((generation, recorded)) = transaction.recorded(pending.key())? {
            pending.check_same_request(&recorded)?;
            let after = Head::at(&self.folder.env_id, transaction, generation)?;
            return pending.replay(recorded, after).map(|known| Judged::Known(Box::new(known)));
        }
        let head = self.writer.mirror.head(self.folder, transaction)?;
        let odd = edits::judge(self.folder, seen, &head, Some(transaction), Depth::All)?;
        let decision = self.decide(pending, head, odd, Some(transaction))?;
        Ok(Judged::New(Box::new(decision)))
    }

    fn decide(
        &self,
        pending: &Pending,
        head: Arc<Head>,
        odd: Vec<Odd>,
        transaction: Option<&Transaction<'_>>,
    ) -> Result<Decision, StoreError> {
        let adoption = self.adopt(&head, &odd).map_err(|error| match head.generation() {
            0 => error.without_record(),
            _ => error,
        })?;
        let ground = Ground { head, odd, adoption };
        let before = ground.before();
        self.check_trust(&ground, before, pending.command())?;
        let policies = Policies::new(self.folder, transaction);
        let shown = ground.shown(&self.folder.env_id);
        let commit = pending.judge_after(&shown, before, self.ports, &policies)?;
        Ok(Decision { ground, commit, warnings: policies.into_warnings() })
    }

    /// The commit that takes over what somebody edited.
    fn adopt(&self, head: &Head, odd: &[Odd]) -> Result<Option<NewCommit>, StoreError> {
        let Some(payload) = edits::adoption(self.folder, odd)? else { return Ok(None) };
        let mut recorded = head.snapshot.clone();
        if head.generation() == 0 {
            let state = reader::before_journal(self.folder, odd)?;
            recorded = EnvSnapshot::new(self.folder.env_id.clone(), 0, None, Arc::new(state));
        }
        if recorded.environment().is_none() && payload.environment.is_none() {
            return Ok(None);
        }
        let mut request = Request::new(Command::Adopt(Box::new(payload)));
        request.actor = Some(Actor { kind: EXTERNAL.to_owned(), user: None, uid: None });
        let pending = Pending::new(&self.folder.env_id, request, self.ports)?;
        let commit = pending.judge(&recorded, self.ports, &Policies::new(self.folder, None));
        commit.map(Some).map_err(|error| match error {
            StoreError::Conflict(refusal)
            | StoreError::InvalidArgument(refusal)
            | StoreError::AlreadyExists(refusal)
            | StoreError::DependentNotFound(refusal) => match refusal.rejection {
                Some(rejection) => StoreError::ExternalEdit {
                    path: self.folder.at(layout::ENVIRONMENT),
                    problem: Box::new(EditProblem::Refused(rejection)),
                },
                None => StoreError::Conflict(refusal),
            },
            error => error,
        })
    }

    /// Verbs that trust, or that change what is trusted, wait until somebody decided about a trust
    /// root that was changed outside.
    fn check_trust(
        &self,
        ground: &Ground,
        before: &EnvSnapshot,
        command: &Command,
    ) -> Result<(), StoreError> {
        let asked = self.accepts_trust || ground.head.generation() == 0;
        if asked || !concerns_trust(before.state(), command) {
            return Ok(());
        }
        let state = ground.head.state();
        match edits::trust_difference(self.folder, &ground.odd, state) {
            Some(difference) => Err(difference.into_error(self.folder)),
            None => Ok(()),
        }
    }

    /// Writes a decision into the journal, as part of a transaction.
    fn write(
        &self,
        transaction: &Transaction<'_>,
        decision: &Decision,
    ) -> Result<Written, StoreError> {
        let Decision { ground, commit, .. } = decision;
        let mut head = Head::clone(&ground.head);
        let mut lines = Vec::new();
        if let Some(adoption) = &ground.adoption {
            // The files show this commit already, each in its writer's own words.
            let shown = ground.odd.iter().filter(|odd| {
                odd.verdict == Verdict::Edited
                    || (odd.verdict == Verdict::Trust && ground.head.generation() == 0)
            });
            let files: Files =
                shown.map(|odd| (odd.file.clone(), odd.seen.digest().map(str::to_owned))).collect();
            lines.push(self.insert(transaction, &mut head, adoption, files)?);
            self.note_policies(transaction)?;
        }
        let after = commit.after.state();
        let mut contents = projection::render(Some(ground.head.state()), after)?;
        contents.extend(edits::restore(&ground.odd, after)?);
        let digest = |bytes: &Vec<u8>| sha256_hex(bytes);
        let files: Files = contents
            .iter()
            .map(|(file, bytes)| (file.clone(), bytes.as_ref().map(digest)))
            .filter(|(file, digest)| head.files.get(file) != digest.as_ref())
            .collect();
        lines.push(self.insert(transaction, &mut head, commit, files)?);
        for follow_up in &commit.follow_ups {
            transaction.add_follow_up(&json(follow_up)?)?;
        }
        note_new_policies(transaction, ground.head.state(), after)?;
        Ok(Written { head, contents, lines })
    }

    fn insert(
        &self,
        transaction: &Transaction<'_>,
        head: &mut Head,
        commit: &NewCommit,
        files: Files,
    ) -> Result<(u64, String), StoreError> {
        let (before, after) = (head.state(), commit.after.state());
        let (is_whole, documents) = if head.wants_whole() {
            (true, json(&whole(documents_of(after)))?)
        } else {
            smaller(before, after)?
        };
        let known = Arc::make_mut(&mut head.files);
        head::merge(known, files.clone());
        let all = || known.iter().map(|(file, digest)| (file.clone(), Some(digest.clone())));
        let event = audit::line_of(&commit.event)?;
        let generation = commit.after.generation();
        let row = CommitRow {
            generation,
            parent: generation - 1,
            whole: is_whole,
            etag: commit.after.etag().map(|etag| etag.0.clone()),
            key: commit.key.to_string(),
            fingerprint: commit.fingerprint.clone(),
            outcome: json(&commit.outcome)?,
            event: event.clone(),
            files: if is_whole { json(&all().collect::<Files>())? } else { json(&files)? },
            documents,
        };
        if is_whole {
            (head.whole_bytes, head.patch_bytes) = (row.documents.len(), 0);
        } else {
            head.patch_bytes += row.documents.len();
        }
        head.snapshot = commit.after.clone();
        head.key.clone_from(&row.key);
        transaction.insert(&row)?;
        Ok((generation, event))
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

    /// Everything that follows a commit. Nothing of it can undo the commit.
    fn finish(&mut self, decision: Decision, written: Written) -> Committed {
        let Decision { ground, commit, mut warnings } = decision;
        let Written { head, contents, lines } = written;
        if let Some(adoption) = &ground.adoption {
            warnings.push(Warning::Adopted { generation: adoption.after.generation() });
        }
        let shown = self.project(&contents, &ground.odd, &ground.head, head.state(), &mut warnings);
        let head = Arc::new(head);
        self.writer.mirror.head = Some(Arc::clone(&head));
        if shown {
            self.log(&head, &lines, None, &mut warnings);
        }
        self.follow_up(&commit.follow_ups, &mut warnings);
        let mut committed = commit.into_committed();
        committed.warnings = warnings;
        committed
    }

    /// Repeats an answer, and finishes what a crash after the commit may have left.
    fn repeat(&mut self, mut committed: Committed) -> Committed {
        if let Err(error) = self.catch_up(&mut committed.warnings) {
            let (file, detail) = (layout::ENVIRONMENT.to_owned(), error.to_string());
            committed.warnings.push(Warning::ProjectionLagging { file, detail });
        }
        committed
    }

    /// Brings files, audit log and follow-ups up to date without a commit.
    pub(super) fn catch_up(&mut self, warnings: &mut Vec<Warning>) -> Result<(), StoreError> {
        let seen = edits::look(self.folder, &mut self.writer.mirror.observations, Depth::All)?;
        self.writer.mirror.open(self.folder, Access::Write, self.patience)?;
        let Some(journal) = self.writer.mirror.journal() else { return Ok(()) };
        let (head, odd) = {
            let transaction = journal.transaction(Access::Read)?;
            let head = self.writer.mirror.head(self.folder, &transaction)?;
            let odd = edits::judge(self.folder, &seen, &head, Some(&transaction), Depth::All)?;
            (head, odd)
        };
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

    /// Writes the files that differ from what they should show. Tells whether those are there that
    /// may be deleted: while one is not, the audit log stays behind, so that a file that was never
    /// written is not taken for one that was deleted.
    pub(super) fn project(
        &mut self,
        contents: &Contents,
        odd: &[Odd],
        before: &Head,
        after: &EnvState,
        warnings: &mut Vec<Warning>,
    ) -> bool {
        let mut shown = true;
        for (file, bytes) in projection::order(contents, before.state(), after) {
            let odd = odd.iter().find(|odd| odd.file == *file);
            let recorded = before.files.get(file).map(String::as_str);
            let judged = odd.map_or(recorded, |odd| odd.seen.digest());
            match self.project_one(file, bytes.as_deref(), odd, judged) {
                Ok(None) => {}
                Ok(Some(kept_as)) => {
                    warnings.push(Warning::Recovered { file: file.clone(), kept_as });
                }
                Err(detail) => {
                    shown &= !layout::may_be_deleted(file);
                    warnings.push(Warning::ProjectionLagging { file: file.clone(), detail });
                }
            }
        }
        shown
    }

    /// Writes one file. `judged` is the digest that it had when the change was judged.
    fn project_one(
        &mut self,
        file: &str,
        bytes: Option<&[u8]>,
        odd: Option<&Odd>,
        judged: Option<&str>,
    ) -> Result<Option<String>, String> {
        let observations = &mut self.writer.mirror.observations;
        let told = |error: StoreError| chain(&error);
        let seen = observations.look(self.folder, file).map_err(told)?;
        let digest = bytes.map(sha256_hex);
        if !seen.is_unreadable() && seen.digest() == digest.as_deref() {
            return Ok(None);
        }
        let kept_as = if seen.digest().is_some_and(|digest| Some(digest) != judged) {
            // Somebody who does not take the lock wrote it since.
            self.folder.keep_too(file).map(Some).map_err(told)?
        } else {
            self.keep(file, bytes, odd, &seen).map_err(told)?
        };
        let done = match bytes {
            Some(bytes) => self.folder.replace(file, bytes),
            None => self.folder.remove(file),
        };
        done.map_err(|error| error.to_string())?;
        if bytes.is_some() && seen == Seen::Absent && layout::may_be_deleted(file) {
            self.folder.settle_all(file).map_err(told)?;
        }
        if let Some(digest) = &digest {
            self.writer.mirror.observations.wrote(self.folder, file, digest);
        }
        Ok(kept_as)
    }

    /// Keeps what somebody else wrote before it is written over.
    fn keep(
        &self,
        file: &str,
        bytes: Option<&[u8]>,
        odd: Option<&Odd>,
        seen: &Seen,
    ) -> Result<Option<String>, StoreError> {
        if seen.is_unreadable() {
            return self.folder.move_aside(file).map(Some);
        }
        let Some(odd) = odd.filter(|_| *seen != Seen::Absent) else { return Ok(None) };
        match odd.verdict {
            // Perhaps it was no crash but somebody who put an older copy there.
            Verdict::Torn | Verdict::Lagging => {
                let odd = self.folder.read(file)?.unwrap_or_default();
                if odd.is_empty() {
                    return Ok(None);
                }
                self.folder.keep_aside(file, &odd).map(Some)
            }
            Verdict::Foreign if self.says_the_same(file, bytes)? => Ok(None),
            // An edit is in history when it was taken over; trust in a file is not.
            Verdict::Foreign | Verdict::Trust => self.folder.keep_too(file).map(Some),
            Verdict::Edited => Ok(None),
        }
    }

    /// Whether a file says the same in other words: then nothing of it is lost.
    fn says_the_same(&self, file: &str, bytes: Option<&[u8]>) -> Result<bool, StoreError> {
        let read = |bytes: &[u8]| greentic_deploy_spec::parse_json(bytes).ok();
        let there = self.folder.read(file)?.as_deref().and_then(read);
        Ok(there.is_some() && there == bytes.and_then(read))
    }

    /// Adds what the audit log lacks.
    fn log(
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
                warnings.push(Warning::AuditLagging { detail: chain(&error) });
            }
        }
    }

    /// Notes a request that was refused. When that fails, the refusal stays what the caller gets.
    fn refuse(&mut self, pending: &Pending, error: &StoreError) {
        let Some(head) = self.writer.mirror.head.clone().or_else(|| self.read_head()) else {
            return;
        };
        let event = pending.refused(self.ports, head.generation(), error);
        self.log(&head, &[], Some(&event), &mut Vec::new());
    }

    fn read_head(&self) -> Option<Arc<Head>> {
        let transaction = self.writer.mirror.journal()?.transaction(Access::Read).ok()?;
        self.writer.mirror.head(self.folder, &transaction).ok()
    }

    /// Does what is left to do after commits: those that were interrupted, and the last one's.
    fn follow_up(&mut self, just_committed: &[FollowUp], warnings: &mut Vec<Warning>) {
        if let Err(error) = self.run_follow_ups(warnings) {
            let detail = chain(&error);
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

    fn run_follow_ups(&self, warnings: &mut Vec<Warning>) -> Result<(), StoreError> {
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

impl Ground {
    /// What a request is judged on: what is recorded, with edits taken over.
    fn before(&self) -> &EnvSnapshot {
        self.adoption.as_ref().map_or(&self.head.snapshot, |adoption| &adoption.after)
    }

    /// What reads show before the request: edits, at the generation that is recorded.
    fn shown(&self, env_id: &EnvId) -> EnvSnapshot {
        let before = self.before();
        let (etag, state) = (before.etag().cloned(), Arc::clone(before.state()));
        EnvSnapshot::new(env_id.clone(), self.head.generation(), etag, state)
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

/// An error with its causes, for a warning.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Contract {
        detail: format!("a commit has no JSON form: {error}"),
    })
}

/// What a commit changed, or everything where that is hardly more; and whether it is everything.
fn smaller(before: &EnvState, after: &EnvState) -> Result<(bool, String), StoreError> {
    let changed = json(&changes(documents_of(before), documents_of(after)))?;
    if changed.len() > head::SMALL {
        let all = json(&whole(documents_of(after)))?;
        if all.len() / 2 <= changed.len() {
            return Ok((true, all));
        }
    }
    Ok((false, changed))
}

/// Whether a command trusts a key or changes which keys are trusted.
fn concerns_trust(state: &EnvState, command: &Command) -> bool {
    fn signs(need: &Need) -> bool {
        match need {
            Need::Step { need, .. } => signs(need),
            Need::OperatorKey(_) | Need::RevenuePolicy(_) => true,
            _ => false,
        }
    }
    command.steps().any(|step| step.name().noun == "trust-root")
        || engine::needs(state, command).iter().any(signs)
}

/// Notes the policies that deployments refer to since this commit, so that they are never taken for
/// leftovers.
fn note_new_policies(
    transaction: &Transaction<'_>,
    before: &EnvState,
    after: &EnvState,
) -> Result<(), StoreError> {
    let refs = |state: &EnvState| -> Vec<String> {
        let bundles = state.environment.as_ref().map(|env| env.bundles.as_slice());
        let refs = bundles.unwrap_or_default().iter().map(|bundle| &bundle.revenue_policy_ref);
        refs.map(|path| path.to_string_lossy().into_owned()).collect()
    };
    let known = refs(before);
    let new = refs(after).into_iter().filter(|path| !path.is_empty() && !known.contains(path));
    for envelope in new {
        let document = envelope.strip_suffix(".sig").unwrap_or(&envelope).to_owned();
        transaction.note_policy(&envelope)?;
        transaction.note_policy(&document)?;
    }
    Ok(())
}

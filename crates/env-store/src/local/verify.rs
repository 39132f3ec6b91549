//! Checks what a journal has.

use greentic_deploy_spec::engine::Outcome;
use greentic_deploy_spec::{AuditEvent, EnvId, canonical_value, sha256_hex};

use super::LocalFsStore;
use super::edits::{self, Depth};
use super::head::Head;
use super::journal::{CommitRow, Transaction};
use super::observe::Observations;
use super::upkeep::{Replay, unusable};
use crate::StoreError;

/// What [`LocalFsStore::verify`] found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// The oldest and the newest generation; none without a journal.
    pub generations: Option<(u64, u64)>,
    /// What is wrong, for people. Empty when everything is sound.
    pub problems: Vec<String>,
}

impl LocalFsStore {
    /// Checks the whole journal: the database itself, that generations follow each other without a
    /// gap, that each one can be read, and that its environment has the digest that was recorded
    /// with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    pub fn verify(&self, env_id: &EnvId) -> Result<VerifyReport, StoreError> {
        let found = self.environment(env_id)?.read_journal(|transaction| {
            let mut report = VerifyReport::default();
            report.problems.extend(transaction.journal().integrity()?);
            report.problems.extend(verify_tables(transaction));
            verify_chain(transaction, &mut report)?;
            Ok(report)
        })?;
        Ok(found.unwrap_or_default())
    }

    /// The files that [`LocalFsStore::repair`] would write, relative to the environment's folder:
    /// those that neither show what is recorded nor can be taken over. Nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why they cannot be read.
    pub fn lagging_files(&self, env_id: &EnvId) -> Result<Vec<String>, StoreError> {
        let environment = self.environment(env_id)?;
        let folder = &environment.folder;
        // Whoever is in the middle of a change writes the files of it before the lock is free. A
        // folder that cannot be locked, because nobody may write there, is looked at as it is.
        let _held = folder.lock(environment.patience).ok();
        let seen = edits::look(folder, &mut Observations::default(), Depth::All)?;
        let found = environment.read_journal(|transaction| {
            let head = Head::read(env_id, transaction, None)?;
            let odd = edits::judge(folder, &seen, &head, Some(transaction), Depth::All)?;
            unusable(folder, odd)
        })?;
        Ok(found.unwrap_or_default().into_iter().map(|odd| odd.file).collect())
    }
}

/// What is wrong with the tables beside the commits.
fn verify_tables(transaction: &Transaction<'_>) -> Vec<String> {
    let read = [
        transaction.settled().map(drop),
        transaction.follow_ups().map(drop),
        transaction.knows_policy("").map(drop),
    ];
    read.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect()
}

fn verify_chain(
    transaction: &Transaction<'_>,
    report: &mut VerifyReport,
) -> Result<(), StoreError> {
    let (Some(oldest), Some(newest)) = (transaction.oldest()?, transaction.newest()?) else {
        return Ok(());
    };
    report.generations = Some((oldest, newest));
    let problems = &mut report.problems;
    let mut expected = oldest;
    // None when what a commit is a change of is not known.
    let mut state = None;
    transaction.each(oldest, newest, |row| {
        let generation = row.generation;
        if generation != expected || row.parent.checked_add(1) != Some(generation) {
            problems.push(format!(
                "generation {generation} follows {}, generation {expected} was to come",
                row.parent
            ));
        }
        expected = generation + 1;
        problems.extend(verify_record(transaction, &row));
        if row.whole {
            state = Some(Replay::default());
        } else if generation == oldest {
            problems.push(format!(
                "generation {generation} is the oldest, and is only the change of an older one"
            ));
        }
        if let Some(before) = state.take() {
            match verify_documents(transaction, before, row) {
                Ok(after) => state = Some(after),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(())
    })
}

/// What is wrong with what a commit says about itself.
fn verify_record(transaction: &Transaction<'_>, row: &CommitRow) -> Option<String> {
    let event = transaction.parse::<AuditEvent>(&row.event).map(drop);
    let outcome = transaction.parse::<Outcome>(&row.outcome).map(drop);
    let error = event.and(outcome).err()?;
    Some(format!("the record of generation {} cannot be read: {error}", row.generation))
}

/// The documents after a commit; or what is wrong with them.
fn verify_documents(
    transaction: &Transaction<'_>,
    mut state: Replay,
    row: CommitRow,
) -> Result<Replay, String> {
    let (generation, etag) = (row.generation, row.etag.clone());
    state.apply(transaction, row).map_err(|error| {
        format!("the documents of generation {generation} cannot be read: {error}")
    })?;
    let environment = state.documents.get(crate::history::ENVIRONMENT);
    let digest = environment.map(|value| sha256_hex(canonical_value(value).as_bytes()));
    if digest == etag {
        Ok(state)
    } else {
        Err(format!("the environment of generation {generation} is not what was recorded"))
    }
}

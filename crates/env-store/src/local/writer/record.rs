//! A decision as rows of the journal.

use std::sync::Arc;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::sha256_hex;

use crate::StoreError;
use crate::executor::NewCommit;
use crate::history::{ROUTING, documents_but_routing, documents_of};
use crate::local::audit::{self};
use crate::local::edits::{self, Verdict};
use crate::local::head::{self, Head};
use crate::local::journal::{CommitRow, Files, Transaction, changes, routing_change, whole};
use crate::local::projection::{self, Contents};

use super::Work;
use super::judgement::Decision;

/// A decision with everything that is written for it.
pub(super) struct Written {
    pub(super) head: Head,
    pub(super) contents: Contents,
    pub(super) lines: Vec<(u64, String)>,
    /// Whether something is left to do, after this commit or after one that was interrupted.
    pub(super) has_follow_ups: bool,
}

impl Work<'_> {
    /// Writes a decision into the journal, as part of a transaction.
    pub(super) fn write(
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
        let has_follow_ups = transaction.has_follow_ups()?;
        Ok(Written { head, contents, lines, has_follow_ups })
    }

    pub(super) fn insert(
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
}

pub(in crate::local) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| formless(&error))
}

fn formless(error: &serde_json::Error) -> StoreError {
    StoreError::Contract { detail: format!("a commit has no JSON form: {error}") }
}

/// What a commit changed, or everything where that is hardly more; and whether it is everything.
pub(super) fn smaller(before: &EnvState, after: &EnvState) -> Result<(bool, String), StoreError> {
    let mut changes = changes(documents_but_routing(before), documents_but_routing(after));
    let routing = routing_change(before.routing.as_ref(), after.routing.as_ref());
    let routing = routing.map_err(|error| formless(&error))?;
    changes.extend(routing.map(|change| (ROUTING.to_owned(), change)));
    let changed = json(&changes)?;
    if changed.len() > head::SMALL {
        let all = json(&whole(documents_of(after)))?;
        if all.len() / 2 <= changed.len() {
            return Ok((true, all));
        }
    }
    Ok((false, changed))
}

/// Notes the policies that deployments refer to since this commit, so that they are never taken for
/// leftovers.
pub(super) fn note_new_policies(
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

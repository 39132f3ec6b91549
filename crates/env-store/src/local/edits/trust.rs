//! A trust root that was changed outside of the store.

use std::collections::BTreeSet;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{Document, TrustRoot};

use super::{EditProblem, Odd, Verdict, problem, read_document};
use crate::StoreError;
use crate::local::folder::Folder;
use crate::local::head::Head;
use crate::local::layout;
use crate::local::observe::Seen;

/// The trusted keys in the file; none without a file.
pub(in crate::local) fn read_trust_root(
    folder: &Folder,
    seen: &Seen,
) -> Result<Option<Document<TrustRoot>>, StoreError> {
    let file = layout::TRUST_ROOT;
    let odd = Odd { file: file.to_owned(), seen: seen.clone(), verdict: Verdict::Trust };
    let Some(document) = read_document::<TrustRoot>(folder, &odd)? else { return Ok(None) };
    document.validate().map_err(|error| problem(folder, file, EditProblem::Rule(error)))?;
    Ok(Some(document))
}

/// Whether the file names the keys that are recorded, in whatever words.
pub(super) fn trusts_the_same(folder: &Folder, seen: &Seen, head: &Head) -> bool {
    let recorded = key_ids(head.state().trust_root.as_ref());
    read_trust_root(folder, seen).is_ok_and(|root| key_ids(root.as_ref()) == recorded)
}

/// Ids of keys, in lower case: an id names exactly one key.
fn key_ids(root: Option<&Document<TrustRoot>>) -> BTreeSet<String> {
    let keys = root.map(|root| root.keys.as_slice()).unwrap_or_default();
    keys.iter().map(|key| key.key_id.to_ascii_lowercase()).collect()
}

/// How the trust root's file differs from what is recorded.
#[derive(Debug)]
pub(in crate::local) struct TrustDifference {
    added: Vec<String>,
    removed: Vec<String>,
    /// Why the file cannot be read, when it cannot: then it trusts nobody.
    unreadable: Option<StoreError>,
}

/// Compares the file with the record.
pub(in crate::local) fn trust_difference(
    folder: &Folder,
    odd: &[Odd],
    recorded: &EnvState,
) -> Option<TrustDifference> {
    let odd = odd.iter().find(|odd| odd.verdict == Verdict::Trust)?;
    let (in_file, unreadable) = match read_trust_root(folder, &odd.seen) {
        Ok(root) => (key_ids(root.as_ref()), None),
        Err(error) => (BTreeSet::new(), Some(error)),
    };
    let recorded = key_ids(recorded.trust_root.as_ref());
    let (added, removed) = (&in_file - &recorded, &recorded - &in_file);
    let (added, removed) = (added.into_iter().collect(), removed.into_iter().collect());
    Some(TrustDifference { added, removed, unreadable })
}

impl TrustDifference {
    /// The trust root without the keys that the file does not have.
    pub(in crate::local) fn narrow(&self, state: &mut EnvState) {
        let Some(recorded) = state.trust_root.take() else { return };
        let mut typed = recorded.typed().clone();
        typed.keys.retain(|key| !self.removed.contains(&key.key_id.to_ascii_lowercase()));
        state.trust_root = recorded.with(typed).ok();
    }

    pub(in crate::local) fn into_error(self, folder: &Folder) -> StoreError {
        let Self { added, removed, unreadable } = self;
        let path = folder.at(layout::TRUST_ROOT);
        unreadable.unwrap_or(StoreError::TrustRoot { path, added, removed })
    }
}

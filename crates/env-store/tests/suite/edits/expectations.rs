//! What must hold after every edit, whatever it was.

use greentic_env_store::{EnvironmentHistory, EnvironmentReads, HistoryPage, LocalFsStore};
use serde_json::Value;

use super::{Case, Edit, Lab, StoreError};
use crate::local_lab::{local, tree};

/// What somebody wrote is in history, or in a file under `recovered/`, or said nothing new.
pub(super) fn nothing_was_lost(
    lab: &Lab,
    store: &LocalFsStore,
    case: &Case,
    written: Option<&[u8]>,
) {
    let Some(written) = written.filter(|bytes| !bytes.is_empty()) else { return };
    let kept = lab.recovered().into_values().any(|bytes| bytes == written);
    assert!(
        kept || is_in_history(store, written) || matches!(case.edit, Edit::Reformat),
        "{}, {}: what was written is neither in history nor under recovered/",
        case.file,
        case.name
    );
}

fn is_in_history(store: &LocalFsStore, written: &[u8]) -> bool {
    let Ok(written) = serde_json::from_slice::<Value>(written) else { return false };
    let page = HistoryPage { before: None, limit: usize::MAX };
    let commits = store.history(&local(), page).expect("history");
    commits.iter().any(|commit| {
        let then = store.at(&local(), commit.generation).expect("a generation");
        let documents = [
            then.environment().map(|document| document.raw().clone()),
            then.runtime().map(|document| document.raw().clone()),
        ];
        let answers = then.state().pack_answers.values().cloned().map(Some);
        documents.into_iter().chain(answers).flatten().any(|document| document == written)
    })
}

/// An error names the file, says what is wrong with it and what to do.
pub(super) fn names_file_and_remedy(lab: &Lab, case: &Case, error: &StoreError) {
    let text = error.to_string();
    let path = lab.at(case.file);
    assert!(text.contains(&*path.to_string_lossy()), "{text} does not name {}", path.display());
    let remedies = ["gtc op env doctor --fix", "name the folder"];
    assert!(remedies.iter().any(|remedy| text.contains(remedy)), "{text} says nothing to do");
}

/// Once everything is done, the files are those of a folder that was never touched: what a store
/// that knows nothing writes when all of them are missing.
pub(super) fn files_show_the_record(lab: &Lab, case: &Case) {
    let is_projected = |name: &str| {
        name.ends_with(".json") && !name.starts_with("recovered") && !name.starts_with("billing")
    };
    let projected = || {
        let all = tree(&lab.root().join("local")).into_iter();
        all.filter(|(name, entry)| is_projected(name) && entry.bytes.is_some()).collect::<Vec<_>>()
    };
    let left = projected();
    let store = lab.open();
    let before = store.snapshot(&local()).expect("an environment");
    for (name, _) in &left {
        lab.write(name, "[");
    }
    store.repair(&local()).expect("repair");
    assert_eq!(store.snapshot(&local()).expect("an environment"), before, "{}", case.name);
    let anew = projected();
    for ((name, left), (_, anew)) in left.iter().zip(&anew) {
        assert_eq!(left, anew, "{}, {}: {name} does not show the record", case.file, case.name);
    }
    assert_eq!(left.len(), anew.len(), "{}, {}: the files there are", case.file, case.name);
}

//! An environment with a large document, and the bytes that it takes.

use std::fs;
use std::path::Path;

use greentic_deploy_spec::{Revision, RevisionId};
use greentic_env_store::{EnvironmentStore, LocalFsStore};

use crate::verbs::{env_id, verbs};

/// Makes the environment, with revisions that are ready, until its document has about so many bytes.
pub(crate) fn grow(store: &LocalFsStore, bytes: u64) {
    grow_by(store, |one| bytes / one);
}

/// Makes the environment with two revisions that are ready, and as many more as are wanted, given the bytes
/// of one.
pub(crate) fn grow_by(store: &LocalFsStore, wanted: impl FnOnce(u64) -> u64) {
    let table = verbs();
    let split = table.iter().find(|verb| verb.name == "set-traffic-split").expect("the verb");
    split.prepare(store);
    let mut environment = store.load(&env_id()).expect("an environment");
    let like = environment.revisions[0].clone();
    let one = serde_json::to_string_pretty(&like).expect("a revision").len() as u64;
    let more = (0..wanted(one)).map(|number| Revision {
        revision_id: RevisionId(ulid::Ulid(u128::from(number))),
        sequence: number + 10,
        ..like.clone()
    });
    environment.revisions.extend(more);
    store.save(&environment).expect("a large environment");
}

/// Bytes of all files of a folder.
pub(crate) fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let of = |entry: fs::DirEntry| match entry.metadata().expect("a file") {
        folder if folder.is_dir() => size(&entry.path()),
        file => file.len(),
    };
    entries.map(of).sum()
}

//! The past of an environment, one generation after the other.

use std::collections::BTreeMap;

use crate::StoreError;
use crate::local::head;
use crate::local::journal::{CommitRow, Documents, Files, Transaction};
use crate::local::writer::json;

/// Documents and digests of files as they were at one generation after the other.
#[derive(Clone, Default)]
pub(in crate::local) struct Replay {
    pub(in crate::local) documents: Documents,
    files: BTreeMap<String, String>,
}

impl Replay {
    pub(in crate::local) fn apply(
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

    pub(super) fn whole(&self) -> Result<(String, String), StoreError> {
        let files = self.files.iter().map(|(file, digest)| (file.clone(), Some(digest.clone())));
        Ok((json(&self.documents.whole())?, json(&files.collect::<Files>())?))
    }

    pub(super) fn since(&self, before: &Self) -> Result<(String, String), StoreError> {
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

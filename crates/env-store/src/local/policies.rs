//! The files of signed revenue policies, in `billing-policies/<bundle>/<customer>/`.

use std::cell::RefCell;
use std::fmt;

use super::folder::Folder;
use super::journal::Transaction;
use super::layout;
use crate::executor::{PolicyFile, PolicyFiles};
use crate::{StoreError, Warning};

/// Begins the name of a policy's file that another one took the name of.
const SUPERSEDED: &str = "superseded-";

/// Writes policies for one request.
pub(super) struct Policies<'a> {
    folder: &'a Folder,
    /// Tells which files a commit referred to; without a journal, all of them are taken for such.
    committed: Option<&'a Transaction<'a>>,
    moved: RefCell<Vec<Warning>>,
}

impl fmt::Debug for Policies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("folder", &self.folder.path).finish_non_exhaustive()
    }
}

impl<'a> Policies<'a> {
    pub(super) fn new(folder: &'a Folder, committed: Option<&'a Transaction<'a>>) -> Self {
        Self { folder, committed, moved: RefCell::default() }
    }

    /// Which files gave way.
    pub(super) fn into_warnings(self) -> Vec<Warning> {
        self.moved.into_inner()
    }

    /// Moves a file out of the way whose bytes are not those that are going to be there.
    fn make_room(&self, file: &PolicyFile<'_>) -> Result<(), StoreError> {
        let name = file.path.to_string_lossy();
        match self.folder.read(&name)? {
            Some(bytes) if bytes != file.bytes => {}
            _ => return Ok(()),
        }
        let was_in_force = match self.committed {
            Some(journal) => journal.knows_policy(&name)?,
            None => true,
        };
        let kept_as =
            if was_in_force { self.supersede(&name)? } else { self.folder.move_aside(&name)? };
        self.moved.borrow_mut().push(Warning::Recovered { file: name.into_owned(), kept_as });
        Ok(())
    }

    fn supersede(&self, file: &str) -> Result<String, StoreError> {
        let (place, name) = file.rsplit_once('/').unwrap_or((layout::POLICIES, file));
        let kept_as = format!("{place}/{SUPERSEDED}{}-{name}", self.folder.ids.ulid());
        let (from, to) = (self.folder.at(file), self.folder.at(&kept_as));
        self.folder.io("move", &from, self.folder.files.rename(&from, &to))?;
        Ok(kept_as)
    }

    fn write_one(&self, file: &PolicyFile<'_>) -> Result<(), StoreError> {
        let name = file.path.to_string_lossy();
        let path = self.folder.at(&name);
        if self.folder.stat(&name)?.is_none() {
            let failed = |source| StoreError::AtomicWrite { path: path.clone(), source };
            self.folder.replace(&name, file.bytes).map_err(failed)?;
        }
        self.folder.sync(&path)
    }
}

impl PolicyFiles for Policies<'_> {
    fn write(&self, document: PolicyFile<'_>, envelope: PolicyFile<'_>) -> Result<(), StoreError> {
        self.make_room(&document)?;
        self.make_room(&envelope)?;
        self.write_one(&document)?;
        self.write_one(&envelope)?;
        self.folder.settle_parents(&envelope.path.to_string_lossy())
    }
}

/// Whether a file in a folder of policies is one that another policy took the name of.
pub(super) fn is_superseded(file: &str) -> bool {
    file.rsplit('/').next().is_some_and(|name| name.starts_with(SUPERSEDED))
}

//! One connection to a journal, with what was last read through it.

use std::sync::Arc;
use std::time::Duration;

use super::folder::Folder;
use super::head::Head;
use super::journal::{Access, Journal, Transaction};
use super::layout;
use super::observe::Observations;
use crate::StoreError;
use crate::files::FileKind;

/// One connection to a journal, with what was last read through it.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    journal: Option<(Journal, (u64, u64))>,
    pub(super) head: Option<Arc<Head>>,
    pub(super) observations: Observations,
}

impl Mirror {
    /// The journal; none when there is none yet. One that was replaced by another is let go of.
    pub(super) fn open(
        &mut self,
        folder: &Folder,
        access: Access,
        patience: Duration,
    ) -> Result<Option<&Journal>, StoreError> {
        let found = folder.stat(layout::JOURNAL)?;
        let identity = found.map(|stat| stat.version.identity);
        let replaced = self.journal.as_ref().is_some_and(|(_, known)| Some(*known) != identity);
        if replaced || found.is_none() {
            self.close();
        }
        // By now somebody may be able to write it.
        self.journal.take_if(|(journal, _)| journal.is_immutable());
        if let (None, Some(stat)) = (&self.journal, found) {
            if stat.kind != FileKind::File {
                let (operation, path) = ("open", folder.journal());
                let source = std::io::Error::other("it is no regular file");
                return Err(StoreError::Io { operation, path, source });
            }
            let opened = open(folder, access, patience)?;
            self.journal = opened.map(|journal| (journal, stat.version.identity));
        }
        Ok(self.journal())
    }

    /// Takes a journal that was just made, whose file has this device and inode.
    pub(super) fn adopt(&mut self, journal: Journal, identity: (u64, u64)) {
        self.journal = Some((journal, identity));
    }

    pub(super) fn journal(&self) -> Option<&Journal> {
        self.journal.as_ref().map(|(journal, _)| journal)
    }

    /// Lets go of the connection, and keeps what was read.
    pub(super) fn disconnect(&mut self) {
        self.journal = None;
    }

    /// Lets go of the connection and of what was read.
    pub(super) fn close(&mut self) {
        self.journal = None;
        self.head = None;
    }

    /// Brings the head up to date.
    pub(super) fn head(
        &self,
        folder: &Folder,
        transaction: &Transaction<'_>,
    ) -> Result<Arc<Head>, StoreError> {
        Head::read(&folder.env_id, transaction, self.head.as_ref())
    }
}

fn open(
    folder: &Folder,
    access: Access,
    patience: Duration,
) -> Result<Option<Journal>, StoreError> {
    let path = folder.journal();
    let opened = Journal::open(&path, &folder.env_id, access, patience);
    match opened {
        // Nobody can write there, so that nobody changes what is read.
        Err(StoreError::Io { .. }) if access == Access::Read && !folder.has_log()? => {
            Journal::open(&path, &folder.env_id, Access::ReadImmutable, patience)
        }
        opened => opened,
    }
}

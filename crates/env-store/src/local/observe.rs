//! What is in the files of a folder, without reading again what nobody touched.

use std::collections::HashMap;

use greentic_deploy_spec::{MAX_DOCUMENT_BYTES, sha256_hex};

use super::folder::Folder;
use crate::StoreError;
use crate::files::{FileKind, FileVersion};

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing is there.
    Absent,
    /// A file with bytes of this digest.
    Digest(String),
    /// Something that is no regular file.
    NotAFile,
    /// A file of so many bytes, which are more than a document may have.
    TooLarge(u64),
}

/// What was seen, and in which version of the file.
#[derive(Debug, Default)]
pub(super) struct Observations {
    seen: HashMap<String, (FileVersion, u64, String)>,
}

impl Observations {
    /// Looks at a file. It is read only when it is another one than last time: device, inode, size
    /// and times of change are compared.
    pub(super) fn look(&mut self, folder: &Folder, file: &str) -> Result<Seen, StoreError> {
        let Some(stat) = folder.stat_document(file)? else {
            self.seen.remove(file);
            return Ok(Seen::Absent);
        };
        if stat.kind != FileKind::File {
            return Ok(Seen::NotAFile);
        }
        if stat.size > MAX_DOCUMENT_BYTES as u64 {
            return Ok(Seen::TooLarge(stat.size));
        }
        if let Some((version, size, digest)) = self.seen.get(file)
            && (*version, *size) == (stat.version, stat.size)
        {
            return Ok(Seen::Digest(digest.clone()));
        }
        let Some(bytes) = folder.read(file)? else { return Ok(Seen::Absent) };
        let digest = sha256_hex(&bytes);
        self.seen.insert(file.to_owned(), (stat.version, stat.size, digest.clone()));
        Ok(Seen::Digest(digest))
    }

    /// Notes what this store just wrote, so that it is not read back.
    pub(super) fn wrote(&mut self, folder: &Folder, file: &str, digest: &str) {
        match folder.stat(file) {
            Ok(Some(stat)) if stat.kind == FileKind::File => {
                let seen = (stat.version, stat.size, digest.to_owned());
                self.seen.insert(file.to_owned(), seen);
            }
            _ => drop(self.seen.remove(file)),
        }
    }
}

impl Seen {
    /// The digest; none when nothing is there.
    pub(super) fn digest(&self) -> Option<&str> {
        match self {
            Self::Digest(digest) => Some(digest),
            Self::Absent | Self::NotAFile | Self::TooLarge(_) => None,
        }
    }

    /// Whether something is there that cannot be read as a document.
    pub(super) fn is_unreadable(&self) -> bool {
        matches!(self, Self::NotAFile | Self::TooLarge(_))
    }
}

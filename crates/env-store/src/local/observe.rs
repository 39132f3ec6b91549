//! What is in the files of a folder, without reading again what nobody touched.

use std::collections::HashMap;

use greentic_deploy_spec::sha256_hex;

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
            Self::Absent | Self::NotAFile => None,
        }
    }
}

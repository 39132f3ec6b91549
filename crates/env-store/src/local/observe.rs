//! What is in the files of a folder, without reading again what nobody touched.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use greentic_deploy_spec::sha256_hex;

use super::folder::Folder;
use crate::StoreError;
use crate::files::{FileKind, FileVersion};

/// What is in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing is there.
    Absent,
    /// Nothing is there any more: this process saw bytes of this digest before.
    Gone(String),
    /// A file with bytes of this digest.
    Digest(String),
    /// Something that is no regular file.
    NotAFile,
}

/// What was seen, and in which version of the file.
#[derive(Debug, Default)]
pub(super) struct Observations {
    seen: HashMap<String, (FileVersion, u64, String)>,
    last: LastSeen,
}

/// The digest with which each file of an environment was last seen in this process.
#[derive(Clone, Debug, Default)]
pub(super) struct LastSeen(Arc<Mutex<HashMap<String, String>>>);

impl LastSeen {
    fn note(&self, file: &str, digest: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(file).is_none_or(|known| known != digest) {
            all.insert(file.to_owned(), digest.to_owned());
        }
    }

    fn absent(&self, file: &str) -> Seen {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(file).map_or(Seen::Absent, |digest| Seen::Gone(digest.clone()))
    }
}

impl Observations {
    /// Nothing was looked at yet, but others of this process may have.
    pub(super) fn with(last: LastSeen) -> Self {
        Self { seen: HashMap::new(), last }
    }

    /// Looks at a file. It is read only when it is another one than last time: device, inode, size
    /// and times of change are compared.
    pub(super) fn look(&mut self, folder: &Folder, file: &str) -> Result<Seen, StoreError> {
        let Some(stat) = folder.stat(file)? else {
            self.seen.remove(file);
            return Ok(self.last.absent(file));
        };
        if stat.kind != FileKind::File {
            return Ok(Seen::NotAFile);
        }
        if let Some((version, size, digest)) = self.seen.get(file)
            && (*version, *size) == (stat.version, stat.size)
        {
            return Ok(Seen::Digest(digest.clone()));
        }
        let Some(bytes) = folder.read(file)? else { return Ok(self.last.absent(file)) };
        let digest = sha256_hex(&bytes);
        self.last.note(file, &digest);
        self.seen.insert(file.to_owned(), (stat.version, stat.size, digest.clone()));
        Ok(Seen::Digest(digest))
    }

    /// Notes what this store just wrote, so that it is not read back.
    pub(super) fn wrote(&mut self, folder: &Folder, file: &str, digest: &str) {
        match folder.stat(file) {
            Ok(Some(stat)) if stat.kind == FileKind::File => {
                self.last.note(file, digest);
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
            Self::Absent | Self::Gone(_) | Self::NotAFile => None,
        }
    }

    /// Whether nothing is there.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::Gone(_))
    }
}

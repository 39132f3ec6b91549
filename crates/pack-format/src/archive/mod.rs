//! Archives as sets of named files: zip and folders, read with bounds, and zip written the same every time.

mod folder;
mod zip_read;
mod zip_write;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

pub(crate) use folder::{read_folder, write_folder};
pub(crate) use zip_read::read_zip;
pub(crate) use zip_write::write_zip;

use crate::error::{FormatProblem, PackError};
use crate::limits::Limits;

/// The files of an archive by name.
pub(crate) type Files = BTreeMap<String, Arc<[u8]>>;

/// Counts what is unpacked against the limit for all of it.
pub(crate) struct Budget<'a> {
    limits: &'a Limits,
    bytes: u64,
    entries: usize,
}

impl<'a> Budget<'a> {
    pub(crate) fn new(limits: &'a Limits) -> Self {
        Self { limits, bytes: 0, entries: 0 }
    }

    /// Takes one entry into account.
    pub(crate) fn add_entry(&mut self) -> Result<(), PackError> {
        self.entries += 1;
        if self.entries > self.limits.entries {
            let limit = self.limits.entries as u64;
            return Err(PackError::TooLarge { what: "entries", limit });
        }
        Ok(())
    }

    /// Takes the bytes of a file into account, before they are unpacked.
    pub(crate) fn add_bytes(&mut self, bytes: u64) -> Result<(), PackError> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.total_bytes {
            let limit = self.limits.total_bytes;
            return Err(PackError::TooLarge { what: "bytes when unpacked", limit });
        }
        Ok(())
    }
}

/// How [`kind_of`] calls a pack.
pub(crate) const ZIP: &str = "zip archive";

/// Says what kind of file bytes are, to name it when it is the wrong one.
pub(crate) fn kind_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => Some(ZIP),
        [b'h', b's', b'q', b's', ..] => Some("SquashFS image (a `.gtbundle`?)"),
        [0, b'a', b's', b'm', ..] => Some("WebAssembly binary"),
        [0x1f, 0x8b, ..] => Some("gzip file"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd file"),
        _ if bytes.get(257..262) == Some(b"ustar") => Some("tar archive"),
        _ => None,
    }
}

/// The error for bytes that are no archive of the expected kind.
pub(crate) fn not_an(expected: &'static str, bytes: &[u8], detail: &str) -> PackError {
    let problem = match kind_of(bytes) {
        _ if bytes.is_empty() => FormatProblem::Empty,
        Some(actual) if !expected.contains(actual) => FormatProblem::Other { actual },
        _ => FormatProblem::Broken { detail: detail.to_owned() },
    };
    PackError::Format { expected, problem }
}

/// Reads a whole archive that must not be larger than its limit.
pub(crate) fn read_file(path: &Path, limits: &Limits) -> Result<Vec<u8>, PackError> {
    let limit = limits.archive_bytes;
    let bytes = read_at_most(path, limit).map_err(PackError::io("read", path))?;
    bytes.ok_or(PackError::TooLarge { what: "bytes", limit })
}

/// Opens a file that people named. A pipe, which might never end or never begin, a device or a folder is refused at once.
///
/// # Errors
/// As [`File::open`]; [`io::ErrorKind::InvalidInput`] for what is no regular file.
pub fn open_regular(path: &Path) -> io::Result<File> {
    // Looked at before it is opened: to open a pipe waits for somebody who writes.
    if std::fs::metadata(path)?.is_file() {
        return File::open(path);
    }
    let what = if path.is_dir() { "it is a folder" } else { "it is a pipe or a device" };
    Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{what}, and no regular file")))
}

/// Reads a whole file, unless it is larger than a limit.
fn read_at_most(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    // One byte more tells a file that is too large from one that just fits, whatever its length was before.
    open_regular(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= limit).then_some(bytes))
}

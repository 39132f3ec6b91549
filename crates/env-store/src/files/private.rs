use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, openat, statat};
use zeroize::Zeroizing;

use super::FileStat;

/// What is at a path that no symbolic link may lead to.
pub enum PrivateFile {
    /// Nothing.
    Absent,
    /// This part of the path is a symbolic link; it was not followed.
    Link(PathBuf),
    /// Something that is no regular file; it was not read.
    NotAFile,
    /// A regular file.
    File {
        /// What it is like.
        stat: FileStat,
        /// What it has. Wiped from memory when this is dropped.
        bytes: Zeroizing<Vec<u8>>,
    },
}

impl fmt::Debug for PrivateFile {
    /// Tells everything but the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Link(path) => f.debug_tuple("Link").field(path).finish(),
            Self::NotAFile => f.write_str("NotAFile"),
            Self::File { stat, .. } => {
                f.debug_struct("File").field("stat", stat).finish_non_exhaustive()
            }
        }
    }
}

/// Where a walk along a path ended.
enum Walked {
    Absent,
    Link(PathBuf),
    Folder(OwnedFd),
}

/// To pass through a folder, search permission is enough where the system can tell the difference.
#[cfg(target_os = "linux")]
const PASS: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const PASS: OFlags = OFlags::RDONLY;

const NEVER: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

/// Reads a file, of which each folder on the way is opened by the one before it, so that nobody can
/// put a link in between after it was looked at.
pub(super) fn read(path: &Path, limit: u64) -> io::Result<PrivateFile> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    };
    let folder = match walk(parent)? {
        Walked::Absent => return Ok(PrivateFile::Absent),
        Walked::Link(link) => return Ok(PrivateFile::Link(link)),
        Walked::Folder(folder) => folder,
    };
    // Without NONBLOCK, opening a pipe would wait for its other end.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | NEVER;
    let file = match openat(&folder, name, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(PrivateFile::Absent),
        Err(error) => {
            return match kind(&folder, name) {
                Some(FileType::Symlink) => Ok(PrivateFile::Link(path.to_owned())),
                // A socket cannot even be opened.
                Some(kind) if kind != FileType::RegularFile => Ok(PrivateFile::NotAFile),
                _ => Err(error.into()),
            };
        }
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(PrivateFile::NotAFile);
    }
    let stat = super::os::stat(&metadata);
    Ok(PrivateFile::File { stat, bytes: read_up_to(file, limit)? })
}

/// Opens a folder without following a link.
fn walk(path: &Path) -> io::Result<Walked> {
    let start = if path.has_root() { "/" } else { "." };
    let flags = PASS | OFlags::DIRECTORY | NEVER;
    let mut folder = rustix::fs::open(start, flags, Mode::empty())?;
    let mut walked = PathBuf::new();
    for part in path.components() {
        walked.push(part);
        if matches!(part, Component::RootDir | Component::CurDir) {
            continue;
        }
        folder = match openat(&folder, part.as_os_str(), flags, Mode::empty()) {
            Ok(next) => next,
            Err(rustix::io::Errno::NOENT) => return Ok(Walked::Absent),
            Err(error) => {
                return match kind(&folder, part.as_os_str()) {
                    Some(FileType::Symlink) => Ok(Walked::Link(walked)),
                    _ => Err(error.into()),
                };
            }
        };
    }
    Ok(Walked::Folder(folder))
}

/// What a name stands for: only to tell why it could not be opened.
fn kind(folder: &OwnedFd, name: &OsStr) -> Option<FileType> {
    let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    Some(FileType::from_raw_mode(stat.st_mode))
}

/// Reads a file into memory that does not move, so that no copy is left behind.
fn read_up_to(mut file: File, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let room = usize::try_from(limit.saturating_add(1)).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(vec![0; room]);
    let mut end = 0;
    while end < bytes.len() {
        match file.read(&mut bytes[end..]) {
            Ok(0) => break,
            Ok(read) => end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if end as u64 > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    bytes.truncate(end);
    Ok(bytes)
}

//! The file system as the local store sees it: the seam at which tests make each operation fail.

mod os;
mod place;
mod private;

use std::ffi::OsString;
use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use os::OsFileSystem;
pub use place::Placement;
pub use private::PrivateFile;

/// Operations on files and folders. Nothing but [`FileSystem::target`] follows a symbolic link in the
/// last part of a path.
///
/// Folders are made for this user only (0700), and so are files (0600).
pub trait FileSystem: Debug + Send + Sync {
    /// What is at a path; none when nothing is there.
    ///
    /// # Errors
    /// When it cannot be told.
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>>;

    /// The bytes of a regular file; none when nothing is there.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`] beyond `limit` bytes; when it cannot be read or is no
    /// regular file.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>>;

    /// The bytes of a regular file from an offset to its end; none when nothing is there.
    ///
    /// # Errors
    /// When it cannot be read or is no regular file.
    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>>;

    /// What is at a path that no symbolic link may lead to, in no part of it; the bytes too when it
    /// is a regular file. What is told of the file is told of the one whose bytes these are.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`] beyond `limit` bytes; when it cannot be read.
    fn read_private(&self, path: &Path, limit: u64) -> io::Result<PrivateFile>;

    /// The names in a folder, sorted; none when there is no such folder.
    ///
    /// # Errors
    /// When it cannot be read.
    fn names(&self, path: &Path) -> io::Result<Vec<OsString>>;

    /// Makes a folder. One that is there is fine.
    ///
    /// # Errors
    /// When it cannot be made.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Writes a file that must not be there yet.
    ///
    /// # Errors
    /// When it is there or cannot be written; part of it may be there then.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Adds bytes to the end of a file, which is made when it is not there.
    ///
    /// # Errors
    /// When it cannot be written; part of the bytes may be there then.
    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Cuts a file to a length.
    ///
    /// # Errors
    /// When it cannot be cut.
    fn truncate(&self, path: &Path, length: u64) -> io::Result<()>;

    /// Renames a file over another one, as one step.
    ///
    /// # Errors
    /// When it cannot be renamed.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file a second name, which must be free.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`]; when it cannot be made.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. One that is absent is removed already.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes an empty folder. One that is absent is removed already.
    ///
    /// # Errors
    /// When it is not empty or cannot be removed.
    fn remove_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes the bytes of a file, or the names in a folder, survive a power cut.
    ///
    /// # Errors
    /// When the disk refuses.
    fn sync(&self, path: &Path) -> io::Result<()>;

    /// Takes the exclusive lock of a file (`flock`), which is made when it is not there. It is free
    /// again when the value is dropped or the process ends. Waiters get it in their order.
    ///
    /// # Errors
    /// [`io::ErrorKind::TimedOut`] when it was not free in time; when it cannot be taken.
    fn lock(&self, path: &Path, patience: Duration) -> io::Result<Box<dyn Send + Sync>>;

    /// The file or folder that a path leads to once all links on the way are followed.
    ///
    /// # Errors
    /// When it leads nowhere.
    fn target(&self, path: &Path) -> io::Result<PathBuf> {
        path.canonicalize()
    }

    /// The kind of file system that a path is on.
    ///
    /// # Errors
    /// When it cannot be told.
    fn placement(&self, path: &Path) -> io::Result<Placement>;
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStat {
    /// What it is.
    pub kind: FileKind,
    /// Size in bytes.
    pub size: u64,
    /// Permission bits.
    pub mode: u32,
    /// The owner's number.
    pub owner: u32,
    /// Which file it is, and when it was last written: the same for two looks at a file that nobody
    /// touched in between.
    pub version: FileVersion,
}

/// Which file, and when it was last written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileVersion {
    /// Device and inode.
    pub identity: (u64, u64),
    /// Last change of the bytes, in nanoseconds.
    pub modified: i128,
    /// Last change of bytes or names, in nanoseconds.
    pub changed: i128,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A socket, pipe or device.
    Other,
}

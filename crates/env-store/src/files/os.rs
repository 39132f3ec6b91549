use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use rustix::fs::OFlags;

use super::{FileKind, FileStat, FileSystem, FileVersion, Placement, PrivateFile, private};

/// The file system of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsFileSystem;

const PRIVATE_FILE: u32 = 0o600;
const PRIVATE_FOLDER: u32 = 0o700;

fn absent<T>(error: io::Error, otherwise: T) -> io::Result<T> {
    // A file where a folder was expected means just as well that nothing is there.
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(otherwise),
        _ => Err(error),
    }
}

fn flags() -> i32 {
    // Without NONBLOCK, opening a pipe would wait for its other end.
    (OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK).bits().cast_signed()
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match OpenOptions::new().read(true).custom_flags(flags()).open(path) {
        Ok(file) if file.metadata()?.is_file() => Ok(Some(file)),
        Ok(_) => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
        Err(error) => absent(error, None),
    }
}

fn writable(options: &mut OpenOptions) -> &mut OpenOptions {
    options.write(true).mode(PRIVATE_FILE).custom_flags(flags())
}

impl FileSystem for OsFileSystem {
    fn stat(&self, path: &Path) -> io::Result<Option<FileStat>> {
        match fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(stat(&metadata))),
            Err(error) => absent(error, None),
        }
    }

    fn read(&self, path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = open(path)? else { return Ok(None) };
        let size = file.metadata()?.len();
        let mut bytes =
            Vec::with_capacity(usize::try_from(size.min(limit)).unwrap_or_default() + 1);
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(bytes))
    }

    fn read_from(&self, path: &Path, offset: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(mut file) = open(path)? else { return Ok(None) };
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn read_private(&self, path: &Path, limit: u64) -> io::Result<PrivateFile> {
        private::read(path, limit)
    }

    fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return absent(error, Vec::new()),
        };
        let mut names =
            entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        match fs::DirBuilder::new().mode(PRIVATE_FOLDER).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
            made => made,
        }
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        writable(OpenOptions::new().create_new(true)).open(path)?.write_all(bytes)
    }

    fn append(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        writable(OpenOptions::new().create(true).append(true)).open(path)?.write_all(bytes)
    }

    fn truncate(&self, path: &Path, length: u64) -> io::Result<()> {
        writable(&mut OpenOptions::new()).open(path)?.set_len(length)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path).or_else(|error| absent(error, ()))
    }

    fn remove_dir(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir(path).or_else(|error| absent(error, ()))
    }

    fn sync(&self, path: &Path) -> io::Result<()> {
        OpenOptions::new().read(true).custom_flags(flags()).open(path)?.sync_all()
    }

    fn lock(&self, path: &Path, patience: Duration) -> io::Result<Box<dyn Send + Sync>> {
        lock(path, patience).map(|file| Box::new(file) as Box<dyn Send + Sync>)
    }

    fn placement(&self, path: &Path) -> io::Result<Placement> {
        placement(path)
    }
}

pub(super) fn stat(metadata: &fs::Metadata) -> FileStat {
    let nanoseconds =
        |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
    let kind = match metadata.file_type() {
        kind if kind.is_file() => FileKind::File,
        kind if kind.is_dir() => FileKind::Folder,
        kind if kind.is_symlink() => FileKind::Link,
        _ => FileKind::Other,
    };
    FileStat {
        kind,
        size: metadata.len(),
        mode: metadata.mode() & 0o7777,
        owner: metadata.uid(),
        version: FileVersion {
            identity: (metadata.dev(), metadata.ino()),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
        },
    }
}

/// Takes the lock of the file that has this name once the lock is ours. A file that was removed
/// while we waited is nobody's lock any more.
///
/// The kernel lets whoever asks first have a lock that was just freed, so that one who frees it and
/// asks again would keep all others waiting. Therefore everybody of us takes the lock of the folder
/// first, holds it only until the file's is taken, and so lets others go ahead after each turn.
fn lock(path: &Path, patience: Duration) -> io::Result<File> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let turn = File::open(folder.unwrap_or(Path::new(".")))?;
    loop {
        let file = writable(OpenOptions::new().read(true).create(true)).open(path)?;
        let file = if try_lock(&turn)? && try_lock(&file)? {
            turn.unlock()?;
            file
        } else if patience.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        } else {
            wait_for(turn.try_clone()?, file, patience)?
        };
        let ours = file.metadata()?;
        match fs::symlink_metadata(path) {
            Ok(named) if (named.dev(), named.ino()) == (ours.dev(), ours.ino()) => return Ok(file),
            Ok(_) => {}
            Err(error) => absent(error, ())?,
        }
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Threads that wait for a lock although whoever sent them gave up.
static GIVEN_UP: AtomicUsize = AtomicUsize::new(0);
/// With so many of them, somebody keeps a lock for good; then waiting is done without a thread.
const MOST_GIVEN_UP: usize = 16;

/// Waits in the kernel's queue, which is fair, on a thread of its own, because such a wait has no
/// time limit. A thread that is given up gets the lock some time and lets go of it at once.
fn wait_for(turn: File, file: File, patience: Duration) -> io::Result<File> {
    if GIVEN_UP.load(Ordering::Relaxed) >= MOST_GIVEN_UP {
        return ask_again_and_again(&turn, file, patience);
    }
    let (give, take) = mpsc::sync_channel(0);
    std::thread::Builder::new().name("lock".to_owned()).spawn(move || {
        // What this process locked before it came here stays locked; the clone is the same open file.
        let locked = turn.lock().and_then(|()| file.lock()).and_then(|()| turn.unlock());
        // Nobody takes it when patience is over.
        if give.send(locked.map(|()| file)).is_err() {
            GIVEN_UP.fetch_sub(1, Ordering::Relaxed);
        }
    })?;
    take.recv_timeout(patience).unwrap_or_else(|_| {
        GIVEN_UP.fetch_add(1, Ordering::Relaxed);
        Err(io::ErrorKind::TimedOut.into())
    })
}

fn ask_again_and_again(turn: &File, file: File, patience: Duration) -> io::Result<File> {
    const PAUSE: Duration = Duration::from_millis(10);
    let mut left = patience;
    while !left.is_zero() {
        if try_lock(turn)? {
            let taken = try_lock(&file)?;
            turn.unlock()?;
            if taken {
                return Ok(file);
            }
        }
        std::thread::park_timeout(PAUSE);
        left = left.saturating_sub(PAUSE);
    }
    Err(io::ErrorKind::TimedOut.into())
}

#[cfg(target_os = "linux")]
fn placement(path: &Path) -> io::Result<Placement> {
    let found = rustix::fs::statfs(path)?;
    Ok(Placement::of_magic(found.f_type.cast_unsigned()))
}

#[cfg(target_vendor = "apple")]
fn placement(path: &Path) -> io::Result<Placement> {
    let found = rustix::fs::statfs(path)?;
    let name: String = found
        .f_fstypename
        .iter()
        .take_while(|byte| **byte != 0)
        .map(|byte| char::from(byte.cast_unsigned()))
        .collect();
    Ok(Placement::of_name(&name))
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn placement(_path: &Path) -> io::Result<Placement> {
    Ok(Placement::Local)
}

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::SocketError;
use super::socket::{PAUSE, TRIES, named};

/// Longer texts are no gateway's.
const LONGEST: u64 = 128;

/// The socket of the administration is this process's, until this is dropped. Made by
/// [`AdminSocket::claim`](super::AdminSocket::claim).
///
/// It is the lock of the file beside the socket, which goes with the process however that ends, and
/// which says who has it: the process's id and, once it listens, its address.
#[derive(Debug)]
pub struct Claim {
    file: File,
}

/// What a claim says of its process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Owner {
    process: Option<u32>,
    listen_addr: Option<SocketAddr>,
}

impl Claim {
    /// Takes the lock of a socket. The file stays: who waits for the lock of one that is removed has
    /// another lock than who comes later.
    pub(super) fn take(path: &Path) -> Result<Self, SocketError> {
        let lock = named(path, "", ".lock");
        let io = |source| SocketError::Io { path: lock.clone(), source };
        // Whoever may write to the folder could let a link lead to another file of this user.
        if fs::symlink_metadata(&lock).is_ok_and(|found| !found.is_file()) {
            return Err(SocketError::NoLock { path: lock });
        }
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&lock).map_err(io)?;
        if !locked(&file).map_err(io)? {
            let Owner { process, listen_addr } = Owner::of(&file);
            return Err(SocketError::Live { path: path.to_owned(), process, listen_addr });
        }
        let claim = Self { file };
        claim.tell(None).map_err(io)?;
        Ok(claim)
    }

    /// Says to those who come later who has the socket. In one piece: they read meanwhile.
    pub(crate) fn tell(&self, listen_addr: Option<SocketAddr>) -> io::Result<()> {
        let listens = listen_addr.map_or_else(String::new, |address| format!("{address}\n"));
        let text = format!("{}\n{listens}", std::process::id());
        let mut file = &self.file;
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(text.as_bytes())
    }
}

impl Owner {
    /// Whatever of it can be read.
    fn of(file: &File) -> Self {
        let mut text = String::new();
        if file.take(LONGEST).read_to_string(&mut text).is_err() {
            return Self::default();
        }
        let mut lines = text.lines();
        let process = lines.next().and_then(|line| line.parse().ok());
        Self { process, listen_addr: lines.next().and_then(|line| line.parse().ok()) }
    }
}

/// Whether the lock can be had.
fn locked(file: &File) -> io::Result<bool> {
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(TryLockError::Error(source)) => return Err(source),
        }
    }
    Ok(false)
}

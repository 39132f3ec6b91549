use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};

use tokio::net::UnixListener;

use super::Claim;

/// The socket's name in the environment's folder.
pub const SOCKET_NAME: &str = "gateway.sock";

/// The longest path that every platform takes, in bytes, without the dot that the name begins with
/// until the socket is ready.
const LONGEST_PATH: usize = 102;

/// How often something is tried that another process has, and the pause between: one that was killed has
/// it until the system has taken it down.
pub(super) const TRIES: u32 = 15;
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Where the socket of the administration is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AdminSocket {
    /// [`SOCKET_NAME`] in the environment's folder.
    #[default]
    InEnvironment,
    /// There: for folders whose path is too long for a socket.
    At(PathBuf),
    /// Nowhere: for gateways beside another one that has the socket.
    Nowhere,
}

/// The socket of the administration cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// Another gateway has it, or another program.
    #[error("{} has {path}; stop it, or serve another environment", shown(*process))]
    Live {
        /// The socket.
        path: PathBuf,
        /// The id of its process, when it says so.
        process: Option<u32>,
        /// Where it listens, when it does and says so.
        listen_addr: Option<SocketAddr>,
    },
    /// Something that is no socket is in its place.
    #[error("{path} is no socket; move it away")]
    InTheWay {
        /// What is there.
        path: PathBuf,
    },
    /// Something that is no file is in the place of its lock.
    #[error("{path} is no file; move it away")]
    NoLock {
        /// What is there.
        path: PathBuf,
    },
    /// Its path is too long for a socket.
    #[error(
        "the path of a socket has at most {LONGEST_PATH} bytes, and {path} has more; name a shorter one"
    )]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// It, or its lock, cannot be made.
    #[error(
        "cannot make {path}; let this user write to its folder, or remove what another user left there"
    )]
    Io {
        /// The socket, or its lock.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl SocketError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Live { .. } => "gateway-running",
            Self::InTheWay { .. } | Self::NoLock { .. } => "socket-in-the-way",
            Self::TooLong { .. } => "socket-path-too-long",
            Self::Io { .. } => "socket-io",
        }
    }
}

fn shown(process: Option<u32>) -> String {
    match process {
        Some(id) => format!("a gateway that runs (process {id})"),
        None => "a program that runs".to_owned(),
    }
}

/// A socket that is listened on. Its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Bound {
    path: PathBuf,
    inode: (u64, u64),
}

impl AdminSocket {
    /// Whether the path of the socket is short enough for one.
    #[must_use]
    pub fn fits(&self, env_root: &Path) -> bool {
        self.path(env_root).is_none_or(|path| path.as_os_str().len() <= LONGEST_PATH)
    }

    fn path(&self, env_root: &Path) -> Option<PathBuf> {
        match self {
            Self::InEnvironment => Some(env_root.join(SOCKET_NAME)),
            Self::At(path) => Some(path.clone()),
            Self::Nowhere => None,
        }
    }

    /// Claims the socket for this process: before it does anything that only the one gateway of an
    /// environment may do. None when no socket is wanted. The path may be too long for the socket itself.
    ///
    /// Blocks, for less than a second when another process has it.
    ///
    /// # Errors
    /// [`SocketError::Live`] with who has it, [`SocketError::NoLock`], [`SocketError::Io`].
    pub fn claim(&self, env_root: &Path) -> Result<Option<Claim>, SocketError> {
        self.path(env_root).map(|path| Claim::take(&path)).transpose()
    }

    /// Listens on the socket, which this process has claimed; what a gateway that is gone left behind is
    /// replaced. Blocks.
    pub(crate) fn bind(
        &self,
        env_root: &Path,
    ) -> Result<Option<(UnixListener, Bound)>, SocketError> {
        let Some(path) = self.path(env_root) else { return Ok(None) };
        if !self.fits(env_root) {
            return Err(SocketError::TooLong { path });
        }
        refuse_live(&path)?;
        bind_whole(&path).map(Some).map_err(|source| SocketError::Io { path, source })
    }
}

/// The path with another name.
pub(super) fn named(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(path.file_name().unwrap_or(OsStr::new("")));
    name.push(after);
    path.with_file_name(name)
}

/// Fails when somebody listens who does not have the lock: that is no gateway.
fn refuse_live(path: &Path) -> Result<(), SocketError> {
    for _ in 0..TRIES {
        if !is_live(path)? {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    Err(SocketError::Live { path: path.to_owned(), process: None, listen_addr: None })
}

fn is_live(path: &Path) -> Result<bool, SocketError> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(SocketError::Io { path: path.to_owned(), source }),
        Ok(found) if !found.file_type().is_socket() => {
            Err(SocketError::InTheWay { path: path.to_owned() })
        }
        Ok(_) => Ok(UnixStream::connect(path).is_ok()),
    }
}

/// The socket gets its name once only this user may open it.
fn bind_whole(path: &Path) -> io::Result<(UnixListener, Bound)> {
    let temporary = named(path, ".", "");
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&temporary)?;
    fs::set_permissions(&temporary, fs::Permissions::from_mode(0o600))?;
    let metadata = fs::symlink_metadata(&temporary)?;
    fs::rename(&temporary, path)?;
    let inode = (metadata.dev(), metadata.ino());
    Ok((listener, Bound { path: path.to_owned(), inode }))
}

impl Drop for Bound {
    fn drop(&mut self) {
        // The folder may have been made anew, with another gateway.
        let now = fs::symlink_metadata(&self.path).map(|now| (now.dev(), now.ino()));
        if now.is_ok_and(|now| now == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

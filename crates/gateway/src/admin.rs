//! Administration: HTTP over a socket in the environment's folder, for whoever may open it.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::{Method, Request, StatusCode};
use serde_json::json;
use tokio::net::UnixListener;
use ulid::Ulid;

use crate::gate::Gate;
use crate::http::{ApiError, Reply, View, json_reply, status};

/// The socket's name in the environment's folder.
pub const SOCKET_NAME: &str = "gateway.sock";

/// The longest path that every platform takes, in bytes.
const LONGEST_PATH: usize = 103;

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
    /// Another gateway has it.
    #[error("a gateway that runs has {path}; stop it, or serve another environment")]
    Live {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is no socket is in its place.
    #[error("{path} is no socket; move it away")]
    InTheWay {
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
    /// It cannot be made.
    #[error("cannot make {path}; let this user write to its folder")]
    Io {
        /// The socket.
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
            Self::InTheWay { .. } => "socket-in-the-way",
            Self::TooLong { .. } => "socket-path-too-long",
            Self::Io { .. } => "socket-io",
        }
    }
}

/// A socket that is listened on. Its file goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Bound {
    path: PathBuf,
    inode: (u64, u64),
}

impl AdminSocket {
    fn path(&self, env_root: &Path) -> Option<PathBuf> {
        match self {
            Self::InEnvironment => Some(env_root.join(SOCKET_NAME)),
            Self::At(path) => Some(path.clone()),
            Self::Nowhere => None,
        }
    }

    /// Listens on the socket. What a gateway that is gone left behind is replaced. `own` names the
    /// socket until it is ready. Blocks for a moment.
    pub(crate) fn bind(
        &self,
        env_root: &Path,
        own: Ulid,
    ) -> Result<Option<(UnixListener, Bound)>, SocketError> {
        let Some(path) = self.path(env_root) else { return Ok(None) };
        // The last letters are those that are random.
        let own = own.to_string();
        let temporary = path.with_file_name(format!(".gw-{}", own.get(18..).unwrap_or(&own)));
        let longest = path.as_os_str().len().max(temporary.as_os_str().len());
        if longest > LONGEST_PATH {
            return Err(SocketError::TooLong { path });
        }
        refuse_live(&path)?;
        let bound = bind_whole(&temporary, &path);
        if bound.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        bound.map(Some).map_err(|source| SocketError::Io { path, source })
    }
}

fn refuse_live(path: &Path) -> Result<(), SocketError> {
    use std::os::unix::fs::FileTypeExt as _;
    let path = path.to_owned();
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(SocketError::Io { path, source }),
        Ok(metadata) if !metadata.file_type().is_socket() => Err(SocketError::InTheWay { path }),
        Ok(_) => match UnixStream::connect(&path) {
            Ok(_) => Err(SocketError::Live { path }),
            Err(_) => Ok(()),
        },
    }
}

/// The socket gets its name once only this user may open it.
fn bind_whole(temporary: &Path, path: &Path) -> io::Result<(UnixListener, Bound)> {
    let listener = UnixListener::bind(temporary)?;
    fs::set_permissions(temporary, fs::Permissions::from_mode(0o600))?;
    let metadata = fs::symlink_metadata(temporary)?;
    fs::rename(temporary, path)?;
    let inode = (metadata.dev(), metadata.ino());
    Ok((listener, Bound { path: path.to_owned(), inode }))
}

impl Drop for Bound {
    fn drop(&mut self) {
        // Another gateway may have replaced it meanwhile.
        let now = fs::symlink_metadata(&self.path).map(|now| (now.dev(), now.ino()));
        if now.is_ok_and(|now| now == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Answers a request of whoever may open the socket.
pub(crate) async fn answer(gate: Arc<Gate>, request: Request<Incoming>) -> Reply {
    let (method, path) = (request.method(), request.uri().path());
    match (method, path) {
        (&Method::GET, "/status") => json_reply(StatusCode::OK, &status(&gate, View::Full).await),
        (&Method::GET, "/revisions") => {
            let status = status(&gate, View::Full).await;
            let revisions: Vec<_> =
                status.deployments.into_iter().flat_map(|one| one.revisions).collect();
            json_reply(StatusCode::OK, &json!({ "revisions": revisions }))
        }
        (&Method::POST, "/reload") => {
            gate.reload.notify_one();
            let generation = gate.news.seen();
            json_reply(
                StatusCode::ACCEPTED,
                &json!({ "reloading": true, "generation": generation }),
            )
        }
        (_, "/status" | "/revisions" | "/reload") => ApiError::method().reply(),
        _ => ApiError::not_found("no-such-operation", "the administration has no such operation")
            .with_hint("it has GET /status, GET /revisions and POST /reload")
            .reply(),
    }
}

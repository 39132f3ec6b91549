//! A gateway that serves an environment already.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use greentic_deploy_spec::RevisionId;
use greentic_gateway::SOCKET_NAME;
use serde_json::Value;

/// A gateway that runs on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is read of its status at most.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A gateway that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Running {
    /// Where it listens, if it says so.
    pub(crate) listen_addr: Option<SocketAddr>,
}

/// How often a socket is asked that takes callers and does not answer, and the pause between: the
/// socket of a gateway that was killed does so until the system has taken it down.
const TRIES: u32 = 15;
const PAUSE: Duration = Duration::from_millis(50);

/// The gateway that has the socket in an environment's folder. None when nobody answers there.
pub(crate) fn running(env_root: &Path) -> Option<Running> {
    asked(env_root, PATIENCE)
}

/// The same, after a second chance for a gateway that is going. Blocks for a moment.
pub(super) fn settled(env_root: &Path) -> Option<Running> {
    for _ in 1..TRIES {
        match asked(env_root, PAUSE)? {
            Running { listen_addr: None } => std::thread::sleep(PAUSE),
            answers => return Some(answers),
        }
    }
    running(env_root)
}

fn asked(env_root: &Path, patience: Duration) -> Option<Running> {
    let stream = UnixStream::connect(env_root.join(SOCKET_NAME)).ok()?;
    Some(Running { listen_addr: listen_addr(stream, patience) })
}

/// How many conversations wait in a revision; none when no gateway says so.
pub(crate) fn waiting_in(env_root: &Path, revision_id: RevisionId) -> Option<u64> {
    let stream = UnixStream::connect(env_root.join(SOCKET_NAME)).ok()?;
    let (status, id) = (status(stream, PATIENCE)?, revision_id.to_string());
    let deployments = status.get("deployments")?.as_array()?.iter();
    let mut revisions = deployments.filter_map(|one| one.get("revisions")?.as_array()).flatten();
    let of = |one: &&Value| one.get("revision_id").and_then(Value::as_str) == Some(&id);
    revisions.find(of)?.get("parked_conversations")?.as_u64()
}

fn listen_addr(stream: UnixStream, patience: Duration) -> Option<SocketAddr> {
    status(stream, patience)?.get("listen_addr")?.as_str()?.parse().ok()
}

fn status(mut stream: UnixStream, patience: Duration) -> Option<Value> {
    stream.set_read_timeout(Some(patience)).ok()?;
    stream.set_write_timeout(Some(patience)).ok()?;
    stream.write_all(b"GET /status HTTP/1.0\r\nHost: gateway\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut answer).ok()?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    serde_json::from_slice(answer.get(head + 4..)?).ok()
}

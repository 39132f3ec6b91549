//! A gateway that serves an environment already.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use greentic_gateway::SOCKET_NAME;
use serde_json::Value;

/// A gateway that runs on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is read of its status at most.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// A gateway that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// Where it listens, if it says so.
    pub(super) listen_addr: Option<SocketAddr>,
}

/// The gateway that has the socket in an environment's folder. None when nobody answers there.
pub(super) fn running(env_root: &Path) -> Option<Running> {
    let stream = UnixStream::connect(env_root.join(SOCKET_NAME)).ok()?;
    Some(Running { listen_addr: listen_addr(stream) })
}

fn listen_addr(mut stream: UnixStream) -> Option<SocketAddr> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"GET /status HTTP/1.0\r\nHost: gateway\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut answer).ok()?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let status: Value = serde_json::from_slice(answer.get(head + 4..)?).ok()?;
    status.get("listen_addr")?.as_str()?.parse().ok()
}

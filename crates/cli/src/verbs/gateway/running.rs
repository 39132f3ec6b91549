//! A gateway that serves an environment already.

use std::io::{Read as _, Write as _};
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

/// Whether a gateway takes callers on the socket in an environment's folder.
pub(crate) fn is_running(env_root: &Path) -> bool {
    UnixStream::connect(env_root.join(SOCKET_NAME)).is_ok()
}

/// How many conversations wait in a revision; none when no gateway says so.
pub(crate) fn waiting_in(env_root: &Path, revision_id: RevisionId) -> Option<u64> {
    let stream = UnixStream::connect(env_root.join(SOCKET_NAME)).ok()?;
    let (status, id) = (status(stream)?, revision_id.to_string());
    let deployments = status.get("deployments")?.as_array()?.iter();
    let mut revisions = deployments.filter_map(|one| one.get("revisions")?.as_array()).flatten();
    let of = |one: &&Value| one.get("revision_id").and_then(Value::as_str) == Some(&id);
    revisions.find(of)?.get("parked_conversations")?.as_u64()
}

fn status(mut stream: UnixStream) -> Option<Value> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.set_write_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(b"GET /status HTTP/1.0\r\nHost: gateway\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut answer).ok()?;
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    serde_json::from_slice(answer.get(head + 4..)?).ok()
}

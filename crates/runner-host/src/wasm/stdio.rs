//! WASI for guests: clocks and random work, variables and folders as the policy says, everything else
//! is there and denied. What a guest prints goes into the log, up to its bound.

use std::sync::Arc;

use bytes::Bytes;
use greentic_env_pack::GuestSource;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder};

use super::guest::{Guest, Identity};
use super::guest_log::GuestLog;
use super::{CallError, FolderAccess};

/// Bytes of random that a guest gets at once.
const MAX_RANDOM: u64 = 64 * 1024;
/// Bytes that are taken from a guest's output at once.
const CHUNK: usize = 4096;

/// The WASI of one call without folders.
pub(super) fn wasi(guest: &Guest, log: &GuestLog) -> WasiCtx {
    builder(guest, log).build()
}

/// The WASI of one call with the folders of its policy. They are opened on a thread that may wait.
pub(super) async fn with_folders(guest: &Guest, log: &GuestLog) -> Result<WasiCtx, CallError> {
    let (mut builder, policy) = (builder(guest, log), Arc::clone(&guest.grants.wasi));
    let open = move || {
        for folder in &policy.preopens {
            let access = match folder.access {
                FolderAccess::Read => FsPerms::ReadOnly,
                FolderAccess::ReadWrite => FsPerms::ReadWrite,
            };
            let opened = builder.preopened_dir(&folder.host_path, &folder.guest_path, access);
            opened.map_err(|_| CallError::Folder { path: folder.guest_path.clone() })?;
        }
        Ok(builder.build())
    };
    let stopped = CallError::Folder { path: String::new() };
    tokio::task::spawn_blocking(open).await.unwrap_or(Err(stopped))
}

fn builder(guest: &Guest, log: &GuestLog) -> WasiCtxBuilder {
    let mut builder = WasiCtxBuilder::new();
    builder
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM);
    for (name, value) in &guest.grants.wasi.env {
        builder.env(name, value);
    }
    if guest.grants.telemetry {
        builder.stdout(GuestOutput::new(GuestSource::Stdout, guest, log));
        builder.stderr(GuestOutput::new(GuestSource::Stderr, guest, log));
    }
    builder
}

/// A guest's standard output or error.
struct GuestOutput {
    source: GuestSource,
    identity: Arc<Identity>,
    log: GuestLog,
}

impl GuestOutput {
    fn new(source: GuestSource, guest: &Guest, log: &GuestLog) -> Self {
        Self { source, identity: Arc::clone(&guest.identity), log: log.clone() }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only asked for by versions of WASI that are not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(LineWriter {
            source: self.source,
            identity: Arc::clone(&self.identity),
            log: self.log.clone(),
            line: Vec::new(),
        })
    }
}

/// Turns what is written into log entries, one for each line.
struct LineWriter {
    source: GuestSource,
    identity: Arc<Identity>,
    log: GuestLog,
    line: Vec<u8>,
}

impl LineWriter {
    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = self.log.line(self.source, String::from_utf8_lossy(&self.line).trim_end());
        tracing::info!(
            target: "greentic::guest",
            tenant = self.identity.tenant,
            pack = self.identity.pack,
            stream = ?self.source,
            line,
        );
        self.line.clear();
    }
}

impl OutputStream for LineWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let kept = self.log.take(bytes.len());
        for piece in bytes.slice(..kept).split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            // A line is as long as it is: a secret that was cut in two would be seen.
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

#[async_trait::async_trait]
impl Pollable for LineWriter {
    async fn ready(&mut self) {}
}

impl Drop for LineWriter {
    fn drop(&mut self) {
        self.end_line();
    }
}

//! WASI for guests: clocks and random work, everything else is there and denied. What a guest prints
//! goes into the log, up to its bound.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder};

use super::guest::{Guest, Identity};

/// Bytes of random that a guest gets at once.
const MAX_RANDOM: u64 = 64 * 1024;
/// Bytes that are taken from a guest's output at once.
const CHUNK: usize = 4096;

/// What a guest may still write into the log. All its ways to write share it.
#[derive(Clone, Debug)]
pub(super) struct Budget(Arc<AtomicUsize>);

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Takes from the budget; tells how much of it was there.
    pub(super) fn take(&self, wanted: usize) -> usize {
        let take = |left: usize| Some(left.saturating_sub(wanted));
        let left = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        left.unwrap_or_else(|left| left).min(wanted)
    }
}

/// The WASI of one call.
pub(super) fn wasi(guest: &Guest, log: &Budget) -> WasiCtx {
    let mut builder = WasiCtxBuilder::new();
    builder
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .max_random_size(MAX_RANDOM);
    if guest.grants.telemetry {
        builder.stdout(GuestOutput::new("stdout", guest, log));
        builder.stderr(GuestOutput::new("stderr", guest, log));
    }
    builder.build()
}

/// A guest's standard output or error.
struct GuestOutput {
    stream: &'static str,
    identity: Arc<Identity>,
    log: Budget,
}

impl GuestOutput {
    fn new(stream: &'static str, guest: &Guest, log: &Budget) -> Self {
        Self { stream, identity: Arc::clone(&guest.identity), log: log.clone() }
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
            stream: self.stream,
            identity: Arc::clone(&self.identity),
            log: self.log.clone(),
            line: Vec::new(),
        })
    }
}

/// Turns what is written into log entries, one for each line.
struct LineWriter {
    stream: &'static str,
    identity: Arc<Identity>,
    log: Budget,
    line: Vec<u8>,
}

impl LineWriter {
    fn end_line(&mut self) {
        if self.line.is_empty() {
            return;
        }
        let line = String::from_utf8_lossy(&self.line);
        tracing::info!(
            target: "greentic::guest",
            tenant = self.identity.tenant,
            pack = self.identity.pack,
            stream = self.stream,
            line = line.trim_end(),
        );
        self.line.clear();
    }
}

impl OutputStream for LineWriter {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        let kept = self.log.take(bytes.len());
        for piece in bytes.slice(..kept).split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= CHUNK {
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

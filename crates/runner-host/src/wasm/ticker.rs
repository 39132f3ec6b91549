use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use wasmtime::Engine;

use super::WasmError;

/// Advances an engine's epoch until it is dropped.
#[derive(Debug)]
pub(super) struct Ticker {
    /// Nothing is ever sent: its end is the message.
    _alive: Sender<()>,
}

impl Ticker {
    pub(super) fn start(engine: &Engine, tick: Duration) -> Result<Self, WasmError> {
        // An epoch that never advances would be a deadline that never comes.
        let tick = tick.max(Duration::from_millis(1));
        let (alive, ended) = mpsc::channel();
        let engine = engine.weak();
        thread::Builder::new()
            .name("greentic-epochs".to_owned())
            .spawn(move || {
                while ended.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
                    let Some(engine) = engine.upgrade() else { break };
                    engine.increment_epoch();
                }
            })
            .map_err(|source| WasmError::Ticker { source })?;
        Ok(Self { _alive: alive })
    }
}

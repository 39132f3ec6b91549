use tokio::time::Instant;
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::engine::WasmEngine;
use super::guest::Guest;
use super::guest_log::GuestLog;
use super::{CallError, stdio};

/// Core instances, tables and memories of one call.
const MAX_INSTANCES: usize = 64;
/// Handles that a guest may hold at once.
const MAX_HANDLES: usize = 4096;

/// Why the host ended a call. Travels through the engine as the error of the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stop {
    #[error("the time is over")]
    Deadline,
    #[error("too much memory")]
    Memory,
    #[error("too many table elements")]
    Tables,
    #[error("{0} is not granted")]
    Denied(String),
}

/// All that belongs to one call of a component.
pub(super) struct CallState {
    pub(super) guest: Guest,
    /// When the call has to have ended.
    pub(super) deadline: Instant,
    /// What the guest may still write into the log.
    pub(super) log: GuestLog,
    used_memory: usize,
    used_table_elements: usize,
    /// Made when the guest first asks for it: many never do.
    wasi: Option<WasiCtx>,
    resources: ResourceTable,
}

impl CallState {
    fn new(guest: Guest, log: GuestLog, wasi: Option<WasiCtx>, deadline: Instant) -> Self {
        Self {
            guest,
            deadline,
            log,
            used_memory: 0,
            used_table_elements: 0,
            wasi,
            resources: ResourceTable::new(),
        }
    }
}

/// The store that one call runs in: it stops the guest at its bounds.
pub(super) async fn store(
    engine: &WasmEngine,
    guest: Guest,
    deadline: Instant,
) -> Result<Store<CallState>, CallError> {
    let transfer = guest.limits.transfer;
    let log = GuestLog::new(&guest);
    let wasi = if guest.grants.wasi.preopens.is_empty() {
        None
    } else {
        Some(stdio::with_folders(&guest, &log).await?)
    };
    let mut store = Store::new(engine.engine(), CallState::new(guest, log, wasi, deadline));
    store.limiter(|state| state);
    store.set_hostcall_fuel(transfer);
    store.set_max_component_handles(MAX_HANDLES);
    store.set_epoch_deadline(1);
    // Each tick, a guest that runs lets others run, and is stopped when its time is over.
    store.epoch_deadline_callback(|store| {
        if Instant::now() >= store.data().deadline {
            return Err(Stop::Deadline.into());
        }
        Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
    });
    Ok(store)
}

impl ResourceLimiter for CallState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used_memory.saturating_add(desired.saturating_sub(current));
        if used > self.guest.limits.memory {
            return Err(Stop::Memory.into());
        }
        self.used_memory = used;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        // The slot is full: its size is the engine's own limit.
        Err(Stop::Memory.into())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let used = self.used_table_elements.saturating_add(desired.saturating_sub(current));
        if used > self.guest.limits.table_elements {
            return Err(Stop::Tables.into());
        }
        self.used_table_elements = used;
        Ok(true)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        Err(Stop::Tables.into())
    }

    fn instances(&self) -> usize {
        MAX_INSTANCES
    }

    fn tables(&self) -> usize {
        MAX_INSTANCES
    }

    fn memories(&self) -> usize {
        MAX_INSTANCES
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Self { wasi, resources, guest, log, .. } = self;
        let ctx = wasi.get_or_insert_with(|| stdio::wasi(guest, log));
        WasiCtxView { ctx, table: resources }
    }
}

use std::sync::Arc;

use tokio::time::{self, Instant};
use wasmtime::component::{ComponentExportIndex, ComponentNamedList, Lift, Lower};
use wasmtime::{PoolConcurrencyLimitError, Trap};
use wasmtime_wasi::I32Exit;

use super::error::reason;
use super::store::{self, Stop};
use super::{CallError, Component, Guest};

/// Calls a function of a component in an instance of its own, within the guest's bounds.
///
/// Nothing of the call is left when it ends, also when the caller drops it before.
pub(super) async fn call<P, R>(
    component: &Component,
    guest: Guest,
    export: &ComponentExportIndex,
    params: P,
) -> Result<R, CallError>
where
    P: ComponentNamedList + Lower + Send + Sync,
    R: ComponentNamedList + Lift + Send + Sync + 'static,
{
    let bounds = Bounds::of(&guest);
    let now = Instant::now();
    let deadline = now.checked_add(guest.limits.deadline).unwrap_or(now);
    // Given back after the store: a turn stands for a free slot.
    let turns = component.engine.turns();
    let identity = Arc::clone(&guest.identity);
    let _turn = turns.take(&identity.tenant, deadline).await?;
    let mut store = store::store(&component.engine, guest, deadline).await?;
    let run = async {
        let instance = component.linked.pre.instantiate_async(&mut store).await?;
        let function = instance.get_typed_func::<P, R>(&mut store, export)?;
        function.call_async(&mut store, params).await
    };
    match time::timeout_at(deadline, run).await {
        Ok(answer) => answer.map_err(|error| bounds.error(&error)),
        Err(_) => Err(CallError::Deadline { limit: bounds.deadline }),
    }
}

/// The bounds that an error may have to name.
struct Bounds {
    deadline: std::time::Duration,
    memory: usize,
    table_elements: usize,
    transfer: usize,
}

impl Bounds {
    fn of(guest: &Guest) -> Self {
        let limits = &guest.limits;
        Self {
            deadline: limits.deadline,
            memory: limits.memory,
            table_elements: limits.table_elements,
            transfer: limits.transfer,
        }
    }

    fn error(&self, error: &wasmtime::Error) -> CallError {
        if let Some(stop) = error.downcast_ref::<Stop>() {
            return self.stop(stop);
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return self.trap(*trap);
        }
        if let Some(I32Exit(status)) = error.downcast_ref::<I32Exit>() {
            return CallError::Exited { status: *status };
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return CallError::Busy { waited: std::time::Duration::ZERO };
        }
        // The engine has no type for this one.
        if error.root_cause().to_string().contains("fuel allocated for hostcalls") {
            return CallError::TooMuchData { limit: self.transfer };
        }
        CallError::BadAnswer { reason: reason(error) }
    }

    fn stop(&self, stop: &Stop) -> CallError {
        match stop {
            Stop::Deadline => CallError::Deadline { limit: self.deadline },
            Stop::Memory => CallError::Memory { limit: self.memory },
            Stop::Tables => CallError::Tables { limit: self.table_elements },
            Stop::Denied(what) => CallError::Denied { what: what.clone() },
        }
    }

    fn trap(&self, trap: Trap) -> CallError {
        match trap {
            Trap::StackOverflow => CallError::Stack,
            Trap::Interrupt => CallError::Deadline { limit: self.deadline },
            other => {
                let text = other.to_string();
                let reason = text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned();
                CallError::Trap { reason }
            }
        }
    }
}

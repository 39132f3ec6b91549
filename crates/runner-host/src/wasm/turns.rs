use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{self, Instant};

use super::{CallError, EngineConfig};

/// Tenants that are remembered without a call of theirs.
const MAX_IDLE: usize = 1024;

/// Who may run now: so many calls at a time, and of them so many of one tenant.
pub(super) struct Turns {
    all: Semaphore,
    per_tenant: usize,
    of_tenants: Mutex<HashMap<String, Arc<Semaphore>>>,
    max_wait: Duration,
}

/// A call's right to run. Ends when it is dropped.
pub(super) struct Turn<'a> {
    _of_tenant: OwnedSemaphorePermit,
    _of_all: SemaphorePermit<'a>,
}

impl Turns {
    pub(super) fn new(config: &EngineConfig) -> Self {
        let all = config.max_calls.max(1);
        Self {
            all: Semaphore::new(all as usize),
            per_tenant: config.max_calls_per_tenant.clamp(1, all) as usize,
            of_tenants: Mutex::default(),
            max_wait: config.max_wait,
        }
    }

    /// Calls that could start now, were they of different tenants.
    pub(super) fn free(&self) -> usize {
        self.all.available_permits()
    }

    /// Waits for a turn: until the engine's bound, or the call's deadline when that is sooner.
    ///
    /// A call waits in its tenant's line first, so that a crowded line keeps nobody else waiting.
    pub(super) async fn take(
        &self,
        tenant: &str,
        deadline: Instant,
    ) -> Result<Turn<'_>, CallError> {
        let line = self.of(tenant);
        if let Some(turn) = self.at_once(&line) {
            return Ok(turn);
        }
        let began = Instant::now();
        let patience = began.checked_add(self.max_wait).map_or(deadline, |end| end.min(deadline));
        let turn = async {
            let of_tenant = line.acquire_owned().await.ok()?;
            let of_all = self.all.acquire().await.ok()?;
            Some(Turn { _of_tenant: of_tenant, _of_all: of_all })
        };
        match time::timeout_at(patience, turn).await {
            Ok(Some(turn)) => Ok(turn),
            // The lines are never closed; and who gets no turn has waited for it.
            Ok(None) | Err(_) => Err(CallError::Busy { waited: began.elapsed() }),
        }
    }

    /// A turn, when nobody has to wait for one.
    fn at_once(&self, line: &Arc<Semaphore>) -> Option<Turn<'_>> {
        let of_tenant = Arc::clone(line).try_acquire_owned().ok()?;
        let of_all = self.all.try_acquire().ok()?;
        Some(Turn { _of_tenant: of_tenant, _of_all: of_all })
    }

    fn of(&self, tenant: &str) -> Arc<Semaphore> {
        let mut tenants = self.of_tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = tenants.get(tenant) {
            return Arc::clone(line);
        }
        if tenants.len() >= MAX_IDLE {
            tenants.retain(|_, line| Arc::strong_count(line) > 1);
        }
        let line = Arc::new(Semaphore::new(self.per_tenant));
        tenants.insert(tenant.to_owned(), Arc::clone(&line));
        line
    }
}

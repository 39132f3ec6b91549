use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{StateKey, StateStore};
use crate::PortError;
use crate::memory::{Entry, MemoryLimits, Scoped, Shelves};

/// Guest state in the memory of this process: gone when it ends.
///
/// What is kept is bounded by [`MemoryLimits`], for each tenant and for all. What has no room is
/// refused: nothing that was kept goes before its time.
pub struct MemoryState {
    values: Mutex<Shelves<StateKey, Value>>,
}

struct Value {
    bytes: Vec<u8>,
    ends: Option<Instant>,
}

impl Default for MemoryState {
    fn default() -> Self {
        Self::new(MemoryLimits::default())
    }
}

impl Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryState").field("values", &self.values().len()).finish()
    }
}

impl MemoryState {
    /// Keeps at most so much.
    #[must_use]
    pub fn new(limits: MemoryLimits) -> Self {
        Self { values: Mutex::new(Shelves::new("state", limits)) }
    }

    fn values(&self) -> MutexGuard<'_, Shelves<StateKey, Value>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Value {
    fn new(bytes: Vec<u8>, time_to_live: Option<Duration>, now: Instant) -> Self {
        Self { bytes, ends: time_to_live.and_then(|live| now.checked_add(live)) }
    }
}

impl Scoped for StateKey {
    fn scope(&self) -> &str {
        &self.scope
    }
}

impl Entry for Value {
    fn size(&self) -> usize {
        self.bytes.len()
    }

    fn ends(&self) -> Option<Instant> {
        self.ends
    }

    fn spare_since(&self) -> Option<Instant> {
        // A component relies on what it wrote.
        None
    }
}

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, PortError> {
        Ok(self.values().live(key, Instant::now()).map(|value| value.bytes.clone()))
    }

    async fn set(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<(), PortError> {
        let now = Instant::now();
        self.values().insert(key, Value::new(value, time_to_live, now), now)
    }

    async fn set_if_absent(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError> {
        let now = Instant::now();
        let mut values = self.values();
        if values.live(key, now).is_some() {
            return Ok(false);
        }
        values.insert(key, Value::new(value, time_to_live, now), now)?;
        Ok(true)
    }

    async fn delete(&self, key: &StateKey) -> Result<bool, PortError> {
        let now = Instant::now();
        Ok(self.values().remove(key).is_some_and(|value| !value.is_over(now)))
    }
}

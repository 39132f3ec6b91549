use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{StateKey, StateStore};
use crate::PortError;

const PORT: &str = "state";
/// Bytes of one value.
const MAX_VALUE: usize = 1024 * 1024;
/// Values at a time.
const MAX_KEYS: usize = 100_000;

/// Guest state in the memory of this process: gone when it ends.
///
/// At most 100,000 values at a time, each of at most 1 MiB.
#[derive(Default)]
pub struct MemoryState {
    values: Mutex<HashMap<StateKey, Entry>>,
}

struct Entry {
    value: Vec<u8>,
    ends: Option<Instant>,
}

impl Debug for MemoryState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryState").field("values", &self.values().len()).finish()
    }
}

impl MemoryState {
    fn values(&self) -> MutexGuard<'_, HashMap<StateKey, Entry>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn new(
        value: Vec<u8>,
        time_to_live: Option<Duration>,
        now: Instant,
    ) -> Result<Self, PortError> {
        if value.len() > MAX_VALUE {
            return Err(PortError::TooLarge { port: PORT, actual: value.len(), limit: MAX_VALUE });
        }
        Ok(Self { value, ends: time_to_live.and_then(|ttl| now.checked_add(ttl)) })
    }

    fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now)
    }
}

/// Makes room for one more value.
fn make_room(values: &mut HashMap<StateKey, Entry>, now: Instant) -> Result<(), PortError> {
    if values.len() >= MAX_KEYS {
        values.retain(|_, entry| !entry.is_over(now));
    }
    if values.len() >= MAX_KEYS {
        return Err(PortError::Full { port: PORT, limit: MAX_KEYS });
    }
    Ok(())
}

#[async_trait]
impl StateStore for MemoryState {
    async fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, PortError> {
        let now = Instant::now();
        let values = self.values();
        Ok(values.get(key).filter(|entry| !entry.is_over(now)).map(|entry| entry.value.clone()))
    }

    async fn set(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<(), PortError> {
        let now = Instant::now();
        let entry = Entry::new(value, time_to_live, now)?;
        let mut values = self.values();
        if !values.contains_key(key) {
            make_room(&mut values, now)?;
        }
        values.insert(key.clone(), entry);
        Ok(())
    }

    async fn set_if_absent(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError> {
        let now = Instant::now();
        let entry = Entry::new(value, time_to_live, now)?;
        let mut values = self.values();
        if values.get(key).is_some_and(|entry| !entry.is_over(now)) {
            return Ok(false);
        }
        make_room(&mut values, now)?;
        values.insert(key.clone(), entry);
        Ok(true)
    }

    async fn delete(&self, key: &StateKey) -> Result<bool, PortError> {
        let now = Instant::now();
        Ok(self.values().remove(key).is_some_and(|entry| !entry.is_over(now)))
    }
}

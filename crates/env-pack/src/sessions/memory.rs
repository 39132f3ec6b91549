use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{Lease, LeaseToken, Registered, SessionKey, Sessions, Taken};
use crate::PortError;

const PORT: &str = "sessions";
/// Bytes of one value.
const MAX_VALUE: usize = 1024 * 1024;
/// Conversations at a time.
const MAX_KEYS: usize = 100_000;

/// Conversations in the memory of this process: gone when it ends.
///
/// At most 100,000 at a time, each of at most 1 MiB.
#[derive(Default)]
pub struct MemorySessions {
    parked: Mutex<Parked>,
}

#[derive(Default)]
struct Parked {
    all: HashMap<SessionKey, Entry>,
    leases: u64,
}

struct Entry {
    value: Vec<u8>,
    ends: Option<Instant>,
    held: Option<(LeaseToken, Instant)>,
    /// Gone when the lease ends.
    spent: bool,
}

impl Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What people said stays out of logs.
        f.debug_struct("MemorySessions").field("parked", &self.parked().all.len()).finish()
    }
}

impl MemorySessions {
    fn parked(&self) -> MutexGuard<'_, Parked> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// The entry, unless its time is over.
    fn live(&mut self, key: &SessionKey, now: Instant) -> Option<&mut Entry> {
        if self.all.get(key).is_some_and(|entry| entry.is_over(now)) {
            self.all.remove(key);
        }
        self.all.get_mut(key)
    }

    /// The entry, when this token holds it.
    fn held(&mut self, key: &SessionKey, token: &LeaseToken, now: Instant) -> Option<&mut Entry> {
        self.live(key, now).filter(|entry| entry.is_held_by(token, now))
    }

    fn make_room(&mut self, now: Instant) -> Result<(), PortError> {
        if self.all.len() >= MAX_KEYS {
            self.all.retain(|_, entry| !entry.is_over(now));
        }
        if self.all.len() >= MAX_KEYS {
            return Err(PortError::Full { port: PORT, limit: MAX_KEYS });
        }
        Ok(())
    }
}

impl Entry {
    fn parked(value: Vec<u8>, time_to_live: Option<Duration>, now: Instant) -> Self {
        // A time that is too far away to be told never comes.
        let ends = time_to_live.and_then(|time_to_live| now.checked_add(time_to_live));
        Self { value, ends, held: None, spent: false }
    }

    fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now) || (self.spent && !self.is_held(now))
    }

    fn is_held(&self, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|(_, ends)| *ends > now)
    }

    fn is_held_by(&self, token: &LeaseToken, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|(holder, ends)| holder == token && *ends > now)
    }
}

fn check_size(value: &[u8]) -> Result<(), PortError> {
    if value.len() <= MAX_VALUE {
        return Ok(());
    }
    Err(PortError::TooLarge { port: PORT, actual: value.len(), limit: MAX_VALUE })
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn register_if_absent(
        &self,
        key: &SessionKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<Registered, PortError> {
        check_size(&value)?;
        let now = Instant::now();
        let mut parked = self.parked();
        if parked.live(key, now).is_some() {
            return Ok(Registered::Before);
        }
        parked.make_room(now)?;
        parked.all.insert(key.clone(), Entry::parked(value, time_to_live, now));
        Ok(Registered::Now)
    }

    async fn is_parked(&self, key: &SessionKey) -> Result<bool, PortError> {
        Ok(self.parked().live(key, Instant::now()).is_some())
    }

    async fn take(&self, key: &SessionKey, lease: Duration) -> Result<Taken, PortError> {
        let now = Instant::now();
        let mut parked = self.parked();
        parked.leases += 1;
        let token = LeaseToken(parked.leases.to_string());
        let Some(entry) = parked.live(key, now) else { return Ok(Taken::Absent) };
        if entry.is_held(now) {
            return Ok(Taken::Busy);
        }
        let ends = now.checked_add(lease).unwrap_or(now);
        entry.held = Some((token.clone(), ends));
        Ok(Taken::Held(Lease { token, value: entry.value.clone() }))
    }

    async fn spend(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let Some(entry) = parked.held(key, token, Instant::now()) else { return Ok(false) };
        entry.spent = true;
        Ok(true)
    }

    async fn park_again(
        &self,
        key: &SessionKey,
        token: &LeaseToken,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError> {
        check_size(&value)?;
        let now = Instant::now();
        let mut parked = self.parked();
        let Some(entry) = parked.held(key, token, now) else { return Ok(false) };
        *entry = Entry::parked(value, time_to_live, now);
        Ok(true)
    }

    async fn clear(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let held = parked.held(key, token, Instant::now()).is_some();
        if held {
            parked.all.remove(key);
        }
        Ok(held)
    }

    async fn release(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let Some(entry) = parked.held(key, token, Instant::now()) else { return Ok(false) };
        // What was spent is gone with its lease, however that ends.
        if entry.spent {
            parked.all.remove(key);
        } else {
            entry.held = None;
        }
        Ok(true)
    }

    async fn count(&self, scope: &str) -> Result<usize, PortError> {
        let now = Instant::now();
        let parked = self.parked();
        let of_scope =
            parked.all.iter().filter(|(key, entry)| key.scope == scope && !entry.is_over(now));
        Ok(of_scope.count())
    }
}

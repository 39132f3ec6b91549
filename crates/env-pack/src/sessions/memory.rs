use std::fmt::{self, Debug};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::time::Instant;

use super::{Lease, LeaseToken, Registered, SessionKey, Sessions, Taken};
use crate::PortError;
use crate::memory::{Entry, MemoryLimits, Scoped, Shelves};

/// Conversations in the memory of this process: gone when it ends.
///
/// What is kept is bounded by [`MemoryLimits`], for each tenant and for all.
pub struct MemorySessions {
    parked: Mutex<Parked>,
}

struct Parked {
    all: Shelves<SessionKey, Conversation>,
    leases: u64,
}

struct Conversation {
    value: Vec<u8>,
    ends: Option<Instant>,
    held: Option<(LeaseToken, Instant)>,
    /// Gone when the lease ends.
    spent: bool,
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new(MemoryLimits::default())
    }
}

impl Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What people said stays out of logs.
        f.debug_struct("MemorySessions").field("parked", &self.parked().all.len()).finish()
    }
}

impl MemorySessions {
    /// Keeps at most so much.
    #[must_use]
    pub fn new(limits: MemoryLimits) -> Self {
        Self { parked: Mutex::new(Parked { all: Shelves::new("sessions", limits), leases: 0 }) }
    }

    fn parked(&self) -> MutexGuard<'_, Parked> {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Parked {
    /// The conversation, when this token holds it.
    fn held(
        &mut self,
        key: &SessionKey,
        token: &LeaseToken,
        now: Instant,
    ) -> Option<&mut Conversation> {
        self.all.live_mut(key, now).filter(|conversation| conversation.is_held_by(token, now))
    }
}

impl Conversation {
    fn new(value: Vec<u8>, time_to_live: Option<Duration>, now: Instant) -> Self {
        // A time that is too far away to be told never comes.
        let ends = time_to_live.and_then(|time_to_live| now.checked_add(time_to_live));
        Self { value, ends, held: None, spent: false }
    }

    fn is_held(&self, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|(_, ends)| *ends > now)
    }

    fn is_held_by(&self, token: &LeaseToken, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|(holder, ends)| holder == token && *ends > now)
    }
}

impl Scoped for SessionKey {
    fn scope(&self) -> &str {
        &self.scope
    }
}

impl Entry for Conversation {
    fn size(&self) -> usize {
        self.value.len()
    }

    fn is_over(&self, now: Instant) -> bool {
        self.ends.is_some_and(|ends| ends <= now) || (self.spent && !self.is_held(now))
    }
}

#[async_trait]
impl Sessions for MemorySessions {
    async fn register_if_absent(
        &self,
        key: &SessionKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<Registered, PortError> {
        let now = Instant::now();
        let mut parked = self.parked();
        if parked.all.live(key, now).is_some() {
            return Ok(Registered::Before);
        }
        parked.all.insert(key, Conversation::new(value, time_to_live, now), now)?;
        Ok(Registered::Now)
    }

    async fn is_parked(&self, key: &SessionKey) -> Result<bool, PortError> {
        Ok(self.parked().all.live(key, Instant::now()).is_some())
    }

    async fn take(&self, key: &SessionKey, lease: Duration) -> Result<Taken, PortError> {
        let now = Instant::now();
        let mut parked = self.parked();
        parked.leases += 1;
        let token = LeaseToken(parked.leases.to_string());
        let Some(entry) = parked.all.live_mut(key, now) else { return Ok(Taken::Absent) };
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
        let now = Instant::now();
        let mut parked = self.parked();
        if parked.held(key, token, now).is_none() {
            return Ok(false);
        }
        parked.all.insert(key, Conversation::new(value, time_to_live, now), now)?;
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
        Ok(self.parked().all.count(scope, Instant::now()))
    }
}

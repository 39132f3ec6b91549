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
/// What is kept is bounded by [`MemoryLimits`], in keys and in bytes of values, for each tenant and
/// for all. Where there is no room for another conversation, it is made: the conversation that has
/// waited longest ends as if its time were over, and more of them as long as the new one does not
/// fit. So callers who never come back keep nobody out.
///
/// * At a limit of a tenant, a conversation of the same tenant ends. At a limit of all, one of the
///   tenant that keeps most of what ran out, keys or bytes.
/// * A conversation waits from when it was parked, parked again or let go of, or its lease ended.
/// * One that is held under a lease does not end.
///
/// [`PortError::TooLarge`] refuses a value that never fits. [`PortError::Full`] and
/// [`PortError::NoSpace`] are left for when the others that could make room are all held.
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
    /// Since when it waits; with a lease, when that ends.
    waits: Instant,
    held: Option<LeaseToken>,
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
    fn is_held_by(&self, key: &SessionKey, token: &LeaseToken, now: Instant) -> bool {
        let conversation = self.all.live(key, now);
        conversation.is_some_and(|found| found.is_held(now) && found.held.as_ref() == Some(token))
    }
}

impl Conversation {
    fn new(value: Vec<u8>, time_to_live: Option<Duration>, now: Instant) -> Self {
        // A time that is too far away to be told never comes.
        let ends = time_to_live.and_then(|time_to_live| now.checked_add(time_to_live));
        Self { value, ends, waits: now, held: None, spent: false }
    }

    fn is_held(&self, now: Instant) -> bool {
        self.held.is_some() && self.waits > now
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

    fn ends(&self) -> Option<Instant> {
        // What was spent is gone with its lease.
        let lease = self.spent.then_some(self.waits);
        self.ends.into_iter().chain(lease).min()
    }

    fn spare_since(&self) -> Option<Instant> {
        Some(self.waits)
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
        let mut parked = self.parked();
        let now = Instant::now();
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
        let mut parked = self.parked();
        let now = Instant::now();
        let Some(found) = parked.all.live(key, now) else { return Ok(Taken::Absent) };
        if found.is_held(now) {
            return Ok(Taken::Busy);
        }
        let value = found.value.clone();
        parked.leases += 1;
        let token = LeaseToken(parked.leases.to_string());
        parked.all.change(key, now, |conversation| {
            conversation.held = Some(token.clone());
            conversation.waits = now.checked_add(lease).unwrap_or(now);
        });
        Ok(Taken::Held(Lease { token, value }))
    }

    async fn spend(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let now = Instant::now();
        let held = parked.is_held_by(key, token, now);
        if held {
            parked.all.change(key, now, |conversation| conversation.spent = true);
        }
        Ok(held)
    }

    async fn park_again(
        &self,
        key: &SessionKey,
        token: &LeaseToken,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let now = Instant::now();
        if !parked.is_held_by(key, token, now) {
            return Ok(false);
        }
        parked.all.insert(key, Conversation::new(value, time_to_live, now), now)?;
        Ok(true)
    }

    async fn clear(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let held = parked.is_held_by(key, token, Instant::now());
        if held {
            parked.all.remove(key);
        }
        Ok(held)
    }

    async fn release(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError> {
        let mut parked = self.parked();
        let now = Instant::now();
        let held = parked.is_held_by(key, token, now);
        if held {
            // What was spent is over with its lease, however that ends.
            parked.all.change(key, now, |conversation| {
                conversation.held = None;
                conversation.waits = now;
            });
        }
        Ok(held)
    }

    async fn count(&self, scope: &str) -> Result<usize, PortError> {
        Ok(self.parked().all.count(scope, Instant::now()))
    }
}

//! Where a conversation waits between two turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use greentic_env_pack::{LeaseToken, PortError, Registered, SessionKey, Sessions, Taken};

use crate::flow::FlowSnapshot;

use super::TurnError;

/// The place of one conversation.
#[derive(Debug)]
pub(crate) struct Parking {
    sessions: Arc<dyn Sessions>,
    key: SessionKey,
    /// How long it is kept for the next message.
    time_to_live: Duration,
}

/// The hold of this turn on what waited there.
#[derive(Debug)]
pub(crate) struct Resumed<'p> {
    parking: &'p Parking,
    token: LeaseToken,
    spent: AtomicBool,
}

impl Parking {
    pub(crate) fn new(
        sessions: Arc<dyn Sessions>,
        scope: &str,
        name: &str,
        time_to_live: Duration,
    ) -> Self {
        Self { sessions, key: SessionKey::new(scope, name), time_to_live }
    }

    /// Takes what waits there, for the time of the lease. None when nothing waits.
    ///
    /// Within a host, turns take their turns; another host may hold it.
    pub(crate) async fn take(
        &self,
        lease: Duration,
    ) -> Result<Option<(Resumed<'_>, FlowSnapshot)>, TurnError> {
        let held = match self.sessions.take(&self.key, lease).await? {
            Taken::Absent => return Ok(None),
            Taken::Busy => return Err(TurnError::HeldElsewhere),
            Taken::Held(held) => held,
        };
        let token = held.token;
        match serde_json::from_slice(&held.value) {
            Ok(snapshot) => {
                let spent = AtomicBool::new(false);
                Ok(Some((Resumed { parking: self, token, spent }, snapshot)))
            }
            Err(source) => {
                // Nobody can go on with it; the next message begins anew.
                self.sessions.clear(&self.key, &token).await?;
                Err(TurnError::Unreadable { source })
            }
        }
    }

    /// Parks a conversation that did not wait before.
    pub(crate) async fn park(&self, snapshot: &FlowSnapshot) -> Result<(), TurnError> {
        let value = bytes(snapshot)?;
        let live = Some(self.time_to_live);
        match self.sessions.register_if_absent(&self.key, value, live).await? {
            Registered::Now => Ok(()),
            Registered::Before => Err(TurnError::HeldElsewhere),
        }
    }
}

impl Resumed<'_> {
    fn sessions(&self) -> &dyn Sessions {
        &*self.parking.sessions
    }

    /// To be called before an effect: what was taken is not resumed again, whatever happens.
    pub(crate) async fn spend(&self) -> Result<(), PortError> {
        if !self.spent.swap(true, Ordering::Relaxed) {
            self.sessions().spend(&self.parking.key, &self.token).await?;
        }
        Ok(())
    }

    /// Parks it again, further on.
    pub(crate) async fn park_again(self, snapshot: &FlowSnapshot) -> Result<(), TurnError> {
        let (value, live) = (bytes(snapshot)?, Some(self.parking.time_to_live));
        let kept = self.sessions().park_again(&self.parking.key, &self.token, value, live).await?;
        if kept { Ok(()) } else { Err(TurnError::LeaseLost) }
    }

    /// It came to its end.
    pub(crate) async fn clear(self) -> Result<(), TurnError> {
        let cleared = self.sessions().clear(&self.parking.key, &self.token).await?;
        if cleared { Ok(()) } else { Err(TurnError::LeaseLost) }
    }

    /// The turn failed. Before any effect the conversation waits on; after one it is over, because
    /// going on would repeat the effect.
    pub(crate) async fn give_up(self) -> Result<(), TurnError> {
        let (key, token) = (&self.parking.key, &self.token);
        if self.spent.load(Ordering::Relaxed) {
            self.sessions().clear(key, token).await?;
        } else {
            self.sessions().release(key, token).await?;
        }
        Ok(())
    }
}

fn bytes(snapshot: &FlowSnapshot) -> Result<Vec<u8>, TurnError> {
    serde_json::to_vec(snapshot).map_err(|source| TurnError::Unreadable { source })
}

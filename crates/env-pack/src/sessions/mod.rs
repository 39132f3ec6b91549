mod memory;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use memory::MemorySessions;

use crate::PortError;

/// Whose conversation, and which one.
///
/// The scope is made by the host and holds everything that isolates one worker's conversations from
/// another's; the name comes from outside.
///
/// A scope is made of segments with `/` between them. The first two name the environment and the
/// tenant: a store may bound what each tenant keeps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey {
    /// Everything that isolates: conversations of other scopes are never seen.
    pub scope: String,
    /// The conversation in it.
    pub name: String,
}

impl SessionKey {
    /// A key.
    #[must_use]
    pub fn new(scope: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scope: scope.into(), name: name.into() }
    }
}

/// Names one holding of a parked conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseToken(pub String);

/// A parked conversation that nobody else can take before the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Names this holding.
    pub token: LeaseToken,
    /// What was parked.
    pub value: Vec<u8>,
}

/// What came of taking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Nothing is parked there.
    Absent,
    /// Somebody else holds it, and their lease goes on.
    Busy,
    /// It is held now.
    Held(Lease),
}

/// What came of registering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is there now.
    Now,
    /// Something was there already and stays as it was.
    Before,
}

/// Keeps conversations that wait for their next message.
///
/// Each step is atomic, also between processes where the backend is shared by them. A value that
/// outlived its time to live is absent. A store that has no room may end a conversation that nobody
/// holds before its time; never one that is held.
#[async_trait]
pub trait Sessions: Debug + Send + Sync {
    /// Parks a value where nothing is parked. Without a time to live it stays until it is cleared.
    ///
    /// # Errors
    /// [`PortError`]; then nothing was parked.
    async fn register_if_absent(
        &self,
        key: &SessionKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<Registered, PortError>;

    /// Tells whether something is parked, held or not. Takes nothing.
    ///
    /// # Errors
    /// [`PortError`].
    async fn is_parked(&self, key: &SessionKey) -> Result<bool, PortError>;

    /// Takes what is parked, under a lease: until it ends, everybody else gets [`Taken::Busy`].
    ///
    /// # Errors
    /// [`PortError`]; then nothing is held.
    async fn take(&self, key: &SessionKey, lease: Duration) -> Result<Taken, PortError>;

    /// Spends what is held: when the lease ends before it is parked again, released or cleared, it
    /// is gone instead of being there for the next one. To be called before the first effect that
    /// must not be repeated. False when the lease is not the holder's any more.
    ///
    /// # Errors
    /// [`PortError`].
    async fn spend(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError>;

    /// Parks another value in place of one that is held, and ends the lease. False when the lease
    /// is not the holder's any more: then nothing was changed.
    ///
    /// # Errors
    /// [`PortError`].
    async fn park_again(
        &self,
        key: &SessionKey,
        token: &LeaseToken,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError>;

    /// Ends a conversation that is held. False when the lease is not the holder's any more: then
    /// nothing was changed.
    ///
    /// # Errors
    /// [`PortError`].
    async fn clear(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError>;

    /// Lets go of a conversation that is held, as it was. False when the lease is not the holder's
    /// any more.
    ///
    /// # Errors
    /// [`PortError`].
    async fn release(&self, key: &SessionKey, token: &LeaseToken) -> Result<bool, PortError>;

    /// How many conversations of a scope are parked, held ones included.
    ///
    /// # Errors
    /// [`PortError`].
    async fn count(&self, scope: &str) -> Result<usize, PortError>;
}

mod memory;

use std::fmt::Debug;
use std::time::Duration;

use async_trait::async_trait;

pub use memory::MemoryState;

use crate::PortError;

/// Whose value, and which one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateKey {
    /// Everything that isolates, made by the host: values of other scopes are never seen. Its
    /// segments are those of a [`crate::SessionKey`]'s.
    pub scope: String,
    /// The name that the guest gave.
    pub name: String,
}

impl StateKey {
    /// A key.
    #[must_use]
    pub fn new(scope: impl Into<String>, name: impl Into<String>) -> Self {
        Self { scope: scope.into(), name: name.into() }
    }
}

/// Keeps values for guests. Bytes come back as they went in; each step is atomic.
#[async_trait]
pub trait StateStore: Debug + Send + Sync {
    /// The value; none when there is none or its time is over.
    ///
    /// # Errors
    /// [`PortError`].
    async fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, PortError>;

    /// Writes a value, over another one when there is one.
    ///
    /// # Errors
    /// [`PortError`]; then nothing was changed.
    async fn set(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<(), PortError>;

    /// Writes a value where there is none. Tells whether it was written.
    ///
    /// # Errors
    /// [`PortError`]; then nothing was changed.
    async fn set_if_absent(
        &self,
        key: &StateKey,
        value: Vec<u8>,
        time_to_live: Option<Duration>,
    ) -> Result<bool, PortError>;

    /// Removes a value. Tells whether there was one.
    ///
    /// # Errors
    /// [`PortError`].
    async fn delete(&self, key: &StateKey) -> Result<bool, PortError>;
}

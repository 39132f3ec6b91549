use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::remote::RemoteContractError;

/// Names one intended change, so that sending it twice changes things once.
///
/// Any text with a character that is not white space; it is not trimmed. A ULID is a good choice.
/// Over HTTP a key has at most [`IdempotencyKey::MAX_HEADER_BYTES`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The longest key that the `Idempotency-Key` header carries, in bytes.
    pub const MAX_HEADER_BYTES: usize = 255;

    /// Takes a key as it is.
    ///
    /// # Errors
    /// [`RemoteContractError::EmptyIdempotencyKey`] when the text is blank.
    pub fn new(value: impl Into<String>) -> Result<Self, RemoteContractError> {
        let value = value.into();
        if value.trim().is_empty() {
            Err(RemoteContractError::EmptyIdempotencyKey)
        } else {
            Ok(Self(value))
        }
    }

    /// Takes the value of an `Idempotency-Key` header.
    ///
    /// # Errors
    /// [`RemoteContractError::EmptyIdempotencyKey`],
    /// [`RemoteContractError::IdempotencyKeyTooLong`].
    pub fn from_header(value: &str) -> Result<Self, RemoteContractError> {
        let (actual, limit) = (value.len(), Self::MAX_HEADER_BYTES);
        if actual > limit {
            return Err(RemoteContractError::IdempotencyKeyTooLong { actual, limit });
        }
        Self::new(value)
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IdempotencyKey {
    type Error = RemoteContractError;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl FromStr for IdempotencyKey {
    type Err = RemoteContractError;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Self::new(value)
    }
}

impl From<IdempotencyKey> for String {
    fn from(key: IdempotencyKey) -> Self {
        key.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

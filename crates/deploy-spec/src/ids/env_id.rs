use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names an environment: one or more ASCII letters, digits, `.`, `_` or `-`.
///
/// `.` and `..` are legal ids, as they are in the public documents. Whoever uses an id as a path
/// segment checks it with [`EnvId::is_safe_path_segment`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnvId(String);

/// The text is not an environment id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEnvId {
    /// The text is empty.
    #[error("InvalidInput: EnvId must not be empty")]
    Empty,
    /// A character is outside of the alphabet.
    #[error(
        "InvalidInput: EnvId must contain only ASCII letters, digits, '.', '-', or '_' (got {value:?})"
    )]
    Character {
        /// The whole text.
        value: String,
    },
}

/// Bytes that file systems take for the name of a file or folder.
const MAX_NAME: usize = 255;

impl EnvId {
    /// Parses an environment id.
    ///
    /// # Errors
    /// [`InvalidEnvId`] when the text is empty or leaves the alphabet.
    pub fn new(value: impl Into<String>) -> Result<Self, InvalidEnvId> {
        let value = value.into();
        if value.is_empty() {
            return Err(InvalidEnvId::Empty);
        }
        if value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
            Ok(Self(value))
        } else {
            Err(InvalidEnvId::Character { value })
        }
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether the id can name a folder: everything of at most 255 bytes but `.` and `..`.
    #[must_use]
    pub fn is_safe_path_segment(&self) -> bool {
        self.0 != "." && self.0 != ".." && self.0.len() <= MAX_NAME
    }
}

impl TryFrom<String> for EnvId {
    type Error = InvalidEnvId;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl TryFrom<&str> for EnvId {
    type Error = InvalidEnvId;

    fn try_from(value: &str) -> Result<Self, Self::Error> {
        Self::new(value)
    }
}

impl FromStr for EnvId {
    type Err = InvalidEnvId;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        Self::new(value)
    }
}

impl From<EnvId> for String {
    fn from(id: EnvId) -> Self {
        id.0
    }
}

impl AsRef<str> for EnvId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

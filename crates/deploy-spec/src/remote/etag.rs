use serde::{Deserialize, Serialize};

use crate::integrity::{IntegrityError, StateIntegrity};

/// The strong etag of an environment: SHA-256 of its canonical JSON, 64 lower-case hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct StateEtag(pub String);

/// A header that is no strong etag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "If-Match {value:?} is not a strong etag; send the etag of the last answer in double quotes"
)]
pub struct InvalidEtag {
    /// The header's value.
    pub value: String,
}

impl StateEtag {
    /// The etag of a value.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, IntegrityError> {
        StateIntegrity::sha256_of(value).map(|integrity| Self::from_integrity(&integrity))
    }

    /// The etag of a state whose digest is known.
    #[must_use]
    pub fn from_integrity(integrity: &StateIntegrity) -> Self {
        Self(integrity.digest.clone())
    }

    /// The etag as a header: in double quotes.
    #[must_use]
    pub fn header_value(&self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Reads an `If-Match` header: `"<hex>"` or bare hex. Weak etags, lists and `*` are refused.
    ///
    /// # Errors
    /// [`InvalidEtag`].
    pub fn from_header(value: &str) -> Result<Self, InvalidEtag> {
        let text = value.trim();
        let bare = match text.strip_prefix('"') {
            Some(rest) => rest.strip_suffix('"').unwrap_or_default(),
            None => text,
        };
        if !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(bare.to_ascii_lowercase()))
        } else {
            Err(InvalidEtag { value: value.to_owned() })
        }
    }
}

/// The state that a caller pins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Precondition {
    /// The etag that it saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub if_match: Option<StateEtag>,
    /// The generation that it saw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_generation: Option<u64>,
}

/// The state that was pinned, and the one that is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ConcurrencyConflict {
    /// The etag that was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_etag: Option<String>,
    /// The etag that is there.
    pub actual_etag: String,
    /// The generation that was pinned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_generation: Option<u64>,
    /// The generation that is there.
    pub actual_generation: u64,
}

/// A precondition does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PreconditionError {
    /// It pins nothing.
    #[error("pin the state with If-Match or an expected generation")]
    Required,
    /// It pins another state.
    #[error("precondition failed (stale generation/etag)")]
    Conflict(ConcurrencyConflict),
}

impl Precondition {
    /// Pins both.
    #[must_use]
    pub fn matching(etag: StateEtag, generation: u64) -> Self {
        Self { if_match: Some(etag), expected_generation: Some(generation) }
    }

    /// Tells whether it pins anything.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        self.if_match.is_some() || self.expected_generation.is_some()
    }

    /// Compares it with the state that is there.
    ///
    /// # Errors
    /// [`PreconditionError::Required`] when it pins nothing, [`PreconditionError::Conflict`] when it
    /// pins another state.
    pub fn check(&self, etag: &StateEtag, generation: u64) -> Result<(), PreconditionError> {
        if !self.is_conditional() {
            return Err(PreconditionError::Required);
        }
        let etag_holds = self.if_match.as_ref().is_none_or(|pinned| pinned == etag);
        let generation_holds = self.expected_generation.is_none_or(|pinned| pinned == generation);
        if etag_holds && generation_holds {
            return Ok(());
        }
        Err(PreconditionError::Conflict(ConcurrencyConflict {
            expected_etag: self.if_match.as_ref().map(|etag| etag.0.clone()),
            actual_etag: etag.0.clone(),
            expected_generation: self.expected_generation,
            actual_generation: generation,
        }))
    }
}

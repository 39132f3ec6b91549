use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::MutationResponse;
use crate::IdempotencyKey;
use crate::integrity::{IntegrityError, canonical_json, sha256_hex};

/// Whether an answer was computed or remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "idempotency", rename_all = "kebab-case")]
pub enum IdempotencyOutcome {
    /// The request was carried out now.
    Applied,
    /// It was carried out before; this is the answer from then.
    Replayed,
}

/// What a server remembers of a request that it carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct IdempotencyRecord {
    /// The request's key.
    pub key: IdempotencyKey,
    /// The request's fingerprint, see [`super::Request::fingerprint`].
    pub request_fingerprint: String,
    /// The answer.
    pub response: MutationResponse,
    /// When it was remembered.
    pub stored_at: DateTime<Utc>,
}

/// What a record says to a request with its key.
#[derive(Debug, PartialEq, Eq)]
pub enum IdempotencyReplay<'a> {
    /// The same request: this is its answer.
    Replay(&'a MutationResponse),
    /// Another request.
    Conflict {
        /// What people read.
        reason: String,
    },
}

impl IdempotencyRecord {
    /// The fingerprint of a value: SHA-256 of its canonical JSON, 64 lower-case hex digits.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn fingerprint<T: Serialize + ?Sized>(value: &T) -> Result<String, IntegrityError> {
        canonical_json(value).map(|text| sha256_hex(text.as_bytes()))
    }

    /// Compares an incoming request with the remembered one.
    #[must_use]
    pub fn match_request(&self, incoming_fingerprint: &str) -> IdempotencyReplay<'_> {
        if self.request_fingerprint == incoming_fingerprint {
            return IdempotencyReplay::Replay(&self.response);
        }
        let reason = format!("key `{}` was used for another request; take a fresh key", self.key);
        IdempotencyReplay::Conflict { reason }
    }
}

//! Canonical bytes and digests.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The one algorithm that [`StateIntegrity`] knows.
pub const INTEGRITY_ALGORITHM_SHA256: &str = "sha-256";

/// Writes a value as canonical JSON: object keys in byte order at every level, no white space,
/// arrays as they are, characters outside of ASCII not escaped.
///
/// # Errors
/// [`IntegrityError::Serde`] when the value has no JSON form.
pub fn canonical_json<T: Serialize + ?Sized>(value: &T) -> Result<String, IntegrityError> {
    Ok(canonical_value(&serde_json::to_value(value)?))
}

/// The canonical form of a JSON value.
#[must_use]
pub fn canonical_value(value: &Value) -> String {
    let mut out = Vec::with_capacity(256);
    write_canonical(value, &mut out);
    // The text of a `Value` is always UTF-8.
    String::from_utf8(out).unwrap_or_default()
}

fn write_canonical(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(map) => {
            // Sorted here although serde_json's map usually is: a feature of it, which any crate in
            // a build can switch on, keeps insertion order instead.
            let mut keys: Vec<_> = map.iter().collect();
            keys.sort_unstable_by_key(|(key, _)| *key);
            write_separated(out, b"{}", keys.into_iter(), |(key, value), out| {
                write_scalar(key, out);
                out.push(b':');
                write_canonical(value, out);
            });
        }
        Value::Array(list) => write_separated(out, b"[]", list.iter(), write_canonical),
        scalar => write_scalar(scalar, out),
    }
}

fn write_separated<T>(
    out: &mut Vec<u8>,
    brackets: &[u8; 2],
    items: impl Iterator<Item = T>,
    write: impl Fn(T, &mut Vec<u8>),
) {
    out.push(brackets[0]);
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(brackets[1]);
}

fn write_scalar<T: Serialize + ?Sized>(scalar: &T, out: &mut Vec<u8>) {
    // Strings, numbers and the like always have a JSON form, and a `Vec` takes it.
    drop(serde_json::to_writer(out, scalar));
}

/// SHA-256 as 64 lower-case hex digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    text
}

/// The digest that a stored state is checked against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StateIntegrity {
    /// [`INTEGRITY_ALGORITHM_SHA256`]; anything else never matches.
    pub algorithm: String,
    /// 64 lower-case hex digits.
    pub digest: String,
}

/// A state cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntegrityError {
    /// The value has no JSON form.
    #[error("the value cannot be written as JSON: {0}")]
    Serde(#[from] serde_json::Error),
    /// The digest was made with an algorithm that is not known here.
    #[error("unsupported integrity algorithm `{0}` (expected `sha-256`)")]
    UnsupportedAlgorithm(String),
}

impl StateIntegrity {
    /// The integrity of a value: SHA-256 of its canonical JSON.
    ///
    /// # Errors
    /// [`IntegrityError::Serde`] when the value has no JSON form.
    pub fn sha256_of<T: Serialize + ?Sized>(value: &T) -> Result<Self, IntegrityError> {
        Ok(Self::of_bytes(canonical_json(value)?.as_bytes()))
    }

    /// The integrity of bytes.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { algorithm: INTEGRITY_ALGORITHM_SHA256.to_owned(), digest: sha256_hex(bytes) }
    }

    /// Tells whether a value has this digest.
    ///
    /// # Errors
    /// [`IntegrityError`]; an unknown algorithm is an error, never a match.
    pub fn verify<T: Serialize + ?Sized>(&self, value: &T) -> Result<bool, IntegrityError> {
        if self.algorithm == INTEGRITY_ALGORITHM_SHA256 {
            Ok(Self::sha256_of(value)?.digest == self.digest)
        } else {
            Err(IntegrityError::UnsupportedAlgorithm(self.algorithm.clone()))
        }
    }
}

//! Inputs and outputs are CBOR.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;

/// Writes an output.
///
/// # Errors
/// `invalid-output` if the value has no form in CBOR.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    minicbor_serde::to_vec(value).map_err(|error| Failure::new("invalid-output", error.to_string()))
}

/// Reads an input.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    minicbor_serde::from_slice(bytes)
        .map_err(|error| Failure::new("invalid-input", error.to_string()))
}

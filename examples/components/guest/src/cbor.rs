//! Inputs and outputs are CBOR.

use ciborium::de::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Failure;

/// Writes an output.
///
/// # Errors
/// `invalid-output` if the value has no form in CBOR.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes)
        .map_err(|error| Failure::new("invalid-output", error.to_string()))?;
    Ok(bytes)
}

/// Reads an input.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    ciborium::from_reader(bytes).map_err(|error| Failure::new("invalid-input", plain(&error)))
}

/// The library shows its errors as they look in code; people get the sentence inside.
fn plain<E>(error: &Error<E>) -> String {
    match error {
        Error::Semantic(_, message) => message.clone(),
        Error::RecursionLimitExceeded => "the input is nested too deeply".to_owned(),
        Error::Io(_) | Error::Syntax(_) => "the input is no CBOR".to_owned(),
    }
}

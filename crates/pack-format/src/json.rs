//! JSON with bounds.

use serde_json::Value;

use crate::error::DocumentProblem;
use crate::limits::Limits;

/// Reads one JSON document. Its nesting is bounded by the parser, at 128 levels.
pub(crate) fn parse(bytes: &[u8], limits: &Limits) -> Result<Value, DocumentProblem> {
    if bytes.len() > limits.document_bytes {
        return Err(DocumentProblem::TooLarge { limit: limits.document_bytes });
    }
    // What a value takes in memory is a multiple of the bytes that it takes in the file, so values are counted first.
    let values = bytes.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    if values > limits.document_values {
        return Err(DocumentProblem::TooManyValues { limit: limits.document_values });
    }
    serde_json::from_slice(bytes)
        .map_err(|error| DocumentProblem::Syntax { syntax: "JSON", detail: error.to_string() })
}

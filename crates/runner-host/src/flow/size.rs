//! How much a flow may hold: what it is given, what its nodes give, and what it says.

use serde_json::Value;

use super::FlowError;

/// Bytes that a flow holds at a time, and that one mapping has once it is filled.
pub(super) const MAX_HELD: usize = 8 * 1024 * 1024;
/// Objects and lists inside of each other. What is parked is read again by a parser that takes 128.
pub(super) const MAX_DEPTH: usize = 64;
/// What a value takes up beside its text.
const VALUE: usize = 32;

/// About how many bytes a value takes up.
///
/// # Errors
/// [`FlowError::TooDeep`].
pub(super) fn of(value: &Value) -> Result<usize, FlowError> {
    measure(value, 0)
}

/// The same for a value that is put this deep into another one.
pub(super) fn measure(value: &Value, depth: usize) -> Result<usize, FlowError> {
    if depth > MAX_DEPTH {
        return Err(FlowError::TooDeep { limit: MAX_DEPTH });
    }
    match value {
        Value::String(text) => Ok(VALUE + text.len()),
        Value::Array(items) => {
            items.iter().try_fold(VALUE, |sum, item| Ok(sum + measure(item, depth + 1)?))
        }
        Value::Object(map) => map
            .iter()
            .try_fold(VALUE, |sum, (key, value)| Ok(sum + key.len() + measure(value, depth + 1)?)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(VALUE),
    }
}

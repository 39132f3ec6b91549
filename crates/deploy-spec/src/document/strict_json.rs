//! JSON in, with nothing lost: duplicate keys and numbers that a reader would change are refused.

use std::cell::RefCell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::number::first_lossy_number;
use crate::text::shown;

/// The largest document that is read, in bytes: 64 MiB.
///
/// An environment of 10,000 revisions has about 10 MiB.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// How many objects and lists of a document may be inside of each other.
///
/// The parser allows 127; the rest is for the commands, snapshots and answers that documents travel
/// in.
pub const MAX_DOCUMENT_DEPTH: usize = 100;

/// Tells whether a value has at most so many objects and lists inside of each other.
pub(crate) fn is_at_most(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(list) => levels > 0 && list.iter().all(|item| is_at_most(item, levels - 1)),
        Value::Object(map) => levels > 0 && map.values().all(|item| is_at_most(item, levels - 1)),
        _ => true,
    }
}

/// The bytes are not JSON that can be kept as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More bytes than [`MAX_DOCUMENT_BYTES`].
    #[error("the document has {actual} bytes; the limit is {limit}")]
    TooLarge {
        /// Bytes given.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not JSON, or nested more than 127 levels deep.
    #[error("not valid JSON at line {line} column {column}: {message}")]
    Syntax {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
        /// What the parser expected.
        message: String,
    },
    /// An object has one key twice; which value counts would depend on the reader.
    #[error(
        "key {key:?} stands twice in one object at line {line} column {column}; keep one of the two"
    )]
    DuplicateKey {
        /// The key.
        key: String,
        /// Line of the second one.
        line: usize,
        /// Column of the second one.
        column: usize,
    },
    /// A number that would come back as another number.
    #[error(
        "number {literal} at `{pointer}` would be read as {read_as}; write it as a string or with fewer digits"
    )]
    LossyNumber {
        /// Where it stands, as a JSON pointer (RFC 6901).
        pointer: String,
        /// The number as it was written.
        literal: String,
        /// The number as it would come back.
        read_as: String,
    },
}

/// Parses JSON text into a value that, written again, means the same.
///
/// # Errors
/// [`JsonError`]; no input panics, and memory stays proportional to the input.
pub fn parse_json(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_DOCUMENT_BYTES {
        return Err(JsonError::TooLarge { actual: bytes.len(), limit: MAX_DOCUMENT_BYTES });
    }
    let lossy = first_lossy_number(bytes);
    let duplicate = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let parsed = Strict { duplicate: &duplicate }
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value));
    if let Some(lossy) = lossy {
        return Err(JsonError::LossyNumber {
            pointer: shown(&lossy.pointer),
            literal: shown(&lossy.literal),
            read_as: lossy.read_as,
        });
    }
    parsed.map_err(|error| explain(&error, duplicate.into_inner()))
}

fn explain(error: &serde_json::Error, duplicate: Option<String>) -> JsonError {
    let (line, column) = (error.line(), error.column());
    match duplicate {
        Some(key) => JsonError::DuplicateKey { key: shown(&key), line, column },
        None => JsonError::Syntax { line, column, message: without_position(&error.to_string()) },
    }
}

/// serde_json ends its text with the position, which the error has as fields.
fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text).to_owned()
}

#[derive(Clone, Copy)]
struct Strict<'a> {
    duplicate: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                *self.duplicate.borrow_mut() = Some(key);
                return Err(de::Error::custom("duplicate key"));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let actual = match parse_json(text.as_bytes()) {
            Ok(value) => value.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected, "for {text}");
    }

    #[test]
    fn what_can_be_kept_is_read() {
        check(
            r#"{"b":[1,-2,0.5,1e3,null,true,"é\n"],"a":{}}"#,
            r#"{"a":{},"b":[1,-2,0.5,1000.0,null,true,"é\n"]}"#,
        );
        check("-0", "-0.0");
        check("18446744073709551615", "18446744073709551615");
        check("0.1000", "0.1");
        check("4.35", "4.35");
    }

    #[test]
    fn a_number_that_would_change_is_refused_with_its_place() {
        check(
            r#"{"a/b":[0,{"n":18446744073709551616}]}"#,
            "number 18446744073709551616 at `/a~1b/1/n` would be read as 1.8446744073709552e+19; write it as a string or with fewer digits",
        );
        check(
            "[1e400]",
            "number 1e400 at `/0` would be read as infinity; write it as a string or with fewer digits",
        );
        check(
            "0.12345678901234567890",
            "number 0.12345678901234567890 at `` would be read as 0.12345678901234568; write it as a string or with fewer digits",
        );
    }

    #[test]
    fn digits_inside_of_strings_are_text() {
        check(
            r#"{"k\"1e999":"12345678901234567890123"}"#,
            r#"{"k\"1e999":"12345678901234567890123"}"#,
        );
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        check(
            "{\"a\":1,\n \"\\u0061\":2}",
            "key \"a\" stands twice in one object at line 2 column 9; keep one of the two",
        );
    }

    #[test]
    fn broken_text_is_refused_with_its_place() {
        check("", "not valid JSON at line 1 column 0: EOF while parsing a value");
        check("{} x", "not valid JSON at line 1 column 4: trailing characters");
        let deep = "[".repeat(100_000);
        assert!(matches!(parse_json(deep.as_bytes()), Err(JsonError::Syntax { .. })));
        assert!(matches!(parse_json(b"\"\xff\""), Err(JsonError::Syntax { .. })));
    }
}

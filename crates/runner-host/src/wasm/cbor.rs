//! Between JSON, which flows speak, and CBOR, which components speak.

use std::fmt::{self, Formatter};
use std::io;

use ciborium_ll::{Decoder, Header};
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Depth of a value.
const MAX_DEPTH: usize = 128;
/// Items of a value: a decoded one takes up to 32 times the bytes of an encoded one.
const MAX_ITEMS: usize = 1_000_000;

/// Why CBOR is not a JSON value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CborError {
    #[error("not CBOR, from byte {at}")]
    Broken { at: usize },
    #[error("more than {MAX_ITEMS} items in one value")]
    TooManyItems,
    #[error("nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("more bytes after the value")]
    Trailing,
    #[error("a value that JSON does not have")]
    NotJson,
}

/// Encodes a value.
pub(super) fn encode(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    // Writing to memory does not fail, and every JSON value has a CBOR form.
    if ciborium::into_writer(value, &mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// Decodes one value. No bytes are null. Byte strings become arrays of numbers, keys that are no
/// text become text, numbers that JSON does not have become null.
pub(super) fn decode(bytes: &[u8]) -> Result<Value, CborError> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    check_size(bytes)?;
    let mut rest = bytes;
    let Json(value) =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).map_err(refused)?;
    if rest.is_empty() { Ok(value) } else { Err(CborError::Trailing) }
}

fn refused(error: ciborium::de::Error<io::Error>) -> CborError {
    use ciborium::de::Error;
    match error {
        Error::RecursionLimitExceeded => CborError::TooDeep,
        Error::Syntax(at) => CborError::Broken { at },
        Error::Io(_) => CborError::Broken { at: 0 },
        Error::Semantic(_, _) => CborError::NotJson,
    }
}

/// Counts the items before any of them is kept.
fn check_size(bytes: &[u8]) -> Result<(), CborError> {
    let (mut at, mut items) = (0usize, 0usize);
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        items += 1;
        if items > MAX_ITEMS {
            return Err(CborError::TooManyItems);
        }
        let mut decoder = Decoder::from(rest);
        let header = decoder.pull().map_err(|_| CborError::Broken { at })?;
        let text = match header {
            Header::Bytes(Some(len)) | Header::Text(Some(len)) => len,
            _ => 0,
        };
        at = at.saturating_add(decoder.offset()).saturating_add(text);
    }
    if at > bytes.len() { Err(CborError::Broken { at: bytes.len() }) } else { Ok(()) }
}

/// A JSON value, read from whatever CBOR has.
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(Json)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut array = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((Json(key), Json(value))) = entries.next_entry()? {
            object.insert(key_text::<A::Error>(key)?, value);
        }
        Ok(Value::Object(object))
    }
}

fn key_text<E: de::Error>(key: Value) -> Result<String, E> {
    match key {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(key.to_string()),
        _ => Err(E::custom("a key that is not text")),
    }
}

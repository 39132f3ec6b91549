//! CBOR with bounds: looked at before anything is built from it.

use ciborium::Value as Cbor;
use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::error::DocumentProblem;
use crate::limits::Limits;

/// Reads one CBOR document as JSON.
///
/// Byte strings become lists of numbers, tags are dropped, keys that are numbers become text; two equal keys are an error.
pub(crate) fn to_json(bytes: &[u8], limits: &Limits) -> Result<Value, DocumentProblem> {
    Scan::new(bytes, limits)?.document()?;
    let value: Cbor =
        ciborium::de::from_reader_with_recursion_limit(bytes, limits.depth_of_documents() * 2 + 8)
            .map_err(|error| syntax(error.to_string()))?;
    json(value)
}

/// Writes a value as CBOR: maps as they are ordered, definite lengths.
pub(crate) fn from_json<T: Serialize>(value: &T) -> Result<Vec<u8>, DocumentProblem> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).map_err(|error| syntax(error.to_string()))?;
    Ok(bytes)
}

fn syntax(detail: impl Into<String>) -> DocumentProblem {
    DocumentProblem::Syntax { syntax: "CBOR", detail: detail.into() }
}

fn json(value: Cbor) -> Result<Value, DocumentProblem> {
    Ok(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => Value::Bool(value),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => bytes.into_iter().map(Value::from).collect(),
        Cbor::Integer(number) => integer(number)?,
        Cbor::Float(number) => Number::from_f64(number).map_or(Value::Null, Value::Number),
        Cbor::Tag(_, inner) => json(*inner)?,
        Cbor::Array(items) => items.into_iter().map(json).collect::<Result<_, _>>()?,
        Cbor::Map(pairs) => map(pairs)?,
        _ => return Err(syntax("a value of an unknown kind")),
    })
}

fn integer(number: ciborium::value::Integer) -> Result<Value, DocumentProblem> {
    let number = i128::from(number);
    let unsigned = u64::try_from(number).map(Value::from);
    unsigned
        .or_else(|_| i64::try_from(number).map(Value::from))
        .map_err(|_| syntax("a number beyond 64 bits"))
}

fn map(pairs: Vec<(Cbor, Cbor)>) -> Result<Value, DocumentProblem> {
    let mut map = Map::new();
    for (key, value) in pairs {
        let key = match key {
            Cbor::Text(text) => text,
            Cbor::Integer(number) => i128::from(number).to_string(),
            _ => return Err(syntax("a key that is neither text nor a number")),
        };
        if map.contains_key(&key) {
            return Err(syntax(format!("the key `{key}` is there twice")));
        }
        map.insert(key, json(value)?);
    }
    Ok(Value::Object(map))
}

/// Walks over a document without building anything: lengths, nesting and number of values.
struct Scan<'a> {
    rest: &'a [u8],
    values: usize,
    max_values: usize,
    max_depth: usize,
}

/// What stands at the head of a value.
struct Head {
    major: u8,
    /// The argument; none for an indefinite length.
    argument: Option<u64>,
}

impl<'a> Scan<'a> {
    fn new(bytes: &'a [u8], limits: &Limits) -> Result<Self, DocumentProblem> {
        if bytes.len() > limits.document_bytes {
            return Err(DocumentProblem::TooLarge { limit: limits.document_bytes });
        }
        let (max_values, max_depth) = (limits.document_values, limits.depth_of_documents());
        Ok(Self { rest: bytes, values: 0, max_values, max_depth })
    }

    fn document(mut self) -> Result<(), DocumentProblem> {
        self.value(0)?;
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(syntax(format!("{} bytes follow the document", self.rest.len())))
        }
    }

    fn value(&mut self, depth: usize) -> Result<(), DocumentProblem> {
        if depth > self.max_depth {
            return Err(DocumentProblem::TooDeep { limit: self.max_depth });
        }
        self.values += 1;
        if self.values > self.max_values {
            return Err(DocumentProblem::TooManyValues { limit: self.max_values });
        }
        let head = self.head()?;
        match head.major {
            2 | 3 => self.string(&head),
            4 => self.items(head.argument, 1, depth),
            5 => self.items(head.argument, 2, depth),
            6 => self.value(depth + 1),
            _ if head.argument.is_none() => Err(syntax("a break where a value should be")),
            _ => Ok(()),
        }
    }

    fn head(&mut self) -> Result<Head, DocumentProblem> {
        let first = *self.take(1)?.first().ok_or_else(|| syntax("the end is missing"))?;
        let (major, info) = (first >> 5, first & 31);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                let bytes = self.take(1 << (info - 24))?;
                Some(bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
            }
            31 if !matches!(major, 0 | 1 | 6) => None,
            _ => return Err(syntax("a head of an unknown kind")),
        };
        Ok(Head { major, argument })
    }

    fn take(&mut self, count: u64) -> Result<&'a [u8], DocumentProblem> {
        let split = usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count));
        let (taken, rest) = split.ok_or_else(|| syntax("it ends in the middle of a value"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn string(&mut self, head: &Head) -> Result<(), DocumentProblem> {
        if let Some(length) = head.argument {
            return self.take(length).map(drop);
        }
        while !self.at_break()? {
            self.values += 1;
            let piece = self.head()?;
            match (piece.major == head.major, piece.argument) {
                (true, Some(length)) => self.take(length).map(drop)?,
                _ => return Err(syntax("a string in pieces that are no strings")),
            }
        }
        Ok(())
    }

    fn items(
        &mut self,
        count: Option<u64>,
        each: u64,
        depth: usize,
    ) -> Result<(), DocumentProblem> {
        let Some(count) = count else {
            while !self.at_break()? {
                for _ in 0..each {
                    self.value(depth + 1)?;
                }
            }
            return Ok(());
        };
        // Each value takes a byte at least, so that a huge count ends when the bytes do.
        for _ in 0..count.saturating_mul(each) {
            self.value(depth + 1)?;
        }
        Ok(())
    }

    fn at_break(&mut self) -> Result<bool, DocumentProblem> {
        let next = self.rest.first().ok_or_else(|| syntax("it ends in the middle of a value"))?;
        if *next != 0xff {
            return Ok(false);
        }
        self.take(1).map(|_| true)
    }
}

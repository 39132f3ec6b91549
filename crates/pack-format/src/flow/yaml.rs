//! YAML as a tree that knows where everything stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Location, Options, Spanned};

use super::error::{FlowError, FlowProblem, Place};
use crate::limits::Limits;

/// A value and its place.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    pub(crate) place: Place,
    pub(crate) kind: Kind,
}

/// A value.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Tree>),
    /// In the order of the source.
    Map(Vec<Pair>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) key: String,
    pub(crate) place: Place,
    pub(crate) value: Tree,
}

/// Reads a YAML file.
pub(crate) fn parse(file: &str, text: &str, limits: &Limits) -> Result<Tree, FlowError> {
    check_size(file, text, limits)?;
    let spanned: Spanned<Kind> = serde_saphyr::from_str_with_options(text, options(limits))
        .map_err(|error| syntax(file, text, &error))?;
    Ok(spanned.into())
}

/// Reads a YAML file as a type.
pub(crate) fn parse_typed<T: serde::de::DeserializeOwned>(
    file: &str,
    text: &str,
    limits: &Limits,
) -> Result<T, FlowError> {
    check_size(file, text, limits)?;
    serde_saphyr::from_str_with_options(text, options(limits))
        .map_err(|error| syntax(file, text, &error))
}

fn check_size(file: &str, text: &str, limits: &Limits) -> Result<(), FlowError> {
    if text.len() <= limits.document_bytes {
        return Ok(());
    }
    let problem = FlowProblem::TooLarge { limit: limits.document_bytes };
    Err(FlowError { file: file.to_owned(), place: Place::default(), problem })
}

fn options(limits: &Limits) -> Options {
    serde_saphyr::options! {
        // A snippet of the file in the error would repeat what an editor shows at the place.
        with_snippet: false,
        strict_booleans: true,
        // An alias costs far more than the bytes that it takes, and flows have few.
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 20_000,
        },
        budget: serde_saphyr::budget! {
            max_depth: limits.depth_of_documents(),
            max_nodes: limits.document_values,
            max_documents: 1,
        },
    }
}

fn syntax(file: &str, source: &str, error: &serde_saphyr::Error) -> FlowError {
    let place = error.location().map(Place::from).unwrap_or_default();
    let error = error.without_snippet();
    let detail = in_our_words(source, place, error).unwrap_or_else(|| {
        let text = error.to_string();
        // The place stands in front of the text already.
        let suffix = format!(" at line {}, column {}", place.line, place.column);
        text.strip_suffix(&suffix).unwrap_or(&text).to_owned()
    });
    FlowError { file: file.to_owned(), place, problem: FlowProblem::Syntax { detail } }
}

/// What to write instead, for mistakes that the parser tells in words of its own.
fn in_our_words(source: &str, place: Place, error: &serde_saphyr::Error) -> Option<String> {
    use serde_saphyr::Error;
    let line = usize::try_from(place.line).ok()?.checked_sub(1);
    let line = line.and_then(|line| source.lines().nth(line)).unwrap_or_default();
    let text = match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_ref().map_or_else(|| "a key".to_owned(), |key| format!("`{key}`"));
            return Some(format!("{key} is there twice; keep one"));
        }
        Error::MultipleDocuments { .. }
        | Error::Budget { breach: BudgetBreach::Documents { .. }, .. } => {
            "the file has several documents (`---`); keep one"
        }
        Error::Eof { .. } if source.trim().is_empty() => "the file is empty",
        Error::Unexpected { .. } if line.contains("{{") => {
            "braces make a map here; put a text with `{{…}}` in quotes: \"{{entry.text}}\""
        }
        _ => return None,
    };
    Some(text.to_owned())
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        Self { line: location.line(), column: location.column() }
    }
}

impl From<Spanned<Kind>> for Tree {
    fn from(spanned: Spanned<Kind>) -> Self {
        Self { place: spanned.referenced.into(), kind: spanned.value }
    }
}

impl Tree {
    /// The value as JSON.
    pub(crate) fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::Text(text) => Value::String(text.clone()),
            Kind::List(items) => items.iter().map(Self::to_json).collect(),
            Kind::Map(pairs) => {
                let pairs = pairs.iter().map(|pair| (pair.key.clone(), pair.value.to_json()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }

    /// What people call a value of this kind.
    pub(crate) fn kind_name(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "a truth value",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "a text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Kind, E> {
        Ok(Kind::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Kind, E> {
        let number = Number::from_f64(value);
        number.map(Kind::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Kind, E> {
        Ok(Kind::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<Spanned<Kind>>()? {
            items.push(item.into());
        }
        Ok(Kind::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut pairs = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Spanned<Kind>>()?.into();
            pairs.push(Pair { key: key.value, place: key.referenced.into(), value });
        }
        Ok(Kind::Map(pairs))
    }
}

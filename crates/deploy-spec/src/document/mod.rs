//! A document as two views that agree: the typed one to compute with, the raw one to keep.
//!
//! Writers of other versions put keys into documents that the types here do not have. [`Document`]
//! keeps them: a change is computed on the typed view and reaches the raw one as a difference in
//! which list elements match by identity, not by position.

mod fields;
mod number;
mod ordered;
mod patch;
mod shape;
mod strict_json;

use std::collections::HashMap;
use std::ops::Deref;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::integrity::{canonical_value, sha256_hex};
use crate::text::shown;

pub use shape::{Elements, Identity, Shape};
pub use strict_json::{JsonError, MAX_DOCUMENT_BYTES, MAX_DOCUMENT_DEPTH, parse_json};

pub(crate) use fields::field_names;
pub(crate) use patch::carry_unknown;
pub(crate) use strict_json::is_at_most;

/// A type that a [`Document`] can hold.
pub trait DocumentType: Serialize + DeserializeOwned + PartialEq {
    /// The type's name in messages.
    const NAME: &'static str;
    /// The lists whose elements have an identity.
    const SHAPE: Shape = Shape::PLAIN;

    /// Brings the change from `before` to `after` into `raw`, of which `before` is the typed view.
    ///
    /// # Errors
    /// When a value cannot be written as JSON.
    fn patch(before: &Self, after: &Self, raw: &mut Value) -> Result<(), serde_json::Error> {
        patch_value(before, after, raw, Self::SHAPE)
    }
}

/// A list element that stays the same element as long as its identity does.
pub(crate) trait Identified {
    /// What the element is told apart by.
    type Id: std::hash::Hash + Eq + Clone;

    /// The identity.
    fn identity(&self) -> Self::Id;
}

/// Patches one value by comparing its JSON forms.
pub(crate) fn patch_value<T: Serialize + PartialEq>(
    before: &T,
    after: &T,
    raw: &mut Value,
    shape: Shape,
) -> Result<(), serde_json::Error> {
    if before != after {
        patch::patch(&serde_json::to_value(before)?, &serde_json::to_value(after)?, raw, shape);
    }
    Ok(())
}

/// Patches a list element by element, without touching those that stayed as they were.
///
/// A list of ten thousand revisions of which one changed costs ten thousand comparisons and the
/// JSON of one.
pub(crate) fn patch_list<T: Serialize + PartialEq + Identified>(
    before: &[T],
    after: &[T],
    raw: &mut Value,
    shape: Shape,
) -> Result<(), serde_json::Error> {
    match raw {
        Value::Array(list) if list.len() == before.len() => {
            if starts_with(after, before) {
                patch_in_place(before, after, list, shape)
            } else {
                *list = rearrange(before, after, std::mem::take(list), shape)?;
                Ok(())
            }
        }
        _ if before == after => Ok(()),
        _ => {
            *raw = serde_json::to_value(after)?;
            Ok(())
        }
    }
}

fn starts_with<T: Identified>(after: &[T], before: &[T]) -> bool {
    after.len() >= before.len()
        && before.iter().zip(after).all(|(before, after)| before.identity() == after.identity())
}

fn patch_in_place<T: Serialize + PartialEq>(
    before: &[T],
    after: &[T],
    list: &mut Vec<Value>,
    shape: Shape,
) -> Result<(), serde_json::Error> {
    for ((before, after), raw) in before.iter().zip(after).zip(list.iter_mut()) {
        patch_value(before, after, raw, shape)?;
    }
    for added in &after[before.len()..] {
        list.push(serde_json::to_value(added)?);
    }
    Ok(())
}

fn rearrange<T: Serialize + PartialEq + Identified>(
    before: &[T],
    after: &[T],
    list: Vec<Value>,
    shape: Shape,
) -> Result<Vec<Value>, serde_json::Error> {
    let mut known: HashMap<_, _> = patch::number_repeats(before, T::identity)
        .into_iter()
        .zip(before.iter().zip(list))
        .collect();
    patch::number_repeats(after, T::identity)
        .into_iter()
        .zip(after)
        .map(|(identity, after)| match known.remove(&identity) {
            Some((before, mut raw)) => {
                patch_value(before, after, &mut raw, shape)?;
                Ok(raw)
            }
            None => serde_json::to_value(after),
        })
        .collect()
}

/// A document, typed and raw.
///
/// The typed view is what the raw document says; it can only be changed together with it. The etag
/// is that of the raw document, so two documents that differ in an unknown key differ.
///
/// ```
/// use greentic_deploy_spec::{Document, EnvironmentHostConfig};
///
/// let text = br#"{"env_id":"local","from_the_future":{"a":1}}"#;
/// let host: Document<EnvironmentHostConfig> = Document::from_json(text)?;
/// let mut typed = host.typed().clone();
/// typed.region = Some("eu-west-1".to_owned());
/// let changed = host.with(typed)?;
/// assert_eq!(changed.raw()["from_the_future"]["a"], 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Document<T> {
    typed: T,
    raw: Value,
}

/// A document cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not JSON that can be kept as it is.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error("{document} is invalid at `{path}`: {message}")]
    Field {
        /// Which document.
        document: &'static str,
        /// The field, for example `revisions[3].lifecycle`; `.` for the document itself.
        path: String,
        /// What is wrong there, with the value.
        message: String,
    },
    /// Objects and lists in each other beyond what can be kept.
    #[error("{document} nests objects and lists more than {limit} levels deep; flatten it")]
    TooDeep {
        /// Which document.
        document: &'static str,
        /// Levels allowed.
        limit: usize,
    },
    /// A value in memory has no JSON form, such as a path that is not UTF-8.
    #[error("{document} cannot be written as JSON: {message}")]
    Unwritable {
        /// Which document.
        document: &'static str,
        /// What stands in the way.
        message: String,
    },
}

impl DocumentError {
    /// A stable name of the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Json(JsonError::TooLarge { .. }) => "document-too-large",
            Self::Json(JsonError::Syntax { .. }) => "json-syntax",
            Self::Json(JsonError::DuplicateKey { .. }) => "json-duplicate-key",
            Self::Json(JsonError::LossyNumber { .. }) => "json-lossy-number",
            Self::Field { .. } => "document-field",
            Self::TooDeep { .. } => "document-too-deep",
            Self::Unwritable { .. } => "document-unwritable",
        }
    }
}

fn unwritable<T: DocumentType>(error: &serde_json::Error) -> DocumentError {
    DocumentError::Unwritable { document: T::NAME, message: error.to_string() }
}

/// What is written must be readable again.
pub(crate) fn check_depth<T: DocumentType>(raw: &Value) -> Result<(), DocumentError> {
    let limit = MAX_DOCUMENT_DEPTH;
    if strict_json::is_at_most(raw, limit) {
        Ok(())
    } else {
        Err(DocumentError::TooDeep { document: T::NAME, limit })
    }
}

/// Reads the typed view of a value; an error names the field.
///
/// # Errors
/// [`DocumentError::Field`].
pub fn typed_view<T: DocumentType>(raw: &Value) -> Result<T, DocumentError> {
    // Tracking the path costs, so only a value that failed is read with it.
    T::deserialize(raw).or_else(|_| {
        serde_path_to_error::deserialize(raw).map_err(|error| DocumentError::Field {
            document: T::NAME,
            message: message_at(&error.path().to_string(), error.inner()),
            path: error.path().to_string(),
        })
    })
}

/// serde's messages repeat the value. Where operators put configuration, it may be secret.
fn message_at(path: &str, error: &serde_json::Error) -> String {
    if path.contains("config_overrides") || path.contains("answers") {
        "the value is of another type than the key takes".to_owned()
    } else {
        shown(&error.to_string())
    }
}

impl<T: DocumentType> Document<T> {
    /// Makes a document of a typed value, without any key that the type does not have.
    ///
    /// # Errors
    /// [`DocumentError::Unwritable`] when a value has no JSON form, [`DocumentError::TooDeep`].
    pub fn new(typed: T) -> Result<Self, DocumentError> {
        let raw = serde_json::to_value(&typed).map_err(|error| unwritable::<T>(&error))?;
        check_depth::<T>(&raw)?;
        Ok(Self { typed, raw })
    }

    /// Reads a document from a JSON value and keeps every key.
    ///
    /// # Errors
    /// [`DocumentError::Field`] with the field that does not fit the type,
    /// [`DocumentError::TooDeep`].
    pub fn from_value(raw: Value) -> Result<Self, DocumentError> {
        check_depth::<T>(&raw)?;
        Ok(Self { typed: typed_view(&raw)?, raw })
    }

    /// Reads a document from JSON text and keeps every key.
    ///
    /// # Errors
    /// [`DocumentError::Json`] when the text is no JSON, has a key twice, or a number that does not
    /// round-trip; [`DocumentError::Field`] when it does not fit the type.
    pub fn from_json(bytes: &[u8]) -> Result<Self, DocumentError> {
        Self::from_value(parse_json(bytes)?)
    }

    /// The typed view.
    #[must_use]
    pub fn typed(&self) -> &T {
        &self.typed
    }

    /// The whole document.
    #[must_use]
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// Takes the typed view and drops the rest.
    #[must_use]
    pub fn into_typed(self) -> T {
        self.typed
    }

    /// Takes the whole document.
    #[must_use]
    pub fn into_raw(self) -> Value {
        self.raw
    }

    /// The document after a change: known keys from `typed`, unknown ones from this document.
    ///
    /// # Errors
    /// [`DocumentError::Unwritable`] when a value has no JSON form, [`DocumentError::TooDeep`].
    pub fn with(&self, typed: T) -> Result<Self, DocumentError> {
        let mut raw = self.raw.clone();
        T::patch(&self.typed, &typed, &mut raw).map_err(|error| unwritable::<T>(&error))?;
        check_depth::<T>(&raw)?;
        Ok(Self { typed, raw })
    }

    /// Both views, for a change that brings them back into agreement before anybody looks.
    pub(crate) fn views_mut(&mut self) -> (&mut T, &mut Value) {
        (&mut self.typed, &mut self.raw)
    }

    /// The canonical bytes: sorted keys, no white space.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical_value(&self.raw)
    }

    /// The strong etag: SHA-256 of the canonical bytes, 64 lower-case hex digits.
    #[must_use]
    pub fn etag(&self) -> String {
        sha256_hex(self.canonical().as_bytes())
    }

    /// The document as people read it: indented, known keys in the order of their declaration, a
    /// newline at the end.
    ///
    /// # Errors
    /// [`DocumentError::Unwritable`] when a value has no JSON form.
    pub fn to_pretty(&self) -> Result<String, DocumentError> {
        let write = || {
            let typed = serde_json::to_string(&self.typed)?;
            let order = serde_json::from_str(&typed)?;
            serde_json::to_string_pretty(&ordered::Ordered { value: &self.raw, order: &order })
        };
        let mut text = write().map_err(|error| unwritable::<T>(&error))?;
        text.push('\n');
        Ok(text)
    }
}

impl<T> Deref for Document<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.typed
    }
}

impl<T> Serialize for Document<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de, T: DocumentType> Deserialize<'de> for Document<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemas")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Document<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

//! Where the lists of a document are whose elements have an identity.

use serde_json::Value;

/// What a change needs to know of a JSON value: the lists below it whose elements are the same
/// element as long as their identity is the same, wherever they stand.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub(super) fields: &'static [(&'static str, Shape)],
    pub(super) elements: Option<&'static Elements>,
}

/// The elements of a list with identity.
#[derive(Debug)]
pub struct Elements {
    pub(super) identity: Identity,
    pub(super) shape: Shape,
}

/// What makes two elements of a list the same one.
#[derive(Clone, Copy, Debug)]
pub enum Identity {
    /// The value of one key.
    Key(&'static str),
    /// The path of the descriptor in `kind` (its version does not count) and `instance_id`.
    Extension,
}

impl Shape {
    /// A value without lists that have an identity.
    pub const PLAIN: Self = Self { fields: &[], elements: None };

    /// An object with keys below which such lists are.
    #[must_use]
    pub const fn object(fields: &'static [(&'static str, Self)]) -> Self {
        Self { fields, elements: None }
    }

    /// A list whose elements have an identity.
    #[must_use]
    pub const fn list(elements: &'static Elements) -> Self {
        Self { fields: &[], elements: Some(elements) }
    }

    pub(super) fn field(&self, key: &str) -> Self {
        self.fields.iter().find(|(name, _)| *name == key).map_or(Self::PLAIN, |(_, shape)| *shape)
    }
}

impl Elements {
    /// Elements that are told apart by one key.
    #[must_use]
    pub const fn by_key(key: &'static str, shape: Shape) -> Self {
        Self { identity: Identity::Key(key), shape }
    }

    /// Extension bindings.
    #[must_use]
    pub const fn extensions() -> Self {
        Self { identity: Identity::Extension, shape: Shape::PLAIN }
    }
}

impl Identity {
    /// The identity of an element; `None` for one that has none.
    pub(super) fn of(self, element: &Value) -> Option<String> {
        match self {
            Self::Key(key) => element.get(key)?.as_str().map(str::to_owned),
            Self::Extension => {
                let kind = element.get("kind")?.as_str()?;
                let path = kind.split('@').next().unwrap_or(kind);
                let instance = element.get("instance_id").and_then(Value::as_str);
                Some(instance.map_or_else(|| path.to_owned(), |id| format!("{path}/{id}")))
            }
        }
    }
}

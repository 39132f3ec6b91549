//! What a route is. The routes themselves are in `table`.

mod table;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::request::{Operation, RequestError};
use crate::EnvId;
use crate::document::{Document, DocumentType};
use crate::engine::Command;

pub use table::ROUTES;

pub(super) use table::COMMANDS;

/// An HTTP method of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Changes.
    Post,
    /// Changes a part.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// The method as it is sent.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// What a route makes of the `If-Match` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// It is not looked at.
    Ignored,
    /// It is checked when it is there.
    Optional,
    /// Without it the answer is `precondition-required`.
    Required,
}

/// The parts of a request that a command becomes.
pub(super) struct Parts {
    /// What fills the template after the environment.
    pub(super) parameters: Vec<String>,
    pub(super) body: Option<Value>,
}

/// The parts of a request that was matched by a route.
pub(super) struct Incoming {
    /// None on routes that name no environment.
    pub(super) env_id: Option<EnvId>,
    pub(super) parameters: Vec<String>,
    pub(super) body: Option<Value>,
}

type Encode = fn(&Command) -> Option<Parts>;
type Decode = fn(Incoming) -> Result<Operation, RequestError>;

/// A route: a method and a path, and what they mean.
#[derive(Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with parameters in braces.
    pub template: &'static str,
    /// What becomes of `If-Match`.
    pub if_match: IfMatch,
    /// Whether an `Idempotency-Key` is required; it is on every mutation.
    pub mutates: bool,
    pub(super) encode: Encode,
    pub(super) decode: Decode,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method.as_str(), self.template)
    }
}

fn check_backup_id(id: &str) -> Result<(), RequestError> {
    match crate::ids::parse_ulid(id) {
        Ok(_) => Ok(()),
        Err(error) => {
            let (value, detail) = (id.to_owned(), error.to_string());
            Err(RequestError::Parameter { value, detail })
        }
    }
}

impl std::str::FromStr for Method {
    type Err = RequestError;

    /// Reads a method as it is sent, in upper case.
    fn from_str(text: &str) -> Result<Self, RequestError> {
        [Self::Get, Self::Post, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.as_str() == text)
            .ok_or(RequestError::UnknownRoute)
    }
}

impl Incoming {
    pub(super) fn env_id(&self) -> Result<EnvId, RequestError> {
        self.env_id.clone().ok_or(RequestError::UnknownRoute)
    }

    pub(super) fn parameter<T>(&self, at: usize) -> Result<T, RequestError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let value = self.parameters.get(at).map(String::as_str).unwrap_or_default();
        value.parse().map_err(|error: T::Err| RequestError::Parameter {
            value: value.to_owned(),
            detail: error.to_string(),
        })
    }

    /// A backup's id in the path. It names a file in some backends, so it is nothing but a ULID.
    fn backup_id(&self) -> Result<String, RequestError> {
        let id: String = self.parameter(0)?;
        check_backup_id(&id)?;
        Ok(id)
    }

    fn body(&mut self) -> Result<Value, RequestError> {
        self.body.take().ok_or(RequestError::MissingBody)
    }

    pub(super) fn document<T: DocumentType>(&mut self) -> Result<Document<T>, RequestError> {
        Ok(Document::from_value(self.body()?)?)
    }

    pub(super) fn plain<T: DeserializeOwned>(&mut self) -> Result<T, RequestError> {
        serde_path_to_error::deserialize(self.body()?).map_err(|error| RequestError::Body {
            path: error.path().to_string(),
            detail: error.inner().to_string(),
        })
    }

    /// A part of the body as a document of its own.
    fn part<T: DocumentType>(&mut self, key: &str) -> Result<Document<T>, RequestError> {
        match self.body.as_mut().ok_or(RequestError::MissingBody)?.get_mut(key) {
            Some(part) => Ok(Document::from_value(part.take())?),
            None => {
                Err(RequestError::Body { path: key.to_owned(), detail: "is missing".to_owned() })
            }
        }
    }

    /// A body names the same thing as the path.
    pub(super) fn same<T: PartialEq + std::fmt::Display>(
        path: &T,
        body: &T,
    ) -> Result<(), RequestError> {
        if path == body {
            return Ok(());
        }
        Err(RequestError::IdMismatch { path: path.to_string(), body: body.to_string() })
    }
}

//! One sample of everything that goes over the wire or into a file, built from the types.
//!
//! The file names are those under which the samples lie in `tests/golden`.

mod documents;
mod exchange;
mod payloads;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{
    DeploymentId, Document, DocumentType, EnvId, Environment, MessagingEndpointId, RevisionId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use documents::{
    bundle, credentials, endpoint, environment, extension, minimal_environment, previous_split,
    revenue_policy, revision, split,
};
pub(crate) use exchange::errors;
pub(crate) use payloads::previous_binding;

/// A sample with what the tests need to know of its type.
pub(crate) struct Sample {
    /// The file, also that of published examples.
    pub(crate) file: &'static str,
    /// The schema in `docs/schemas` that it keeps.
    pub(crate) schema: &'static str,
    /// The file's content.
    pub(crate) text: String,
    /// Reads bytes as the sample's type and writes them again.
    pub(crate) read: fn(&[u8]) -> Result<Value, String>,
}

impl Sample {
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.text).expect("a sample is JSON")
    }
}

/// Every sample.
pub(crate) fn samples() -> Vec<Sample> {
    [documents::samples(), payloads::samples(), exchange::samples()].into_iter().flatten().collect()
}

/// Every sample as a JSON value under its file name.
pub(crate) fn all() -> Vec<(&'static str, Value)> {
    samples().iter().map(|sample| (sample.file, sample.value())).collect()
}

pub(crate) fn env_id() -> EnvId {
    "local".parse().expect("an environment id")
}

/// The full sample environment with both of its views.
pub(crate) fn document() -> Document<Environment> {
    Document::new(environment()).expect("the sample has a JSON form")
}

pub(crate) fn deployment_id() -> DeploymentId {
    "01JTKW0000000000000000DEP1".parse().expect("a ULID")
}

pub(crate) fn endpoint_id() -> MessagingEndpointId {
    "01JTKW0000000000000000MEP1".parse().expect("a ULID")
}

/// REV1, REV2 …
pub(crate) fn revision_id(number: u32) -> RevisionId {
    format!("01JTKW0000000000000000REV{number}").parse().expect("a ULID")
}

/// A time on the day of the samples.
fn at(time: &str) -> DateTime<Utc> {
    format!("2026-06-16T{time}Z").parse().expect("a time")
}

fn path(text: &str) -> Option<PathBuf> {
    Some(PathBuf::from(text))
}

/// A document type: it is written in declaration order.
fn document_sample<T: DocumentType>(file: &'static str, schema: &'static str, typed: T) -> Sample {
    let document = Document::new(typed).expect("a sample has a JSON form");
    let text = document.to_pretty().expect("a sample has a JSON form");
    Sample { file, schema, text, read: read_document::<T> }
}

/// Any other type.
fn shape_sample<T>(file: &'static str, schema: &'static str, shape: &T) -> Sample
where
    T: Serialize + DeserializeOwned,
{
    let text = serde_json::to_string_pretty(shape).expect("a sample has a JSON form");
    Sample { file, schema, text: text + "\n", read: read_shape::<T> }
}

fn read_document<T: DocumentType>(bytes: &[u8]) -> Result<Value, String> {
    let document = Document::<T>::from_json(bytes).map_err(|error| error.to_string())?;
    let again = Document::new(document.into_typed()).map_err(|error| error.to_string())?;
    Ok(again.into_raw())
}

/// For documents with keys of later versions, which only the raw view has.
fn read_kept<T: DocumentType>(bytes: &[u8]) -> Result<Value, String> {
    let document = Document::<T>::from_json(bytes).map_err(|error| error.to_string())?;
    let again = document.to_pretty().map_err(|error| error.to_string())?;
    serde_json::from_str(&again).map_err(|error| error.to_string())
}

fn read_shape<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<Value, String> {
    let shape: T = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    serde_json::to_value(shape).map_err(|error| error.to_string())
}

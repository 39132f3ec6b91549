use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{PACK_SCHEMA_VERSION, PackManifest, symbols};
use crate::cbor;
use crate::error::DocumentProblem;
use crate::limits::Limits;

/// Reads `manifest.cbor`.
pub(crate) fn read_manifest(
    bytes: &[u8],
    limits: &Limits,
) -> Result<PackManifest, DocumentProblem> {
    let mut value = cbor::to_json(bytes, limits)?;
    check_version(&value)?;
    symbols::resolve(&mut value)?;
    let manifest: PackManifest = typed(value)?;
    check_ids(&manifest)?;
    Ok(manifest)
}

fn check_version(value: &Value) -> Result<(), DocumentProblem> {
    match value.get("schema_version").and_then(Value::as_str) {
        Some(PACK_SCHEMA_VERSION) => Ok(()),
        Some(found) => Err(DocumentProblem::UnknownVersion { found: found.to_owned() }),
        None if value.pointer("/meta/packVersion").is_some() => Err(DocumentProblem::Legacy),
        None => Err(field("schema_version", "it is missing; expected `pack-v1`")),
    }
}

fn check_ids(manifest: &PackManifest) -> Result<(), DocumentProblem> {
    check_id("pack_id", &manifest.pack_id)?;
    let components = manifest.components.iter().map(|component| component.id.as_str());
    check_unique("components", components)?;
    check_unique("flows", manifest.flows.iter().map(|flow| flow.id.as_str()))?;
    for (at, flow) in manifest.flows.iter().enumerate() {
        let path = format!("flows[{at}].flow.nodes");
        check_unique(&path, flow.flow.nodes.iter().map(|node| node.id.as_str()))?;
    }
    Ok(())
}

fn check_unique<'a>(path: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), DocumentProblem> {
    let mut seen = std::collections::HashSet::new();
    for (at, id) in ids.enumerate() {
        let path = format!("{path}[{at}].id");
        check_id(&path, id)?;
        if !seen.insert(id) {
            return Err(DocumentProblem::Duplicate { path, id: id.to_owned() });
        }
    }
    Ok(())
}

/// Ids become parts of file names, keys and addresses, so they are plain.
fn check_id(path: &str, id: &str) -> Result<(), DocumentProblem> {
    if is_plain_id(id) {
        Ok(())
    } else {
        Err(field(path, "an id has 1 to 255 letters, digits, `.`, `_` and `-`, and no `..`"))
    }
}

/// Tells whether text can be the id of a bundle, a pack, a component, a flow or a node: 1 to 255 letters, digits, `.`, `_` and
/// `-`, and no way out of a folder.
#[must_use]
pub fn is_plain_id(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=255).contains(&id.len()) && id.bytes().all(is_plain) && !id.contains("..") && id != "."
}

/// Makes a value of a type out of a JSON value; the error says where it does not fit.
pub(crate) fn typed<T: DeserializeOwned>(value: Value) -> Result<T, DocumentProblem> {
    serde_path_to_error::deserialize(value).map_err(|error| DocumentProblem::Field {
        path: error.path().to_string(),
        detail: error.inner().to_string(),
    })
}

/// A value that does not fit.
pub(crate) fn field(path: impl Into<String>, detail: impl Into<String>) -> DocumentProblem {
    DocumentProblem::Field { path: path.into(), detail: detail.into() }
}

//! The list of a pack's files with their digests.

use serde::{Deserialize, Serialize};

use crate::archive::Files;
use crate::cbor;
use crate::error::{DocumentProblem, PackError};
use crate::limits::Limits;
use crate::manifest::{field, typed};

/// The member that this crate writes.
pub(crate) const SBOM_NAME: &str = "sbom.cbor";
const SBOM_JSON_NAME: &str = "sbom.json";
const FORMAT: &str = "greentic-sbom-v1";

/// A list of files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Sbom {
    format: String,
    pub(crate) files: Vec<SbomFile>,
}

/// One file of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SbomFile {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) hash_blake3: String,
    #[serde(default)]
    media_type: String,
}

/// A list of files that was found, with its name and its bytes, which a signature is about.
pub(crate) struct FoundSbom<'a> {
    pub(crate) name: &'static str,
    pub(crate) bytes: &'a [u8],
    pub(crate) sbom: Sbom,
}

/// Finds the list and reads it.
pub(crate) fn read_sbom<'a>(
    files: &'a Files,
    limits: &Limits,
) -> Result<Option<FoundSbom<'a>>, PackError> {
    let found = [SBOM_NAME, SBOM_JSON_NAME]
        .into_iter()
        .find_map(|name| files.get(name).map(|bytes| (name, &**bytes)));
    let Some((name, bytes)) = found else { return Ok(None) };
    let sbom = parse(name, bytes, limits).map_err(|problem| PackError::document(name, problem))?;
    Ok(Some(FoundSbom { name, bytes, sbom }))
}

fn parse(name: &str, bytes: &[u8], limits: &Limits) -> Result<Sbom, DocumentProblem> {
    let value = if name == SBOM_NAME {
        cbor::to_json(bytes, limits)?
    } else {
        crate::json::parse(bytes, limits)?
    };
    let sbom: Sbom = typed(value)?;
    if sbom.format != FORMAT {
        return Err(field("format", format!("it is `{}`; expected `{FORMAT}`", sbom.format)));
    }
    let mut seen = std::collections::HashSet::new();
    for (at, file) in sbom.files.iter().enumerate() {
        if !seen.insert(file.path.as_str()) {
            let path = format!("files[{at}].path");
            return Err(DocumentProblem::Duplicate { path, id: file.path.clone() });
        }
    }
    Ok(sbom)
}

/// Writes the list of files, in the order of their names.
pub(crate) fn write_sbom(files: &Files) -> Result<Vec<u8>, DocumentProblem> {
    let files = files
        .iter()
        .map(|(path, bytes)| SbomFile {
            path: path.clone(),
            size: bytes.len() as u64,
            hash_blake3: blake3::hash(bytes).to_hex().to_string(),
            media_type: media_type(path).to_owned(),
        })
        .collect();
    cbor::from_json(&Sbom { format: FORMAT.to_owned(), files })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("cbor") => "application/cbor",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        Some("yaml" | "yml" | "ygtc") => "application/yaml",
        Some("md") => "text/markdown",
        Some("png") => "image/png",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

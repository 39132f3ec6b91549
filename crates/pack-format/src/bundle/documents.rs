use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::archive::Files;
use crate::error::PackError;
use crate::flow::yaml;
use crate::json;
use crate::limits::Limits;
use crate::manifest::{field, typed};

pub(crate) const MANIFEST_NAME: &str = "bundle-manifest.json";
pub(crate) const LOCK_NAME: &str = "bundle-lock.json";
pub(crate) const CONFIG_NAME: &str = "bundle.yaml";

/// The format that this crate reads and writes.
pub const BUNDLE_FORMAT_VERSION: &str = "gtbundle-v1";

/// What a bundle says about itself (`bundle-manifest.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleManifest {
    /// [`BUNDLE_FORMAT_VERSION`].
    pub format_version: String,
    /// The bundle's id.
    pub bundle_id: String,
    /// A name for people.
    #[serde(default)]
    pub bundle_name: String,
    /// How the bundle was asked to be built.
    #[serde(default)]
    pub requested_mode: String,
    /// Everything else, as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// What a bundle was built from (`bundle-lock.json`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BundleLock {
    /// The lock's own version.
    #[serde(default)]
    pub schema_version: u64,
    /// The bundle's id.
    pub bundle_id: String,
    /// How the bundle was asked to be built.
    #[serde(default)]
    pub requested_mode: String,
    /// Everything else, as it is.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

pub(super) fn read_manifest(
    files: &Files,
    limits: &Limits,
) -> Result<Option<BundleManifest>, PackError> {
    let manifest: Option<BundleManifest> = read(files, MANIFEST_NAME, limits)?;
    let Some(manifest) = manifest else { return Ok(None) };
    if manifest.format_version != BUNDLE_FORMAT_VERSION {
        let detail =
            format!("it is `{}`; expected `{BUNDLE_FORMAT_VERSION}`", manifest.format_version);
        return Err(PackError::document(MANIFEST_NAME, field("format_version", detail)));
    }
    let extension = manifest.rest.get("artifact_extension").and_then(Value::as_str);
    if extension.is_some_and(|extension| extension != ".gtbundle") {
        let problem = field("artifact_extension", "it is not `.gtbundle`");
        return Err(PackError::document(MANIFEST_NAME, problem));
    }
    Ok(Some(manifest))
}

pub(super) fn read_lock(files: &Files, limits: &Limits) -> Result<Option<BundleLock>, PackError> {
    read(files, LOCK_NAME, limits)
}

pub(super) fn read_config(files: &Files, limits: &Limits) -> Result<Option<Value>, PackError> {
    let Some(bytes) = files.get(CONFIG_NAME) else { return Ok(None) };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| PackError::document(CONFIG_NAME, field("", "it is no UTF-8")))?;
    Ok(Some(yaml::parse(CONFIG_NAME, text, limits)?.to_json()))
}

fn read<T: serde::de::DeserializeOwned>(
    files: &Files,
    name: &str,
    limits: &Limits,
) -> Result<Option<T>, PackError> {
    let Some(bytes) = files.get(name) else { return Ok(None) };
    let document = json::parse(bytes, limits).and_then(typed);
    document.map(Some).map_err(|problem| PackError::document(name, problem))
}

/// The manifest and the lock must be of one bundle, built once.
pub(super) fn check_agreement(
    manifest: Option<&BundleManifest>,
    lock: Option<&BundleLock>,
) -> Result<(), PackError> {
    let (Some(manifest), Some(lock)) = (manifest, lock) else { return Ok(()) };
    let pairs = [
        ("bundle_id", &manifest.bundle_id, &lock.bundle_id),
        ("requested_mode", &manifest.requested_mode, &lock.requested_mode),
    ];
    for (name, expected, found) in pairs {
        if expected != found {
            let detail = format!("it is `{found}`, but `{expected}` in `{MANIFEST_NAME}`");
            return Err(PackError::document(LOCK_NAME, field(name, detail)));
        }
    }
    Ok(())
}

//! The name of an env-pack implementation with its version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::SemVer;

/// Names an env-pack implementation: `<path>@<semver>`, for example
/// `greentic.deployer.local-process@0.1.0`.
///
/// The path has a dot and consists of `a-z`, `0-9`, `-` and `.`; the version is strict SemVer 2.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackDescriptor {
    raw: String,
    path: String,
    version: SemVer,
}

/// The text is not a pack descriptor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackDescriptorParseError {
    /// No `@`.
    #[error("pack descriptor missing `@<semver>` suffix")]
    MissingVersion,
    /// More than one `@`. Kept for callers that match on it; such a text is `InvalidSemver`.
    #[error("pack descriptor must contain one `@`")]
    MultipleAt,
    /// Nothing before the `@`.
    #[error("pack descriptor path must not be empty")]
    EmptyPath,
    /// The path has no dot.
    #[error("pack descriptor path must contain a `.`")]
    PathMissingDot,
    /// The first character of the path outside of `a-z 0-9 - .`.
    #[error("pack descriptor path contains {0:?}; allowed are a-z, 0-9, `-` and `.`")]
    InvalidPathChar(char),
    /// What follows the first `@` is not SemVer 2.
    #[error("pack descriptor version {0:?} is not a semantic version such as 1.2.3")]
    InvalidSemver(String),
}

/// Checks the grammar that descriptor paths and extension refs share.
pub(crate) fn path_defect(path: &str) -> Option<PackDescriptorParseError> {
    if path.is_empty() {
        return Some(PackDescriptorParseError::EmptyPath);
    }
    if !path.contains('.') {
        return Some(PackDescriptorParseError::PathMissingDot);
    }
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    path.chars().find(|c| !legal(*c)).map(PackDescriptorParseError::InvalidPathChar)
}

impl PackDescriptor {
    /// Parses `<path>@<semver>`.
    ///
    /// # Errors
    /// The first rule that the text breaks, in the order of [`PackDescriptorParseError`].
    pub fn try_new(text: impl Into<String>) -> Result<Self, PackDescriptorParseError> {
        let raw = text.into();
        let (path, version) =
            raw.split_once('@').ok_or(PackDescriptorParseError::MissingVersion)?;
        if let Some(defect) = path_defect(path) {
            return Err(defect);
        }
        let version = version
            .parse()
            .map_err(|_| PackDescriptorParseError::InvalidSemver(version.to_owned()))?;
        let path = path.to_owned();
        Ok(Self { raw, path, version })
    }

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn version(&self) -> &SemVer {
        &self.version
    }
}

impl TryFrom<String> for PackDescriptor {
    type Error = PackDescriptorParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::try_new(text)
    }
}

impl TryFrom<&str> for PackDescriptor {
    type Error = PackDescriptorParseError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        Self::try_new(text)
    }
}

impl FromStr for PackDescriptor {
    type Err = PackDescriptorParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::try_new(text)
    }
}

impl From<PackDescriptor> for String {
    fn from(descriptor: PackDescriptor) -> Self {
        descriptor.raw
    }
}

impl fmt::Display for PackDescriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw)
    }
}

//! The folders of whoever runs this: cargo's own, and the cache.

#![expect(
    clippy::disallowed_methods,
    reason = "the one module of this program that reads the environment"
)]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::files;

/// Returns the folders that hold the packages that cargo unpacked, one for each registry that was used.
pub(crate) fn package_folders() -> Result<Vec<PathBuf>> {
    files::folders(&cargo()?.join("registry/src"))
}

/// Returns cargo's own folder.
pub(crate) fn cargo() -> Result<PathBuf> {
    folder("CARGO_HOME", ".cargo")
}

/// Returns the folder for what can be fetched or made again.
pub(crate) fn cache() -> Result<PathBuf> {
    folder("XDG_CACHE_HOME", ".cache")
}

/// Reads a folder from a variable; without it, the folder has this name in the home folder.
fn folder(variable: &str, name: &str) -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(variable) {
        return Ok(PathBuf::from(folder));
    }
    let home =
        std::env::var_os("HOME").with_context(|| format!("neither {variable} nor HOME is set"))?;
    Ok(Path::new(&home).join(name))
}

//! Walking and reading folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// Reads a text file, naming it when that fails.
pub(crate) fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes a file and the folders above it, naming it when that fails.
pub(crate) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// Removes a folder with all that is in it, if it is there.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    if !path.exists() {
        return Ok(());
    }
    fs::remove_dir_all(path).with_context(|| format!("cannot remove {}", path.display()))
}

/// Lists the files below a folder in a stable order, without build output and hidden folders.
///
/// A folder that does not exist has no files.
pub(crate) fn walk(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        visit(folder, &mut files)?;
    }
    files.sort();
    Ok(files)
}

fn visit(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() {
            files.push(path);
        } else if !is_skipped(&path) {
            visit(&path, files)?;
        }
    }
    Ok(())
}

fn is_skipped(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    name == "target" || name == "node_modules" || name.starts_with('.')
}

/// Lists the folders directly inside a folder in a stable order; none if it does not exist.
pub(crate) fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !parent.is_dir() {
        return Ok(found);
    }
    let entries =
        fs::read_dir(parent).with_context(|| format!("cannot list {}", parent.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the files below a folder that have this extension, keyed by their path inside it.
pub(crate) fn tree(folder: &Path, extension: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut content = BTreeMap::new();
    for path in walk(folder)? {
        if path.extension().is_some_and(|found| found == extension) {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            content.insert(path.strip_prefix(folder)?.to_owned(), bytes);
        }
    }
    Ok(content)
}

/// Copies a file or a folder, giving every copy the present time.
///
/// Cargo judges by file times; a copy that kept its old one could be taken for something that is already built.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    let files = if from.is_dir() { walk(from)? } else { vec![from.to_owned()] };
    for file in files {
        let inside = file.strip_prefix(from)?;
        let destination =
            if inside.as_os_str().is_empty() { to.to_owned() } else { to.join(inside) };
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        write(&destination, bytes)?;
    }
    Ok(())
}

//! Finds files of a revision without leaving the environment's folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use greentic_deploy_spec::RevisionId;
use serde::de::DeserializeOwned;

use super::error::RevisionFolderError as Error;
use crate::archive;
use crate::entry_name::{self, NameProblem};
use crate::error::{EntryProblem, PackError};
use crate::limits::Limits;
use crate::manifest::typed;
use crate::{bundle, json};

/// The folders that a reference has above what a bundle's own limits bound: `revisions/<ULID>/bundle/`.
const FOLDERS_ABOVE: usize = 3;
const BYTES_ABOVE: usize = 64;

/// A revision of an environment.
pub(super) struct Place<'a> {
    pub(super) env_root: &'a Path,
    pub(super) revision_id: RevisionId,
    pub(super) limits: &'a Limits,
}

impl Place<'_> {
    /// The file behind a reference. No part of the way there is a link.
    pub(super) fn file(&self, reference: &Path) -> Result<PathBuf, Error> {
        let shown = reference.display().to_string();
        let fail = |problem: EntryProblem| Error::Unsafe { file: shown.clone(), problem };
        let text = reference.to_str().ok_or_else(|| fail(NameProblem::NotUtf8.into()))?;
        let limits = Limits {
            depth: self.limits.depth.saturating_add(FOLDERS_ABOVE),
            name_bytes: self.limits.name_bytes.saturating_add(BYTES_ABOVE),
            ..self.limits.clone()
        };
        entry_name::check(text, &limits).map_err(|problem| fail(problem.into()))?;
        let mut path = self.env_root.to_owned();
        let mut is_file = false;
        for part in text.split('/') {
            path.push(part);
            let metadata =
                fs::symlink_metadata(&path).map_err(|source| self.absent(&path, &shown, source))?;
            if metadata.is_symlink() {
                return Err(fail(EntryProblem::Symlink));
            }
            is_file = metadata.is_file();
        }
        if is_file {
            Ok(path)
        } else {
            Err(fail(EntryProblem::Special { kind: "folder or device" }))
        }
    }

    fn absent(&self, path: &Path, file: &str, source: std::io::Error) -> Error {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        if matches!(source.kind(), NotFound | NotADirectory) {
            return Error::Missing { revision_id: self.revision_id, file: file.to_owned() };
        }
        Error::io("read", path)(source)
    }

    /// Reads a JSON document behind a reference.
    pub(super) fn document<T: DeserializeOwned>(&self, reference: &Path) -> Result<T, Error> {
        let path = self.file(reference)?;
        let limits =
            Limits { archive_bytes: self.limits.document_bytes as u64, ..self.limits.clone() };
        let bytes = archive::read_file(&path, &limits).map_err(Error::pack(None))?;
        json::parse(&bytes, self.limits)
            .and_then(typed)
            .map_err(|problem| Error::Document { file: reference.display().to_string(), problem })
    }
}

/// The packs that run, as they are found below the folder of an unpacked bundle.
pub(super) fn packs_below(folder: &Path, limits: &Limits) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    for top in ["packs", "providers"] {
        if fs::symlink_metadata(folder.join(top)).is_ok_and(|metadata| metadata.is_dir()) {
            collect(folder, top, limits, &mut found)?;
        }
    }
    Ok(found)
}

/// Collects the packs of one folder. The depth of names bounds how deep it calls itself.
fn collect(
    root: &Path,
    below: &str,
    limits: &Limits,
    found: &mut BTreeSet<String>,
) -> Result<(), Error> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).map_err(Error::io("list", &folder))? {
        let entry = entry.map_err(Error::io("list", &folder))?;
        let name = format!("{below}/{}", entry.file_name().to_string_lossy());
        let fail = |problem| Error::pack(None)(PackError::entry(name.clone(), problem));
        entry_name::check(&name, limits).map_err(|problem| fail(problem.into()))?;
        let kind = entry.file_type().map_err(Error::io("list", &folder))?;
        if kind.is_symlink() {
            return Err(fail(EntryProblem::Symlink));
        }
        if kind.is_dir() {
            collect(root, &name, limits, found)?;
        } else if bundle::is_runtime_pack(&name) {
            found.insert(name);
        }
    }
    Ok(())
}

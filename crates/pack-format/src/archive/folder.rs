//! Reads and writes the folder form of an archive.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Budget, Files};
use crate::entry_name::{self, Names};
use crate::error::{EntryProblem, PackError};
use crate::limits::Limits;

/// Reads all files of a folder. Links are not followed but refused.
pub(crate) fn read_folder(root: &Path, limits: &Limits) -> Result<Files, PackError> {
    let mut reader = Reader {
        limits,
        budget: Budget::new(limits),
        names: Names::default(),
        files: Files::new(),
    };
    reader.folder(root, "")?;
    Ok(reader.files)
}

struct Reader<'a> {
    limits: &'a Limits,
    budget: Budget<'a>,
    names: Names,
    files: Files,
}

impl Reader<'_> {
    /// Reads one folder. The depth of names bounds how deep it calls itself.
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), PackError> {
        let fail = |source| PackError::Io { operation: "list", path: folder.to_owned(), source };
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            self.budget.add_entry()?;
            let raw = entry.file_name();
            let shown = format!("{prefix}{}", raw.to_string_lossy());
            let part = raw
                .to_str()
                .ok_or_else(|| PackError::entry(shown.clone(), entry_name::NameProblem::NotUtf8))?;
            let name = format!("{prefix}{part}");
            entry_name::check(&name, self.limits)
                .map_err(|problem| PackError::entry(shown, problem))?;
            self.entry(&entry.path(), name)?;
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: String) -> Result<(), PackError> {
        let metadata = fs::symlink_metadata(path).map_err(PackError::io("read", path))?;
        if metadata.is_symlink() {
            return Err(PackError::entry(name, EntryProblem::Symlink));
        }
        if metadata.is_dir() {
            self.names.add_folder(&name)?;
            return self.folder(path, &format!("{name}/"));
        }
        if !metadata.is_file() {
            let problem = EntryProblem::Special { kind: "device, pipe or socket" };
            return Err(PackError::entry(name, problem));
        }
        self.names.add_file(&name)?;
        self.budget.add_bytes(metadata.len())?;
        let limit = self.limits.entry_bytes;
        let bytes = super::read_at_most(path, limit).map_err(PackError::io("read", path))?;
        let too_large = || PackError::entry(name.clone(), EntryProblem::TooLarge { limit });
        let bytes = bytes.ok_or_else(too_large)?;
        self.files.insert(name, Arc::from(bytes));
        Ok(())
    }
}

/// Writes files into a folder that does not exist yet, or is empty.
///
/// The names were checked when the files were read, so that none leads out of the folder.
pub(crate) fn write_folder(root: &Path, files: &Files) -> Result<(), PackError> {
    let fail = |path: &Path| PackError::io("write", path.to_owned());
    fs::create_dir_all(root).map_err(fail(root))?;
    if fs::read_dir(root).map_err(fail(root))?.next().is_some() {
        let source = std::io::Error::from(std::io::ErrorKind::DirectoryNotEmpty);
        return Err(fail(root)(source));
    }
    for (name, bytes) in files {
        let path: PathBuf = root.join(name);
        let parent = path.parent().unwrap_or(root);
        fs::create_dir_all(parent).map_err(fail(parent))?;
        // Never through something that is there already: the folder was empty, so only another process put it there.
        let mut file = fs::File::create_new(&path).map_err(fail(&path))?;
        std::io::Write::write_all(&mut file, bytes).map_err(fail(&path))?;
    }
    Ok(())
}

//! Names of entries that are safe on every system.

use crate::error::{EntryProblem, PackError};
use crate::limits::Limits;

/// Why a name is not safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameProblem {
    /// There is no name.
    #[error("it is empty")]
    Empty,
    /// It starts at the root, or with a drive.
    #[error("it is absolute")]
    Absolute,
    /// It has a part `..`.
    #[error("it has a part `..`, which leads out of the folder")]
    Parent,
    /// It has an empty part or a part `.`.
    #[error("it has an empty part or a part `.`")]
    NotNormal,
    /// It has a backslash.
    #[error("it has a backslash, which separates folders on some systems")]
    Backslash,
    /// It has a NUL or another control character.
    #[error("it has a control character")]
    Control,
    /// It is no UTF-8.
    #[error("it is no UTF-8")]
    NotUtf8,
    /// It is longer than allowed.
    #[error("it is longer than {limit} bytes")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// It is nested more deeply than allowed.
    #[error("it is more than {limit} folders deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

/// Checks the name of an entry, without the slash that folders end with.
pub(crate) fn check(name: &str, limits: &Limits) -> Result<(), NameProblem> {
    if name.is_empty() {
        return Err(NameProblem::Empty);
    }
    if name.len() > limits.name_bytes {
        return Err(NameProblem::TooLong { limit: limits.name_bytes });
    }
    if name.starts_with('/') || name.as_bytes().get(1) == Some(&b':') {
        return Err(NameProblem::Absolute);
    }
    if name.contains('\\') {
        return Err(NameProblem::Backslash);
    }
    if name.chars().any(char::is_control) {
        return Err(NameProblem::Control);
    }
    check_parts(name, limits)
}

fn check_parts(name: &str, limits: &Limits) -> Result<(), NameProblem> {
    let mut depth = 0;
    for part in name.split('/') {
        match part {
            ".." => return Err(NameProblem::Parent),
            "" | "." => return Err(NameProblem::NotNormal),
            // No common file system stores a longer one.
            _ if part.len() > 255 => return Err(NameProblem::TooLong { limit: 255 }),
            _ => depth += 1,
        }
    }
    if depth > limits.depth {
        return Err(NameProblem::TooDeep { limit: limits.depth });
    }
    Ok(())
}

/// Reads a name from an archive.
pub(crate) fn from_bytes<'a>(bytes: &'a [u8], limits: &Limits) -> Result<&'a str, PackError> {
    let shown = || shorten(&bytes.escape_ascii().to_string());
    let name =
        std::str::from_utf8(bytes).map_err(|_| PackError::entry(shown(), NameProblem::NotUtf8))?;
    let path = name.strip_suffix('/').unwrap_or(name);
    check(path, limits).map_err(|problem| PackError::entry(shown(), problem))?;
    Ok(name)
}

/// Keeps an error readable whatever the name is.
fn shorten(name: &str) -> String {
    const SHOWN: usize = 200;
    if name.chars().count() <= SHOWN {
        name.to_owned()
    } else {
        name.chars().take(SHOWN).chain("…".chars()).collect()
    }
}

/// The names of an archive, to find those that collide.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Lower-case name to the name as it stands and whether it is a file.
    seen: std::collections::HashMap<String, (String, Kind)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    /// Named by an entry of its own.
    Folder,
    /// Named only as part of another name.
    Implied,
}

impl Names {
    /// Adds a file.
    pub(crate) fn add_file(&mut self, name: &str) -> Result<(), PackError> {
        self.add(name, Kind::File)
    }

    /// Adds a folder.
    pub(crate) fn add_folder(&mut self, name: &str) -> Result<(), PackError> {
        self.add(name.strip_suffix('/').unwrap_or(name), Kind::Folder)
    }

    fn add(&mut self, name: &str, kind: Kind) -> Result<(), PackError> {
        for (at, _) in name.match_indices('/') {
            self.put(&name[..at], Kind::Implied)?;
        }
        self.put(name, kind)
    }

    fn put(&mut self, name: &str, kind: Kind) -> Result<(), PackError> {
        let key = name.to_lowercase();
        let Some((other, known)) = self.seen.get_mut(&key) else {
            self.seen.insert(key, (name.to_owned(), kind));
            return Ok(());
        };
        if other != name {
            let problem = EntryProblem::DiffersInCase { other: other.clone() };
            return Err(PackError::entry(name, problem));
        }
        match (*known, kind) {
            (Kind::File, Kind::File) | (Kind::Folder, Kind::Folder) => {
                Err(PackError::entry(name, EntryProblem::Duplicate))
            }
            (Kind::File, _) | (_, Kind::File) => {
                Err(PackError::entry(name, EntryProblem::FileAndFolder))
            }
            _ => {
                if kind == Kind::Folder {
                    *known = kind;
                }
                Ok(())
            }
        }
    }
}

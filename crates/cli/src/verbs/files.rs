//! Files that verbs read and write.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use greentic_pack_format::{Digest, open_regular};
use serde::Serialize;

use crate::error::CliError;
use crate::output::{Report, View};

/// A file that was built.
#[derive(Debug, Serialize)]
pub(crate) struct Built {
    path: String,
    digest: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dry_run: bool,
}

impl Built {
    pub(crate) fn new(path: &Path, digest: &Digest, dry_run: bool) -> Self {
        // Not every path is a text, and the file is written already.
        Self { path: path.display().to_string(), digest: digest.to_string(), dry_run }
    }
}

impl Report for Built {
    fn view(&self) -> View {
        let label = if self.dry_run { "would write" } else { "file" };
        View::new()
            .fields([(label, Some(self.path.clone())), ("digest", Some(self.digest.clone()))])
    }
}

/// A path that the verb cannot do without.
pub(crate) fn given(
    path: Option<PathBuf>,
    what: &'static str,
    how: &'static str,
) -> Result<PathBuf, CliError> {
    path.ok_or(CliError::Missing { what, how })
}

/// A small text file.
pub(crate) fn read_text(path: &Path, max_bytes: u64) -> Result<String, CliError> {
    let file = open_regular(path).map_err(CliError::file("open", path))?;
    let mut text = String::new();
    file.take(max_bytes + 1).read_to_string(&mut text).map_err(CliError::file("read", path))?;
    if text.len() as u64 > max_bytes {
        return Err(CliError::FileTooLarge { path: path.to_owned(), limit: max_bytes });
    }
    Ok(text)
}

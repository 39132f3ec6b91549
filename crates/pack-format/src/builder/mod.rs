//! Builds packs and bundles: same sources, same bytes.

mod bundle;
mod error;
mod pack;
mod pack_yaml;
mod source;

use std::fs;
use std::io::Write as _;
use std::path::Path;

pub use bundle::BundleBuilder;
pub use error::BuildError;
pub use pack::PackBuilder;

use crate::error::PackError;

/// Writes a file so that it is there whole or not at all.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    let fail = |source| PackError::Io { operation: "write", path: path.to_owned(), source };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = Path::new(&unfinished);
    let written = fs::File::create(unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    let written = written.and_then(|()| fs::rename(unfinished, path));
    if written.is_err() {
        drop(fs::remove_file(unfinished));
    }
    written.map_err(fail)
}

//! Reads a SquashFS image whole.

use std::io::{Cursor, Read as _};
use std::sync::Arc;

use backhand::kind::{Kind, LE_V4_0};
use backhand::{FilesystemReader, InnerNode, Squashfs, SquashfsFileReader};

use super::{image_check, image_tree};
use crate::archive::{Files, kind_of, not_an};
use crate::error::{EntryProblem, FormatProblem, PackError};
use crate::limits::Limits;

pub(super) const EXPECTED: &str = "SquashFS image (`.gtbundle`)";

/// The error for an image that is broken.
pub(super) fn broken(detail: &str) -> PackError {
    let problem = FormatProblem::Broken { detail: detail.to_owned() };
    PackError::Format { expected: EXPECTED, problem }
}

/// Reads all files of an image.
pub(super) fn read_image(image: &[u8], limits: &Limits) -> Result<Files, PackError> {
    if image.len() as u64 > limits.archive_bytes {
        return Err(PackError::TooLarge { what: "bytes", limit: limits.archive_bytes });
    }
    if !image.starts_with(b"hsqs") {
        let is_known = kind_of(image).is_some();
        let detail = if is_known { "" } else { "it does not start like one" };
        return Err(not_an(EXPECTED, image, detail));
    }
    let compressor = image_check::compression(image)?;
    let kind = Kind::from_const(LE_V4_0).map_err(|_| broken("its version is not supported"))?;
    let mut reader = Cursor::new(image);
    let (head, _) = Squashfs::superblock_and_compression_options(&mut reader, &kind)
        .map_err(|_| broken("its head cannot be read"))?;
    image_check::check_tables(image, &head, compressor, limits)?;
    let squashfs = Squashfs::from_reader(Cursor::new(image))
        .map_err(|_| broken("its tables cannot be read"))?;
    let sizes = image_tree::check_tree(&squashfs, limits)?;
    let filesystem =
        squashfs.into_filesystem_reader().map_err(|_| broken("its tree cannot be read"))?;
    let mut files = Files::new();
    for node in filesystem.files() {
        let InnerNode::File(file) = &node.inner else { continue };
        let name = node.fullpath.to_str().map(|name| name.trim_start_matches('/'));
        let (name, size) = name
            .and_then(|name| Some((name, *sizes.get(name)?)))
            .ok_or_else(|| broken("its tree is not what was checked"))?;
        files.insert(name.to_owned(), read_file(&filesystem, file, name, size)?);
    }
    Ok(files)
}

fn read_file(
    filesystem: &FilesystemReader<'_>,
    file: &SquashfsFileReader,
    name: &str,
    size: u64,
) -> Result<Arc<[u8]>, PackError> {
    let broken = |detail| PackError::entry(name, EntryProblem::Broken { detail });
    let mut bytes = Vec::new();
    let reader = filesystem.file(file).reader();
    reader
        .take(size.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|_| broken("its data cannot be unpacked"))?;
    if bytes.len() as u64 == size {
        Ok(Arc::from(bytes))
    } else {
        Err(broken("its size is not the one in its inode"))
    }
}

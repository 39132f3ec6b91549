//! Writes SquashFS images: same files, same bytes.

use std::io::Cursor;

use backhand::compression::Compressor;
use backhand::{FilesystemCompressor, FilesystemWriter, NodeHeader};

use super::image_read::broken;
use crate::archive::Files;
use crate::error::PackError;

/// How an image is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// zlib, which every reader knows.
    #[default]
    Zlib,
    /// xz: smaller, and slower to write.
    Xz,
}

/// Writes files in the order of their names, with fixed times, owners and permissions.
pub(crate) fn write_image(files: &Files, compression: Compression) -> Result<Vec<u8>, PackError> {
    let fail = |_| broken("it cannot be written");
    let id = match compression {
        Compression::Zlib => Compressor::Gzip,
        Compression::Xz => Compressor::Xz,
    };
    let mut writer = FilesystemWriter::default();
    writer.set_time(0);
    writer.set_only_root_id();
    writer.set_root_mode(0o755);
    writer.set_compressor(FilesystemCompressor::new(id, None).map_err(fail)?);
    for (name, bytes) in files {
        if let Some((folder, _)) = name.rsplit_once('/') {
            writer.push_dir_all(folder, NodeHeader::new(0o755, 0, 0, 0)).map_err(fail)?;
        }
        let header = NodeHeader::new(0o644, 0, 0, 0);
        writer.push_file(Cursor::new(&**bytes), name, header).map_err(fail)?;
    }
    let mut image = Cursor::new(Vec::new());
    writer.write(&mut image).map_err(fail)?;
    Ok(image.into_inner())
}

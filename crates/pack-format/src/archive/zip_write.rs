//! Writes zip archives: same files, same bytes.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::Files;

/// The earliest time that the format knows, which other tools write, too.
const EARLIEST: Option<UtcDateTime> = UtcDateTime::from_components(1980, 1, 1, 0, 0, 0, 0);

/// Writes files in the order of their names, with fixed times and permissions.
///
/// What packs well is deflated, the rest stored.
pub(crate) fn write_zip(files: &Files) -> io::Result<Vec<u8>> {
    let mut archive = ZipArchiveWriter::new(Vec::new());
    for (name, bytes) in files {
        let packed = deflate(bytes)?;
        let (method, data) = if packed.len() < bytes.len() {
            (CompressionMethod::DEFLATE, packed.as_slice())
        } else {
            (CompressionMethod::STORE, &**bytes)
        };
        let file = archive.new_file(name.as_str()).compression_method(method);
        let file = match EARLIEST {
            Some(time) => file.last_modified(time),
            None => file,
        };
        let (mut entry, _) = file.unix_permissions(0o100_644).start().map_err(io::Error::other)?;
        entry.write_all(data)?;
        let crc = rawzip::crc32(bytes);
        let written = rawzip::DataDescriptorOutput::new(crc, bytes.len() as u64);
        entry.finish(written).map_err(io::Error::other)?;
    }
    archive.finish().map_err(io::Error::other)
}

fn deflate(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(6));
    encoder.write_all(bytes)?;
    encoder.finish()
}

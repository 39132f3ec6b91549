//! Reads a zip archive whole, and refuses whatever two readers could understand in two ways.

use std::io::Read as _;
use std::sync::Arc;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipFileHeaderRecord, ZipSliceArchive, ZipSliceEntry};

use super::{Budget, Files, not_an};
use crate::entry_name::{self, Names};
use crate::error::{EntryProblem, PackError};
use crate::limits::Limits;

const EXPECTED: &str = "zip archive (`.gtpack`)";

/// One entry as the archive's directory describes it, with its data.
struct Entry<'a> {
    name: String,
    record: ZipFileHeaderRecord<'a>,
    data: ZipSliceEntry<'a>,
}

/// Reads all files of an archive.
pub(crate) fn read_zip(bytes: &[u8], limits: &Limits) -> Result<Files, PackError> {
    if bytes.len() as u64 > limits.archive_bytes {
        return Err(PackError::TooLarge { what: "bytes", limit: limits.archive_bytes });
    }
    let broken = |error: rawzip::Error| not_an(EXPECTED, bytes, &error.to_string());
    let archive = ZipArchive::from_slice(bytes).map_err(broken)?;
    let entries = entries(&archive, limits)?;
    check_overlaps(&entries, archive.directory_offset())?;
    let mut budget = Budget::new(limits);
    let mut files = Files::new();
    for entry in entries {
        budget.add_bytes(entry.record.uncompressed_size_hint())?;
        if !entry.name.ends_with('/') {
            let data = entry.unpack(limits)?;
            files.insert(entry.name, data);
        }
    }
    Ok(files)
}

/// Lists the directory, without unpacking anything.
fn entries<'a>(
    archive: &'a ZipSliceArchive<&'a [u8]>,
    limits: &Limits,
) -> Result<Vec<Entry<'a>>, PackError> {
    let bytes = *archive.get_ref();
    let broken = |detail: &str| not_an(EXPECTED, bytes, detail);
    if archive.end_offset() != bytes.len() as u64 {
        return Err(broken("bytes follow its end"));
    }
    let mut budget = Budget::new(limits);
    let mut names = Names::default();
    let mut entries = Vec::new();
    for record in archive.entries() {
        let record = record.map_err(|error| broken(&error.to_string()))?;
        budget.add_entry()?;
        let entry = Entry::new(archive, record, limits)?;
        if entry.name.ends_with('/') {
            names.add_folder(&entry.name)?;
        } else {
            names.add_file(&entry.name)?;
        }
        entries.push(entry);
    }
    if entries.len() as u64 != archive.entries_hint() {
        return Err(broken("its directory has another number of entries than its end says"));
    }
    Ok(entries)
}

impl<'a> Entry<'a> {
    fn new(
        archive: &'a ZipSliceArchive<&'a [u8]>,
        record: ZipFileHeaderRecord<'a>,
        limits: &Limits,
    ) -> Result<Self, PackError> {
        let path = record.file_path();
        let name = entry_name::from_bytes(path.as_bytes(), limits)?.to_owned();
        let fail = |problem| PackError::entry(name.clone(), problem);
        check_kind(&record).map_err(fail)?;
        let data = archive.get_entry(record.wayfinder());
        let data = data
            .map_err(|_| fail(EntryProblem::Broken { detail: "it lies outside of the archive" }))?;
        check_local_header(&record, &data).map_err(fail)?;
        check_sizes(&record, limits).map_err(fail)?;
        Ok(Self { name, record, data })
    }

    fn unpack(&self, limits: &Limits) -> Result<Arc<[u8]>, PackError> {
        let fail = |problem| PackError::entry(self.name.clone(), problem);
        let broken = |detail| fail(EntryProblem::Broken { detail });
        let packed = self.data.data();
        let size = self.record.uncompressed_size_hint();
        let unpacked = if self.record.compression_method() == CompressionMethod::STORE {
            Arc::from(packed)
        } else {
            inflate(packed, size.min(limits.entry_bytes)).map_err(broken)?
        };
        if unpacked.len() as u64 != size {
            return Err(broken("its size is not the one in the directory"));
        }
        if rawzip::crc32(&unpacked) != self.record.crc32() {
            return Err(broken("its checksum is not the one in the directory"));
        }
        Ok(unpacked)
    }
}

/// Unpacks at most one byte more than expected, so that a bomb is noticed and not unpacked.
fn inflate(packed: &[u8], size: u64) -> Result<Arc<[u8]>, &'static str> {
    let mut unpacked = Vec::new();
    let mut decoder = DeflateDecoder::new(packed);
    decoder
        .by_ref()
        .take(size.saturating_add(1))
        .read_to_end(&mut unpacked)
        .map_err(|_| "its data cannot be unpacked")?;
    if unpacked.len() as u64 == size && decoder.total_in() != packed.len() as u64 {
        return Err("bytes follow its packed data");
    }
    Ok(Arc::from(unpacked))
}

fn check_kind(record: &ZipFileHeaderRecord<'_>) -> Result<(), EntryProblem> {
    let flags = record.flags();
    if flags.is_encrypted() || flags.has_strong_encryption() || flags.is_masked() {
        return Err(EntryProblem::Encrypted);
    }
    // Unix writes the kind of file into the upper half; other systems leave it zero.
    match (record.external_attributes() >> 16) & 0o170_000 {
        0 | 0o100_000 | 0o040_000 => {}
        0o120_000 => return Err(EntryProblem::Symlink),
        0o020_000 | 0o060_000 => return Err(EntryProblem::Special { kind: "device" }),
        0o010_000 => return Err(EntryProblem::Special { kind: "pipe" }),
        0o140_000 => return Err(EntryProblem::Special { kind: "socket" }),
        _ => return Err(EntryProblem::Special { kind: "file of an unknown kind" }),
    }
    match record.compression_method() {
        CompressionMethod::STORE | CompressionMethod::DEFLATE => Ok(()),
        other => Err(EntryProblem::Compression { method: other.as_u16() }),
    }
}

/// Another reader may go by the header beside the data, or by the descriptor behind it: all must say the same.
fn check_local_header(
    record: &ZipFileHeaderRecord<'_>,
    data: &ZipSliceEntry<'_>,
) -> Result<(), EntryProblem> {
    let ambiguous = |what| Err(EntryProblem::Ambiguous { what });
    let local = data.local_header();
    if local.file_path().as_bytes() != record.file_path().as_bytes() {
        return ambiguous("name");
    }
    if local.flags().bits() != record.flags().bits() {
        return ambiguous("flags");
    }
    if local.compression_method() != record.compression_method() {
        return ambiguous("compression");
    }
    let expected = (record.crc32(), record.compressed_size_hint(), record.uncompressed_size_hint());
    let beside = (local.crc32(), local.compressed_size_hint(), local.uncompressed_size_hint());
    if !record.flags().has_data_descriptor() {
        return if beside == expected { Ok(()) } else { ambiguous("size or checksum") };
    }
    let behind = data
        .data_descriptor()
        .ok()
        .flatten()
        .map(|one| (one.crc32(), one.compressed_size(), one.uncompressed_size()));
    let is_same = behind == Some(expected) && (beside == (0, 0, 0) || beside == expected);
    if is_same { Ok(()) } else { ambiguous("size or checksum") }
}

fn check_sizes(record: &ZipFileHeaderRecord<'_>, limits: &Limits) -> Result<(), EntryProblem> {
    let (packed, unpacked) = (record.compressed_size_hint(), record.uncompressed_size_hint());
    if unpacked > limits.entry_bytes {
        return Err(EntryProblem::TooLarge { limit: limits.entry_bytes });
    }
    if limits.is_bomb(packed, unpacked) {
        return Err(EntryProblem::Bomb { limit: limits.ratio });
    }
    if record.file_path().is_dir() && unpacked > 0 {
        return Err(EntryProblem::Broken { detail: "it is a folder with data" });
    }
    Ok(())
}

/// Refuses entries that share bytes with each other or with the directory.
fn check_overlaps(entries: &[Entry<'_>], directory: u64) -> Result<(), PackError> {
    let range = |entry: &Entry<'_>| {
        (entry.record.local_header_offset(), entry.data.compressed_data_range().1)
    };
    let mut sorted: Vec<&Entry<'_>> = entries.iter().collect();
    sorted.sort_by_key(|entry| range(entry));
    for pair in sorted.windows(2) {
        let [one, next] = pair else { continue };
        if range(one).1 > range(next).0 {
            let other = one.name.clone();
            return Err(PackError::entry(next.name.clone(), EntryProblem::Overlaps { other }));
        }
    }
    match sorted.last() {
        Some(last) if range(last).1 > directory => {
            let other = "the archive's directory".to_owned();
            Err(PackError::entry(last.name.clone(), EntryProblem::Overlaps { other }))
        }
        _ => Ok(()),
    }
}

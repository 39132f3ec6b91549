//! Looks at a SquashFS image before its tables are unpacked.
//!
//! The reader that is used unpacks tables whole and keeps fragments, whatever their size. Here the same blocks are unpacked
//! one by one and dropped, so that an image that would outgrow the limits is refused first.

use backhand::SuperBlock;
use backhand::compression::{CompressionAction as _, Compressor, DefaultCompressor};

use super::image_read::broken;
use crate::error::{FormatProblem, PackError};
use crate::limits::Limits;

/// How large a block of a table is at most, by the format.
const TABLE_BLOCK: usize = 8192;

/// Small blocks make for long lists of blocks; no tool makes smaller ones unless told to.
const MIN_BLOCK: u32 = 64 * 1024;

/// Bytes of tables for each entry that is allowed: an inode with its list of blocks, and a name.
const TABLE_BYTES_PER_ENTRY: usize = 1024;

const FRAGMENT_BYTES: usize = 16;
const UNCOMPRESSED_BLOCK: u32 = 1 << 24;
const NOT_SET: u64 = u64::MAX;

/// The compression of an image; an error when it is none that is supported.
pub(super) fn compression(image: &[u8]) -> Result<Compressor, PackError> {
    let number = bytes_at::<2>(image, 20).map(u16::from_le_bytes);
    let actual = match number.ok_or_else(|| broken("it ends too early"))? {
        1 => return Ok(Compressor::Gzip),
        4 => return Ok(Compressor::Xz),
        2 => "lzma".to_owned(),
        3 => "lzo".to_owned(),
        5 => "lz4".to_owned(),
        6 => "zstd".to_owned(),
        other => format!("method {other}"),
    };
    let problem = FormatProblem::Compression { actual };
    Err(PackError::Format { expected: super::image_read::EXPECTED, problem })
}

/// Checks the sizes of an image's tables and fragments.
pub(super) fn check_tables(
    image: &[u8],
    head: &SuperBlock,
    compressor: Compressor,
    limits: &Limits,
) -> Result<(), PackError> {
    let entries = limits.entries as u64;
    if u64::from(head.inode_count) > entries || u64::from(head.frag_count) > entries {
        return Err(PackError::TooLarge { what: "entries", limit: entries });
    }
    if head.block_size < MIN_BLOCK {
        return Err(broken("its blocks are smaller than 64 KiB; build it with larger ones"));
    }
    let left = limits.entries.saturating_mul(TABLE_BYTES_PER_ENTRY);
    Tables { image, head, compressor, left }.check(limits)
}

struct Tables<'a> {
    image: &'a [u8],
    head: &'a SuperBlock,
    compressor: Compressor,
    /// How many bytes of tables there may still be.
    left: usize,
}

impl Tables<'_> {
    fn check(mut self, limits: &Limits) -> Result<(), PackError> {
        self.until(self.head.inode_table, self.head.dir_table)?;
        let mut end_of_dirs = None;
        if self.head.frag_count > 0 && self.head.frag_table != NOT_SET {
            let start = self.pointer(self.head.frag_table)?;
            let bytes = self.head.frag_count as usize * FRAGMENT_BYTES;
            let table = self.blocks(start, bytes.div_ceil(TABLE_BLOCK))?;
            self.fragments(&table, limits)?;
            end_of_dirs = Some(start);
        }
        if self.head.nfs_export_table_exists() && self.head.export_table != NOT_SET {
            let start = self.pointer(self.head.export_table)?;
            self.blocks(start, 1)?;
            end_of_dirs = end_of_dirs.or(Some(start));
        }
        let ids = self.pointer(self.head.id_table)?;
        self.blocks(ids, usize::from(self.head.id_count).div_ceil(TABLE_BLOCK))?;
        self.until(self.head.dir_table, end_of_dirs.unwrap_or(ids))
    }

    fn pointer(&self, at: u64) -> Result<u64, PackError> {
        let bytes = usize::try_from(at).ok().and_then(|at| bytes_at::<8>(self.image, at));
        bytes.map(u64::from_le_bytes).ok_or_else(|| broken("a table lies outside of it"))
    }

    /// Walks over the blocks between two places.
    fn until(&mut self, start: u64, end: u64) -> Result<(), PackError> {
        let mut at = start;
        while at < end {
            at = self.block(at, &mut Vec::new())?;
        }
        if at == end { Ok(()) } else { Err(broken("its tables run into each other")) }
    }

    /// Walks over a number of blocks.
    fn blocks(&mut self, start: u64, count: usize) -> Result<Vec<u8>, PackError> {
        let mut table = Vec::new();
        let mut at = start;
        for _ in 0..count {
            at = self.block(at, &mut table)?;
        }
        Ok(table)
    }

    /// Unpacks one block and says where the next one is.
    fn block(&mut self, at: u64, table: &mut Vec<u8>) -> Result<u64, PackError> {
        let outside = || broken("a table lies outside of it");
        let place = usize::try_from(at).map_err(|_| outside())?;
        let head = bytes_at::<2>(self.image, place).map(u16::from_le_bytes).ok_or_else(outside)?;
        let size = usize::from(head & 0x7fff);
        let start = place.saturating_add(2);
        let packed = self.image.get(start..start.saturating_add(size)).ok_or_else(outside)?;
        let unpacked =
            if head & 0x8000 == 0 { self.unpack(packed, TABLE_BLOCK)? } else { packed.to_vec() };
        if size > TABLE_BLOCK || unpacked.is_empty() {
            return Err(broken("a block of a table has a wrong size"));
        }
        self.left = self.left.checked_sub(unpacked.len()).ok_or_else(|| {
            let limit = TABLE_BYTES_PER_ENTRY as u64;
            PackError::TooLarge { what: "bytes of tables for each entry that is allowed", limit }
        })?;
        table.extend(unpacked);
        Ok(at + 2 + size as u64)
    }

    fn fragments(&self, table: &[u8], limits: &Limits) -> Result<(), PackError> {
        let mut total = 0_u64;
        for entry in table.chunks_exact(FRAGMENT_BYTES).take(self.head.frag_count as usize) {
            let start = bytes_at::<8>(entry, 0).map(u64::from_le_bytes).unwrap_or_default();
            let size = bytes_at::<4>(entry, 8).map(u32::from_le_bytes).unwrap_or_default();
            total += self.fragment(start, size)?;
            if total > limits.total_bytes {
                let limit = limits.total_bytes;
                return Err(PackError::TooLarge { what: "bytes when unpacked", limit });
            }
        }
        Ok(())
    }

    /// The unpacked size of one fragment.
    fn fragment(&self, start: u64, size: u32) -> Result<u64, PackError> {
        let length = (size & !UNCOMPRESSED_BLOCK) as usize;
        let packed = usize::try_from(start)
            .ok()
            .and_then(|start| self.image.get(start..start.checked_add(length)?))
            .ok_or_else(|| broken("a fragment lies outside of it"))?;
        let block_size = self.head.block_size as usize;
        if length > block_size {
            return Err(broken("a fragment is larger than a block"));
        }
        if size & UNCOMPRESSED_BLOCK != 0 {
            return Ok(length as u64);
        }
        Ok(self.unpack(packed, block_size)?.len() as u64)
    }

    fn unpack(&self, packed: &[u8], limit: usize) -> Result<Vec<u8>, PackError> {
        let mut unpacked = Vec::with_capacity(limit);
        DefaultCompressor
            .decompress(packed, &mut unpacked, self.compressor)
            .map_err(|_| broken("a block cannot be unpacked"))?;
        if unpacked.len() > limit {
            return Err(broken("a block grows beyond its size, like a bomb"));
        }
        Ok(unpacked)
    }
}

fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

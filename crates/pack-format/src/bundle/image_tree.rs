//! The tree of a SquashFS image, walked with bounds.
//!
//! The reader that is used walks it too, but without any: a folder in itself, a thousand folders in each other and one list
//! of names shared by all folders would each take the process down.

use std::collections::{BTreeMap, HashSet};

use backhand::Squashfs;
use backhand::v4::inode::{Inode, InodeInner};

use super::image_read::broken;
use crate::archive::Budget;
use crate::entry_name::{self, Names};
use crate::error::{EntryProblem, PackError};
use crate::limits::Limits;

/// Checks every entry of an image. Gives the size of each file by its name.
pub(super) fn check_tree(
    image: &Squashfs<'_>,
    limits: &Limits,
) -> Result<BTreeMap<String, u64>, PackError> {
    let mut walk = Walk {
        image,
        limits,
        budget: Budget::new(limits),
        names: Names::default(),
        visited: HashSet::new(),
        files: BTreeMap::new(),
    };
    walk.folder(&image.root_inode, "")?;
    Ok(walk.files)
}

struct Walk<'a, 'b> {
    image: &'a Squashfs<'b>,
    limits: &'a Limits,
    budget: Budget<'a>,
    names: Names,
    visited: HashSet<u32>,
    files: BTreeMap<String, u64>,
}

/// One entry of a folder.
struct Entry<'a> {
    name: &'a [u8],
    inode: u32,
    /// The basic kind: 1 for a folder to 7 for a socket.
    kind: u16,
}

impl Walk<'_, '_> {
    /// Walks one folder. The depth of names bounds how deep it calls itself.
    fn folder(&mut self, inode: &Inode, prefix: &str) -> Result<(), PackError> {
        if !self.visited.insert(inode.header.inode_number) {
            let name = prefix.strip_suffix('/').unwrap_or(prefix);
            let problem = EntryProblem::Broken { detail: "it is a folder that is in two places" };
            return Err(PackError::entry(name, problem));
        }
        let listing = listing(self.image, inode)?;
        for entry in entries(listing)? {
            self.budget.add_entry()?;
            let full = [prefix.as_bytes(), entry.name].concat();
            let name = entry_name::from_bytes(&full, self.limits)?.to_owned();
            if entry.name.contains(&b'/') {
                return Err(PackError::entry(name, entry_name::NameProblem::NotNormal));
            }
            self.entry(&entry, name)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry<'_>, name: String) -> Result<(), PackError> {
        let image = self.image;
        let fail = |detail| PackError::entry(name.clone(), EntryProblem::Broken { detail });
        let inode = image.inodes.get(&entry.inode).ok_or_else(|| fail("its inode is missing"))?;
        let id = inode.id as u16;
        if entry.kind != id && entry.kind + 7 != id {
            return Err(fail("its inode is of another kind"));
        }
        let problem = match entry.kind {
            1 => {
                self.names.add_folder(&name)?;
                return self.folder(inode, &format!("{name}/"));
            }
            2 => return self.file(inode, name),
            3 => EntryProblem::Symlink,
            4 | 5 => EntryProblem::Special { kind: "device" },
            6 => EntryProblem::Special { kind: "pipe" },
            _ => EntryProblem::Special { kind: "socket" },
        };
        Err(PackError::entry(name, problem))
    }

    fn file(&mut self, inode: &Inode, name: String) -> Result<(), PackError> {
        self.names.add_file(&name)?;
        let (size, blocks, fragment) = match &inode.inner {
            InodeInner::BasicFile(file) => {
                (u64::from(file.file_size), &file.block_sizes, file.frag_index)
            }
            InodeInner::ExtendedFile(file) => (file.file_size, &file.block_sizes, file.frag_index),
            _ => return Ok(()),
        };
        let fail = |problem| Err(PackError::entry(name.clone(), problem));
        if size > self.limits.entry_bytes {
            return fail(EntryProblem::TooLarge { limit: self.limits.entry_bytes });
        }
        let packed: u64 = blocks.iter().map(|block| u64::from(block.size())).sum();
        let block_size = u64::from(self.image.superblock.block_size);
        // The tail is in a fragment, whose size is bounded with the tables.
        let in_blocks = if fragment == u32::MAX { size } else { size - size % block_size };
        if self.limits.is_bomb(packed, in_blocks) {
            return fail(EntryProblem::Bomb { limit: self.limits.ratio });
        }
        self.budget.add_bytes(size)?;
        self.files.insert(name, size);
        Ok(())
    }
}

/// The bytes that list a folder's entries.
fn listing<'a>(image: &'a Squashfs<'_>, inode: &Inode) -> Result<&'a [u8], PackError> {
    let (block, size, offset) = match &inode.inner {
        InodeInner::BasicDirectory(one) => {
            (one.block_index, u32::from(one.file_size), one.block_offset)
        }
        InodeInner::ExtendedDirectory(one) => (one.block_index, one.file_size, one.block_offset),
        _ => return Err(broken("a folder's inode is none of a folder")),
    };
    // The size counts three bytes more than there are, by the format.
    let length = (size as usize).saturating_sub(3);
    if length == 0 {
        return Ok(&[]);
    }
    let (places, bytes) = &image.dir_blocks;
    let start = places
        .get(&u64::from(block))
        .and_then(|start| usize::try_from(*start).ok())
        .map(|start| start.saturating_add(usize::from(offset)));
    start
        .and_then(|start| bytes.get(start..start.checked_add(length)?))
        .ok_or_else(|| broken("a folder lies outside of its table"))
}

/// Reads the entries of a folder: runs of up to 256, each with a head.
fn entries(mut bytes: &[u8]) -> Result<Vec<Entry<'_>>, PackError> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let count = u32::from_le_bytes(take(&mut bytes)?);
        let _start: [u8; 4] = take(&mut bytes)?;
        let base = u32::from_le_bytes(take(&mut bytes)?);
        if count >= 256 {
            return Err(broken("a folder has a run of more than 256 entries"));
        }
        for _ in 0..=count {
            entries.push(entry(&mut bytes, base)?);
        }
    }
    Ok(entries)
}

fn entry<'a>(bytes: &mut &'a [u8], base: u32) -> Result<Entry<'a>, PackError> {
    let _offset: [u8; 2] = take(bytes)?;
    let difference = i16::from_le_bytes(take(bytes)?);
    let kind = u16::from_le_bytes(take(bytes)?);
    let length = usize::from(u16::from_le_bytes(take(bytes)?)) + 1;
    let (name, rest) = bytes.split_at_checked(length).ok_or_else(cut_off)?;
    *bytes = rest;
    // The reader that is used counts inodes with a sign.
    let inode = i32::try_from(base).ok().and_then(|base| base.checked_add(i32::from(difference)));
    let inode = inode.and_then(|inode| u32::try_from(inode).ok());
    let inode = inode.ok_or_else(|| broken("an entry has an impossible inode"))?;
    if !(1..=7).contains(&kind) {
        return Err(broken("an entry is of an unknown kind"));
    }
    Ok(Entry { name, inode, kind })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], PackError> {
    let (taken, rest) = bytes.split_first_chunk::<N>().ok_or_else(cut_off)?;
    *bytes = rest;
    Ok(*taken)
}

fn cut_off() -> PackError {
    broken("a folder's list of entries is cut off")
}

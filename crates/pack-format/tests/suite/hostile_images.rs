//! SquashFS images that mean harm.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use backhand::compression::{CompressionAction, Compressor, DefaultCompressor};
use backhand::kind::Kind;
use backhand::{BackhandError, FilesystemCompressor, FilesystemWriter, NodeHeader, SuperBlock};
use greentic_pack_format::{Bundle, EntryProblem, FormatProblem, Limits, NameProblem, PackError};

use crate::lab::limits;

pub(crate) type Writer = FilesystemWriter<'static, 'static, 'static>;

fn header() -> NodeHeader {
    NodeHeader::new(0o644, 0, 0, 0)
}

/// An image with one good file and what a test adds.
fn image(add: impl FnOnce(&mut Writer)) -> Vec<u8> {
    image_of(Compressor::Gzip, None, add)
}

/// The same with nothing compressed, so that its bytes can be found and replaced.
pub(crate) fn plain(add: impl FnOnce(&mut Writer)) -> Vec<u8> {
    image_of(Compressor::Gzip, Some(Kind::new_v4(&Plain)), add)
}

fn image_of(id: Compressor, kind: Option<Kind>, add: impl FnOnce(&mut Writer)) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.set_time(0);
    writer.set_compressor(FilesystemCompressor::new(id, None).unwrap());
    if let Some(kind) = kind {
        writer.set_kind(kind);
    }
    writer.push_file(Cursor::new("first"), "first.txt", header()).unwrap();
    add(&mut writer);
    let mut image = Cursor::new(Vec::new());
    writer.write(&mut image).unwrap();
    image.into_inner()
}

/// A compressor after which everything is larger, so that the writer keeps what was there.
struct Plain;

/// A compressor that turns everything into a megabyte of blanks.
struct Bomb;

fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 1 << 20]).unwrap();
    encoder.finish().unwrap()
}

impl CompressionAction for Plain {
    type Compressor = Compressor;
    type FilesystemCompressor = FilesystemCompressor;
    type SuperBlock = SuperBlock;
    type Error = BackhandError;

    fn decompress(
        &self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        id: Compressor,
    ) -> Result<(), BackhandError> {
        DefaultCompressor.decompress(bytes, out, id)
    }

    fn compress(
        &self,
        bytes: &[u8],
        _: FilesystemCompressor,
        _: u32,
    ) -> Result<Vec<u8>, BackhandError> {
        Ok([bytes, b"+"].concat())
    }
}

impl CompressionAction for Bomb {
    type Compressor = Compressor;
    type FilesystemCompressor = FilesystemCompressor;
    type SuperBlock = SuperBlock;
    type Error = BackhandError;

    fn decompress(
        &self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        id: Compressor,
    ) -> Result<(), BackhandError> {
        DefaultCompressor.decompress(bytes, out, id)
    }

    fn compress(
        &self,
        _: &[u8],
        _: FilesystemCompressor,
        _: u32,
    ) -> Result<Vec<u8>, BackhandError> {
        Ok(bomb())
    }
}

fn open(image: Vec<u8>) -> Result<Bundle, PackError> {
    Bundle::from_bytes(image, &limits())
}

#[track_caller]
fn refused(image: Vec<u8>, name: &str, expected: EntryProblem) {
    match open(image).unwrap_err() {
        PackError::Entry { entry, problem } => {
            assert_eq!((entry.as_str(), problem), (name, expected));
        }
        other => panic!("{other}"),
    }
}

#[track_caller]
fn broken(image: Vec<u8>, expected: &str) {
    match open(image).unwrap_err() {
        PackError::Format { problem: FormatProblem::Broken { detail }, .. } => {
            assert_eq!(detail, expected);
        }
        other => panic!("{other}"),
    }
}

/// Replaces bytes that are there once.
fn replace(mut image: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = position(&image, from);
    image[at..at + to.len()].copy_from_slice(to);
    image
}

fn position(image: &[u8], needle: &[u8]) -> usize {
    let mut found = image.windows(needle.len()).enumerate().filter(|(_, one)| *one == needle);
    let (at, _) = found.next().unwrap();
    assert_eq!(found.next(), None, "{needle:?} is there twice");
    at
}

#[test]
fn a_good_image_of_each_kind_opens() {
    for compressor in [Compressor::Gzip, Compressor::Xz] {
        let image = image_of(compressor, None, |_| {});
        let bundle = open(image).unwrap();
        assert_eq!(&**bundle.file("first.txt").unwrap(), b"first");
    }
    let bundle = open(plain(|writer| writer.push_dir_all("a/b", header()).unwrap())).unwrap();
    assert_eq!(bundle.files().count(), 1);
}

#[test]
fn links_devices_pipes_and_sockets_are_refused() {
    let link = |target: &'static str| {
        image(move |writer| writer.push_symlink(target, "odd", header()).unwrap())
    };
    refused(link("../../etc/passwd"), "odd", EntryProblem::Symlink);
    refused(link("first.txt"), "odd", EntryProblem::Symlink);
    let special = |kind| EntryProblem::Special { kind };
    refused(
        image(|writer| writer.push_char_device(1, "odd", header()).unwrap()),
        "odd",
        special("device"),
    );
    refused(
        image(|writer| writer.push_block_device(1, "odd", header()).unwrap()),
        "odd",
        special("device"),
    );
    refused(image(|writer| writer.push_fifo("odd", header()).unwrap()), "odd", special("pipe"));
    refused(image(|writer| writer.push_socket("odd", header()).unwrap()), "odd", special("socket"));
}

#[test]
fn names_that_were_tampered_with_are_refused() {
    let with = |one: &'static str| {
        plain(move |writer| writer.push_file(Cursor::new("x"), one, header()).unwrap())
    };
    let name = EntryProblem::Name;
    refused(replace(with("zz"), b"zz", b".."), "..", name(NameProblem::Parent));
    refused(replace(with("zz"), b"zz", b"/z"), "/z", name(NameProblem::Absolute));
    refused(replace(with("zzz"), b"zzz", b"z/z"), "z/z", name(NameProblem::NotNormal));
    refused(replace(with("zz"), b"zz", b"z\0"), "z\\x00", name(NameProblem::Control));
    refused(replace(with("zz"), b"zz", b"z\xff"), "z\\xff", name(NameProblem::NotUtf8));
    refused(replace(with("zz"), b"zz", b"z\\"), "z\\\\", name(NameProblem::Backslash));
    refused(
        replace(with("second.tx"), b"second.tx", b"first.txt"),
        "first.txt",
        EntryProblem::Duplicate,
    );
    let other = "first.txt".to_owned();
    refused(
        replace(with("second.tx"), b"second.tx", b"FIRST.TXT"),
        "FIRST.TXT",
        EntryProblem::DiffersInCase { other },
    );
}

#[test]
fn folders_that_are_too_deep_or_in_themselves_are_refused() {
    let deep: PathBuf = std::iter::repeat_n("d", 300).collect();
    let name = vec!["d"; 17].join("/");
    let problem = EntryProblem::Name(NameProblem::TooDeep { limit: 16 });
    refused(image(move |writer| writer.push_dir_all(deep, header()).unwrap()), &name, problem);
    let nested = plain(|writer| writer.push_dir_all("d1/x1", header()).unwrap());
    // A record is offset, inode, kind, length of the name, name. Each of the two is the first of its folder, so that the
    // number that its inode counts from stands right before it.
    let record = |name: &[u8]| position(&nested, name) - 8;
    let base = |at: usize| i32::from_le_bytes(nested[at - 4..at].try_into().unwrap());
    let inode = |at: usize| i16::from_le_bytes(nested[at + 2..at + 4].try_into().unwrap());
    let (outer, inner) = (record(b"d1"), record(b"x1"));
    let itself = base(outer) + i32::from(inode(outer)) - base(inner);
    let mut looped = nested.clone();
    looped[inner + 2..inner + 4].copy_from_slice(&(itself as i16).to_le_bytes());
    let detail = "it is a folder that is in two places";
    refused(looped, "d1/x1", EntryProblem::Broken { detail });
}

#[test]
fn bombs_in_data_tables_and_fragments_are_refused() {
    let zeros = image(|writer| {
        let blanks = Cursor::new(vec![0; 50_000_000]);
        writer.push_file(blanks, "blanks", header()).unwrap();
    });
    assert!(zeros.len() < 100_000);
    refused(zeros, "blanks", EntryProblem::Bomb { limit: 200 });
    let detail = "a block grows beyond its size, like a bomb";
    let fragment = image_of(Compressor::Gzip, Some(Kind::new_v4(&Bomb)), |writer| {
        let data = Cursor::new(vec![b'x'; 9_000]);
        writer.push_file(data, "tail", header()).unwrap();
    });
    broken(fragment, detail);
    let table = image_of(Compressor::Gzip, Some(Kind::new_v4(&Bomb)), |writer| {
        for at in 0..900 {
            writer.push_dir(format!("folder-{at}"), header()).unwrap();
        }
    });
    broken(table, detail);
}

#[test]
fn limits_on_counts_and_sizes_hold() {
    let image = image(|writer| {
        let data = Cursor::new(vec![b'x'; 300]);
        writer.push_file(data, "second.txt", header()).unwrap();
    });
    let refused = |change: &dyn Fn(&mut Limits)| {
        let mut limits = limits();
        change(&mut limits);
        Bundle::from_bytes(image.clone(), &limits).unwrap_err().to_string()
    };
    let hint = "raise the limit only for archives that you trust";
    assert_eq!(
        refused(&|limits| limits.entries = 1),
        format!("the archive has more than 1 entries; {hint}")
    );
    assert_eq!(
        refused(&|limits| limits.total_bytes = 304),
        format!("the archive has more than 304 bytes when unpacked; {hint}")
    );
    assert_eq!(
        refused(&|limits| limits.entry_bytes = 299),
        "entry `second.txt` is larger than 299 bytes"
    );
    assert_eq!(
        refused(&|limits| limits.archive_bytes = 9),
        format!("the archive has more than 9 bytes; {hint}")
    );
}

#[test]
fn a_head_that_announces_too_much_is_refused_at_once() {
    // The numbers of inodes and of fragments.
    for at in [4, 16] {
        let mut image = image(|_| {});
        image[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(open(image).unwrap_err().code(), "pack-too-large");
    }
}

#[test]
fn other_compressions_and_other_files_are_named() {
    for (number, name) in [(3, "lzo"), (5, "lz4"), (6, "zstd"), (9, "method 9")] {
        let mut image = image(|_| {});
        image[20] = number;
        let expected = format!(
            "this is no SquashFS image (`.gtbundle`): it is compressed with {name}; use zlib (gzip) or xz"
        );
        assert_eq!(open(image).unwrap_err().to_string(), expected);
    }
    let zip = crate::lab::Zip::default().bytes();
    let expected = "this is no SquashFS image (`.gtbundle`): it is a zip archive";
    assert_eq!(open(zip).unwrap_err().to_string(), expected);
    let expected =
        "this is no SquashFS image (`.gtbundle`): it is broken (it does not start like one)";
    assert_eq!(open(b"hello".to_vec()).unwrap_err().to_string(), expected);
}

#[test]
fn an_image_that_is_cut_off_anywhere_is_refused() {
    let image = plain(|writer| writer.push_dir_all("a/b", header()).unwrap());
    // Behind the image there is padding, which may be missing.
    let used = u64::from_le_bytes(image[40..48].try_into().unwrap()) as usize;
    for length in 0..used {
        open(image[..length].to_vec()).unwrap_err();
    }
}

//! Zip archives that mean harm: each is an error that names the entry.

use greentic_pack_format::{EntryProblem, FormatProblem, Limits, NameProblem, Pack, PackError};

use crate::lab::{Zip, ZipEntry, limits};

fn error(zip: &Zip) -> PackError {
    Pack::from_bytes(&zip.bytes(), &limits()).unwrap_err()
}

#[track_caller]
fn refused_entry(entry: ZipEntry, name: &str, expected: EntryProblem) {
    refused(&Zip::with(entry), name, expected);
}

#[track_caller]
fn refused(zip: &Zip, name: &str, expected: EntryProblem) {
    match error(zip) {
        PackError::Entry { entry, problem } => {
            assert_eq!((entry.as_str(), problem), (name, expected));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_good_archive_of_this_kind_is_only_missing_its_manifest() {
    let zip = Zip::with(ZipEntry::deflated("sub/second.txt", &[b'x'; 5000]));
    assert_eq!(error(&zip).code(), "pack-entry-missing");
}

#[test]
fn unsafe_names_are_refused() {
    use NameProblem::{
        Absolute, Backslash, Control, Empty, NotNormal, NotUtf8, Parent, TooDeep, TooLong,
    };
    let long = "n".repeat(600);
    let deep = "d/".repeat(20) + "f";
    let shown_long = format!("{}…", "n".repeat(200));
    let cases: [(&[u8], &str, NameProblem); 14] = [
        (b"../evil", "../evil", Parent),
        (b"a/../../evil", "a/../../evil", Parent),
        (b"a/..", "a/..", Parent),
        (b"/etc/passwd", "/etc/passwd", Absolute),
        (b"C:evil", "C:evil", Absolute),
        (b"a\\..\\evil", "a\\\\..\\\\evil", Backslash),
        (b"a\0b", "a\\x00b", Control),
        (b"a\nb", "a\\nb", Control),
        (b"a//b", "a//b", NotNormal),
        (b"./a", "./a", NotNormal),
        (b"", "", Empty),
        (b"a\xffb", "a\\xffb", NotUtf8),
        (long.as_bytes(), &shown_long, TooLong { limit: 512 }),
        (deep.as_bytes(), &deep, TooDeep { limit: 16 }),
    ];
    for (name, shown, problem) in cases {
        refused_entry(ZipEntry::new(name, "x"), shown, EntryProblem::Name(problem));
    }
}

#[test]
fn names_that_collide_are_refused() {
    refused_entry(ZipEntry::new("first.txt", "x"), "first.txt", EntryProblem::Duplicate);
    refused_entry(
        ZipEntry::new("First.TXT", "x"),
        "First.TXT",
        EntryProblem::DiffersInCase { other: "first.txt".to_owned() },
    );
    refused_entry(ZipEntry::new("first.txt/a", "x"), "first.txt", EntryProblem::FileAndFolder);
    refused_entry(ZipEntry::new("first.txt/", ""), "first.txt", EntryProblem::FileAndFolder);
}

#[test]
fn what_is_no_file_is_refused() {
    let with_mode = |mode| ZipEntry { mode, ..ZipEntry::new("odd", "/etc/passwd") };
    refused_entry(with_mode(0o120_777), "odd", EntryProblem::Symlink);
    refused_entry(with_mode(0o020_644), "odd", EntryProblem::Special { kind: "device" });
    refused_entry(with_mode(0o060_644), "odd", EntryProblem::Special { kind: "device" });
    refused_entry(with_mode(0o010_644), "odd", EntryProblem::Special { kind: "pipe" });
    refused_entry(with_mode(0o140_644), "odd", EntryProblem::Special { kind: "socket" });
}

#[test]
fn encrypted_and_oddly_compressed_entries_are_refused() {
    let encrypted = ZipEntry { flags: 1, ..ZipEntry::new("odd", "x") };
    refused_entry(encrypted, "odd", EntryProblem::Encrypted);
    let zstd = ZipEntry { method: 93, ..ZipEntry::new("odd", "x") };
    refused_entry(zstd, "odd", EntryProblem::Compression { method: 93 });
}

#[test]
fn bombs_are_refused_before_and_while_they_are_unpacked() {
    let bomb = ZipEntry::deflated("bomb", &vec![0; 20_000_000]);
    refused_entry(bomb.clone(), "bomb", EntryProblem::Bomb { limit: 200 });
    let lying = ZipEntry { size: 10, ..bomb.clone() };
    let detail = "its size is not the one in the directory";
    refused_entry(lying, "bomb", EntryProblem::Broken { detail });
    // The end of the data is broken, which nobody gets to see who stops at the size.
    let data = bomb.data[..bomb.data.len() - 50].to_vec();
    let unread = ZipEntry { size: 10, data, ..bomb };
    refused_entry(unread, "bomb", EntryProblem::Broken { detail });
    let huge = ZipEntry { size: u32::MAX - 1, ..ZipEntry::new("huge", "x") };
    refused_entry(huge, "huge", EntryProblem::TooLarge { limit: 128 * 1024 * 1024 });
}

#[test]
fn entries_that_share_bytes_are_refused() {
    let shared =
        ZipEntry { shares: Some(0), local_name: None, ..ZipEntry::new("first.txt", "first") };
    // Two entries with one header would have one name; with the name of its own it is told by the header.
    refused_entry(shared.clone(), "first.txt", EntryProblem::Duplicate);
    let renamed = ZipEntry { name: b"other.txt".to_vec(), ..shared };
    refused_entry(renamed, "other.txt", EntryProblem::Ambiguous { what: "name" });
    // A whole entry quoted inside the stored data of another one.
    let inner = Zip { entries: vec![ZipEntry::new("inner", "data")], ..Zip::default() }.bytes();
    let quoted = inner[..inner.len() - (22 + 46 + 5)].to_vec();
    let outer = ZipEntry::new("outer", &quoted);
    let mut bytes =
        Zip { entries: vec![outer, ZipEntry::new("inner", "data")], ..Zip::default() }.bytes();
    let directory_entry = bytes.len() - 22 - (46 + 5);
    bytes[directory_entry + 42..directory_entry + 46].copy_from_slice(&35_u32.to_le_bytes());
    match Pack::from_bytes(&bytes, &limits()).unwrap_err() {
        PackError::Entry { entry, problem } => {
            assert_eq!(entry, "inner");
            assert_eq!(problem, EntryProblem::Overlaps { other: "outer".to_owned() });
        }
        other => panic!("{other}"),
    }
}

#[test]
fn entries_described_in_two_ways_are_refused() {
    let good = || ZipEntry::new("odd", "data");
    let ambiguous = |what| EntryProblem::Ambiguous { what };
    let renamed = ZipEntry { local_name: Some(b"0dd".to_vec()), ..good() };
    refused_entry(renamed, "odd", ambiguous("name"));
    let resized = ZipEntry { local_size: Some(3), ..good() };
    refused_entry(resized, "odd", ambiguous("size or checksum"));
    let crc = good().crc;
    let described = |descriptor| ZipEntry { flags: 8, descriptor: Some(descriptor), ..good() };
    refused_entry(described((crc, 4, 400)), "odd", ambiguous("size or checksum"));
    refused_entry(described((1, 4, 4)), "odd", ambiguous("size or checksum"));
    assert_eq!(error(&Zip::with(described((crc, 4, 4)))).code(), "pack-entry-missing");
}

#[test]
fn broken_data_is_refused() {
    let broken = |detail| EntryProblem::Broken { detail };
    let checksum = ZipEntry { crc: 7, ..ZipEntry::new("odd", "data") };
    refused_entry(checksum, "odd", broken("its checksum is not the one in the directory"));
    let noise = ZipEntry { method: 8, ..ZipEntry::new("odd", [0xff; 9]) };
    refused_entry(noise, "odd", broken("its data cannot be unpacked"));
    let mut padded = ZipEntry::deflated("odd", &[b'x'; 900]);
    padded.data.extend(b"hidden");
    refused_entry(padded, "odd", broken("bytes follow its packed data"));
    refused_entry(ZipEntry::new("odd/", "data"), "odd/", broken("it is a folder with data"));
}

#[test]
fn archives_that_are_broken_as_a_whole_are_refused() {
    let broken = |zip: &Zip| {
        matches!(error(zip), PackError::Format { problem: FormatProblem::Broken { .. }, .. })
    };
    let good = || Zip::with(ZipEntry::new("a", "x"));
    assert!(broken(&Zip { tail: b"tail".to_vec(), ..good() }));
    assert!(broken(&Zip { count: Some(1), ..good() }));
    assert!(broken(&Zip { count: Some(3), ..good() }));
    let bytes = good().bytes();
    for length in 0..bytes.len() {
        Pack::from_bytes(&bytes[..length], &limits()).unwrap_err();
    }
}

#[test]
fn limits_on_counts_and_sizes_hold() {
    let zip = Zip::with(ZipEntry::new("a", "data")).bytes();
    let refused = |change: &dyn Fn(&mut Limits)| {
        let mut limits = limits();
        change(&mut limits);
        Pack::from_bytes(&zip, &limits).unwrap_err().to_string()
    };
    let hint = "raise the limit only for archives that you trust";
    assert_eq!(
        refused(&|limits| limits.entries = 1),
        format!("the archive has more than 1 entries; {hint}")
    );
    assert_eq!(
        refused(&|limits| limits.total_bytes = 8),
        format!("the archive has more than 8 bytes when unpacked; {hint}")
    );
    assert_eq!(
        refused(&|limits| limits.entry_bytes = 4),
        "entry `first.txt` is larger than 4 bytes"
    );
    assert_eq!(
        refused(&|limits| limits.archive_bytes = 9),
        format!("the archive has more than 9 bytes; {hint}")
    );
}

#[test]
fn another_kind_of_file_is_named() {
    let mut tar = vec![0; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let cases: [(&[u8], &str); 5] = [
        (b"", "the file is empty"),
        (&tar, "it is a tar archive"),
        (b"hsqs....", "it is a SquashFS image (a `.gtbundle`?)"),
        (b"\0asm\x0d\0\x01\0", "it is a WebAssembly binary"),
        (b"hello", "it is broken (Missing end of central directory)"),
    ];
    for (bytes, expected) in cases {
        let error = Pack::from_bytes(bytes, &limits()).unwrap_err();
        assert_eq!(error.code(), "pack-not-an-archive");
        assert_eq!(error.to_string(), format!("this is no zip archive (`.gtpack`): {expected}"));
    }
}

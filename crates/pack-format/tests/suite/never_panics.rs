//! Whatever the bytes are: an answer, never a panic.

use std::sync::OnceLock;

use greentic_pack_format::{
    Bundle, BundleBuilder, Compression, Digest, Pack, PackKey, VerifyPolicy, compile_flow,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::lab::{self, FLOW, KEY, Zip, ZipEntry, builder, limits};

/// Bytes to be changed: a good archive or document.
fn changed(good: &'static [u8]) -> impl Strategy<Value = Vec<u8>> {
    let edits = vec((any::<Index>(), any::<u8>()), 1..8);
    (edits, any::<Index>(), any::<bool>()).prop_map(move |(edits, end, is_cut)| {
        let mut bytes = good.to_vec();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            bytes.truncate(end.index(bytes.len()));
        }
        bytes
    })
}

fn pack() -> &'static [u8] {
    static PACK: OnceLock<Vec<u8>> = OnceLock::new();
    PACK.get_or_init(|| {
        let signed = builder().sign(&PackKey::from_pem(KEY).unwrap()).unwrap();
        signed.build().unwrap()
    })
}

fn image(compression: Compression) -> Vec<u8> {
    let builder = BundleBuilder::new("b", &limits()).unwrap().compression(compression);
    builder.pack("hello", lab::pack()).unwrap().build().unwrap()
}

fn zlib_image() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| image(Compression::Zlib))
}

fn xz_image() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| image(Compression::Xz))
}

/// An image whose tables are not compressed, so that changes reach what is in them.
fn plain_image() -> &'static [u8] {
    static IMAGE: OnceLock<Vec<u8>> = OnceLock::new();
    IMAGE.get_or_init(|| {
        crate::hostile_images::plain(|writer| {
            let header = backhand::NodeHeader::new(0o755, 0, 0, 0);
            writer.push_dir_all("packs/one/two", header).unwrap();
            for name in ["packs/a.gtpack", "packs/one/b.gtpack"] {
                let data = std::io::Cursor::new(vec![b'x'; 200_000]);
                writer.push_file(data, name, header).unwrap();
            }
        })
    })
}

fn open_pack(bytes: &[u8]) {
    let Ok(pack) = Pack::from_bytes(bytes, &limits()) else { return };
    drop(pack.flows());
    drop(pack.providers());
    let trust = [PackKey::from_pem(KEY).unwrap().trusted_key()];
    if let Ok(report) = pack.verify(VerifyPolicy::Warn, &trust) {
        assert!(!report.is_verified() || report.summary().is_empty());
    }
}

fn open_bundle(bytes: Vec<u8>) {
    let Ok(bundle) = Bundle::from_bytes(bytes, &limits()) else { return };
    for pack in bundle.packs() {
        drop(bundle.open_pack(pack));
    }
}

/// A pack with one member of these bytes beside a good manifest.
fn with_member(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let good = Pack::from_bytes(pack(), &limits()).unwrap();
    let mut entries: Vec<_> = good
        .files()
        .filter(|(other, _)| *other != name)
        .map(|(name, bytes)| ZipEntry::new(name, bytes))
        .collect();
    entries.push(ZipEntry::new(name, bytes));
    Zip { entries, ..Zip::default() }.bytes()
}

fn member(name: &'static str) -> impl Strategy<Value = Vec<u8>> {
    static GOOD: OnceLock<Pack> = OnceLock::new();
    let good = GOOD.get_or_init(|| Pack::from_bytes(pack(), &limits()).unwrap());
    let bytes: &'static [u8] = good.file(name).unwrap();
    prop_oneof![changed(bytes), vec(any::<u8>(), 0..300)]
        .prop_map(move |bytes| with_member(name, bytes))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_a_zip_archive(bytes in prop_oneof![changed(pack()), vec(any::<u8>(), 0..600)]) {
        open_pack(&bytes);
    }

    #[test]
    fn of_a_manifest(bytes in member("manifest.cbor")) {
        open_pack(&bytes);
    }

    #[test]
    fn of_a_list_of_files(bytes in member("sbom.cbor")) {
        open_pack(&bytes);
    }

    #[test]
    fn of_a_lock(bytes in member("pack.lock.cbor")) {
        open_pack(&bytes);
    }

    #[test]
    fn of_a_signature(bytes in member("signatures/sbom.dsse.json")) {
        open_pack(&bytes);
    }

    #[test]
    fn of_an_image_with_zlib(bytes in changed(zlib_image())) {
        open_bundle(bytes);
    }

    #[test]
    fn of_an_image_with_xz(bytes in changed(xz_image())) {
        open_bundle(bytes);
    }

    #[test]
    fn of_an_image_whose_tables_are_changed(
        edits in vec((any::<Index>(), any::<u8>()), 1..8),
        in_head in vec((0_usize..96, any::<u8>()), 0..2),
    ) {
        let mut bytes = plain_image().to_vec();
        // The tables stand behind the data.
        let data = u64::from_le_bytes(bytes[64..72].try_into().unwrap()) as usize;
        let used = u64::from_le_bytes(bytes[40..48].try_into().unwrap()) as usize;
        for (at, byte) in edits {
            bytes[data + at.index(used - data)] = byte;
        }
        for (at, byte) in in_head {
            bytes[at] = byte;
        }
        open_bundle(bytes);
    }

    #[test]
    fn of_a_flow(text in prop_oneof![".{0,200}", "[\\[\\]{}:,&*!|>\\-? a\n\t\"'#]{0,120}"]) {
        drop(compile_flow("a.ygtc", &text, &limits()));
    }

    #[test]
    fn of_a_changed_flow(bytes in changed(FLOW.as_bytes())) {
        drop(compile_flow("a.ygtc", &String::from_utf8_lossy(&bytes), &limits()));
    }

    #[test]
    fn of_a_bundle_yaml(text in ".{0,200}") {
        let folder = tempfile::TempDir::new().unwrap();
        lab::write(folder.path(), "bundle.yaml", &text);
        drop(Bundle::open(folder.path(), &limits()));
        drop(BundleBuilder::from_folder(folder.path(), &limits()));
    }

    #[test]
    fn of_a_digest(text in ".{0,80}") {
        drop(text.parse::<Digest>());
    }
}

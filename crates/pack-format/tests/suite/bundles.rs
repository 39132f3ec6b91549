//! Bundles out of packs.

use std::sync::Arc;

use greentic_pack_format::{Bundle, BundleBuilder, BundleImage, Compression, Digest};
use tempfile::TempDir;

use crate::lab::{self, limits, write};

fn builder() -> BundleBuilder {
    let pack: Arc<[u8]> = lab::pack().into();
    let builder = BundleBuilder::new("ai.example.bundle", &limits()).unwrap().name("Example");
    let builder = builder.pack("hello", pack).unwrap();
    builder.provider("messaging", "example", lab::pack_called("ai.example.provider")).unwrap()
}

#[test]
fn the_same_packs_give_the_same_bytes_and_read_back() {
    for compression in [Compression::Zlib, Compression::Xz] {
        let image = builder().compression(compression).build().unwrap();
        assert_eq!(image, builder().compression(compression).build().unwrap());
        let bundle = Bundle::from_bytes(image.clone(), &limits()).unwrap();
        assert_eq!(bundle.digest(), Some(&Digest::of(&image)));
        assert_eq!(bundle.manifest().unwrap().bundle_name, "Example");
        assert_eq!(bundle.lock().unwrap().bundle_id, "ai.example.bundle");
        assert_eq!(bundle.config().unwrap()["bundle_id"], "ai.example.bundle");
        let [hello, example] = bundle.packs() else { panic!("{}", bundle.packs().len()) };
        assert_eq!(
            (hello.path(), hello.stem(), hello.provider_domain()),
            ("packs/hello.gtpack", "hello", None)
        );
        assert_eq!(example.path(), "providers/messaging/example.gtpack");
        assert_eq!(example.provider_domain(), Some("messaging"));
        assert_eq!(hello.digest(), Digest::of(&lab::pack()));
        assert_eq!(bundle.open_pack(hello).unwrap().manifest().pack_id, "ai.example.hello");
        assert_eq!(
            bundle.lock().unwrap().rest["app_packs"][0]["digest"],
            hello.digest().to_string()
        );
    }
}

#[test]
fn the_folder_form_is_the_same_bundle() {
    let folder = TempDir::new().unwrap();
    builder().write_folder(folder.path()).unwrap();
    let from_folder = Bundle::open(folder.path(), &limits()).unwrap();
    let path = folder.path().join("../bundle.gtbundle");
    let path = TempDir::new_in(path.parent().unwrap()).unwrap().path().with_extension("gtbundle");
    let digest = builder().write_to(&path).unwrap();
    let from_file = Bundle::open_pinned(&path, &digest, &limits()).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(from_folder.files().eq(from_file.files()));
    let extracted = TempDir::new().unwrap();
    from_file.extract(extracted.path()).unwrap();
    assert!(Bundle::open(extracted.path(), &limits()).unwrap().files().eq(from_file.files()));
    let rebuilt = BundleBuilder::from_folder(extracted.path(), &limits()).unwrap();
    assert_eq!(rebuilt.build().unwrap(), builder().build().unwrap());
}

#[test]
fn only_packs_below_packs_and_providers_are_found() {
    let folder = TempDir::new().unwrap();
    for name in [
        "packs/a/dist/a.gtpack",
        "providers/deployer/b.gtpack",
        "resolved/stray.gtpack",
        "c.gtpack",
        "packs/d.txt",
    ] {
        write(folder.path(), name, "");
    }
    let bundle = Bundle::open(folder.path(), &limits()).unwrap();
    let paths: Vec<_> = bundle.packs().iter().map(|pack| pack.path()).collect();
    assert_eq!(paths, ["packs/a/dist/a.gtpack", "providers/deployer/b.gtpack"]);
    assert_eq!(bundle.packs()[1].provider_domain(), Some("deployer"));
    // A pack that is broken is one when it is opened, and does not hide the others.
    assert_eq!(bundle.open_pack(&bundle.packs()[0]).unwrap_err().code(), "pack-not-an-archive");
}

#[test]
fn documents_that_contradict_each_other_are_refused() {
    let check = |name: &str, from: &str, to: &str, expected: &str| {
        let folder = TempDir::new().unwrap();
        builder().write_folder(folder.path()).unwrap();
        let path = folder.path().join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = Bundle::open(folder.path(), &limits()).unwrap_err().to_string();
        assert_eq!(error, expected);
    };
    check(
        "bundle-manifest.json",
        "gtbundle-v1",
        "gtbundle-v2",
        "`bundle-manifest.json` cannot be read: at `format_version`: it is `gtbundle-v2`; expected `gtbundle-v1`",
    );
    check(
        "bundle-lock.json",
        "ai.example.bundle",
        "other",
        "`bundle-lock.json` cannot be read: at `bundle_id`: it is `other`, but `ai.example.bundle` in `bundle-manifest.json`",
    );
    check(
        "bundle-manifest.json",
        "{",
        "",
        "`bundle-manifest.json` cannot be read: it is no JSON: trailing characters at line 2 column 14",
    );
}

#[test]
fn a_bundle_needs_packs_that_are_packs_with_names_of_their_own() {
    let empty = || BundleBuilder::new("b", &limits()).unwrap();
    assert_eq!(empty().build().unwrap_err().code(), "build-file-missing");
    assert_eq!(empty().pack("a", *b"no pack").unwrap_err().code(), "pack-not-an-archive");
    let one = empty().pack("a", lab::pack()).unwrap();
    assert_eq!(one.provider("state", "A", lab::pack()).unwrap_err().code(), "build-duplicate");
    assert_eq!(empty().pack("../a", lab::pack()).unwrap_err().code(), "build-id-invalid");
    assert_eq!(BundleBuilder::new("a b", &limits()).unwrap_err().code(), "build-id-invalid");
}

#[test]
fn a_bundle_has_no_two_packs_with_one_id_and_none_that_was_changed() {
    let one = || BundleBuilder::new("b", &limits()).unwrap().pack("a", lab::pack()).unwrap();
    let error = one().pack("b", lab::pack()).unwrap_err().to_string();
    assert_eq!(error, "a pack with the id `ai.example.hello` is there twice; rename one");
    // Env-packs of deployers do not serve; they may be what serves elsewhere.
    one().provider("deployer", "b", lab::pack()).unwrap();
    let folder = TempDir::new().unwrap();
    lab::builder().write_folder(folder.path()).unwrap();
    write(folder.path(), "assets/cards/hello.json", "[]");
    let changed = lab::zip_of(folder.path());
    let alone = folder.path().join("alone.gtpack");
    std::fs::write(&alone, &changed).unwrap();
    BundleImage::open(&alone, &limits()).expect("who deploys it judges it");
    let error = BundleBuilder::new("b", &limits()).unwrap().pack("a", changed).unwrap_err();
    assert_eq!(error.code(), "build-pack-contradicted");
    assert!(error.to_string().contains("`assets/cards/hello.json` has not the listed"), "{error}");
}

#[test]
fn what_a_bundles_folder_says_or_has_in_vain_is_refused() {
    let check = |name: &str, content: &str, expected: &str| {
        let folder = TempDir::new().unwrap();
        write(folder.path(), "bundle.yaml", "bundle_id: b\n");
        write(folder.path(), "packs/a.gtpack", lab::pack());
        BundleBuilder::from_folder(folder.path(), &limits()).unwrap();
        write(folder.path(), name, content);
        let error = BundleBuilder::from_folder(folder.path(), &limits()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    };
    check("bundle.yaml", "bundle_id: b\nfoo: 1\n", "bundle.yaml:2:1: unknown field `foo`");
    check("bundle.yaml", "bundle_id: b\npacks: [x]\n", "bundle.yaml:2:1: unknown field `packs`");
    check(
        "hello/pack.yaml",
        "",
        "`hello` would be left out: packs are looked for in `packs/` and `providers/`",
    );
    check("hello.gtpack", "", "`hello.gtpack` would be left out");
    check(
        "packs/b.gtpack/pack.yaml",
        "",
        "`packs/b.gtpack/pack.yaml` would be left out: `.gtpack` is the ending",
    );
}

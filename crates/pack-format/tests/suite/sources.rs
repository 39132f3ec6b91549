//! Everything that can be deployed, as one image.

use std::fs;
use std::path::Path;

use greentic_pack_format::{BundleBuilder, BundleImage, Limits};
use tempfile::TempDir;

use crate::lab::{self, limits, write};

fn open(path: &Path) -> BundleImage {
    BundleImage::open(path, &limits()).unwrap()
}

#[test]
fn a_pack_and_its_folder_become_the_same_bundle_with_the_packs_id() {
    let folder = lab::pack_folder();
    let files = TempDir::new().unwrap();
    let file = files.path().join("any.gtpack");
    fs::write(&file, lab::pack()).unwrap();
    let (from_folder, from_file) = (open(folder.path()), open(&file));
    assert_eq!(from_folder.bytes(), from_file.bytes());
    assert_eq!(from_folder.bundle_id(), "ai.example.hello");
    assert_eq!(from_folder.bundle().packs()[0].path(), "packs/ai.example.hello.gtpack");
}

#[test]
fn a_bundle_and_its_folder_become_the_same_image() {
    let builder = BundleBuilder::new("b", &limits()).unwrap().pack("hello", lab::pack()).unwrap();
    let folder = TempDir::new().unwrap();
    builder.write_folder(folder.path().join("b")).unwrap();
    let file = folder.path().join("b.gtbundle");
    builder.write_to(&file).unwrap();
    fs::write(folder.path().join("b.gtbundle.sig"), "signature").unwrap();
    let (from_folder, from_file) = (open(&folder.path().join("b")), open(&file));
    assert_eq!(from_folder.digest(), from_file.digest());
    assert_eq!((from_folder.signature(), from_file.signature()), (None, Some(&b"signature"[..])));
}

#[test]
fn packs_of_a_bundles_source_are_built() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "bundle.yaml", "bundle_id: many\n");
    for name in ["packs/one", "providers/messaging/two"] {
        let source = folder.path().join(name);
        let id = name.replace('/', ".");
        write(&source, "pack.yaml", lab::PACK_YAML.replace("ai.example.hello", &id));
        write(&source, "flows/main.ygtc", lab::FLOW);
        write(&source, "components/greeter.wasm", lab::COMPONENT);
        write(&source, "schemas/config.schema.json", "{}");
        write(&source, "assets/pack.yaml", "an asset, no source");
    }
    write(folder.path(), "packs/three.gtpack", lab::pack());
    write(folder.path(), "notes.txt", "stays out");
    let image = open(folder.path());
    let paths: Vec<_> = image.bundle().packs().iter().map(|pack| pack.path()).collect();
    assert_eq!(paths, ["packs/one.gtpack", "packs/three.gtpack", "providers/messaging/two.gtpack"]);
    assert_eq!(image.bundle().files().count(), paths.len() + 3);
}

#[test]
fn what_cannot_be_deployed_says_what_can() {
    let check = |path: &Path, code: &str, text: &str| {
        let error = BundleImage::open(path, &Limits::default()).unwrap_err();
        assert_eq!((error.code(), error.to_string().contains(text)), (code, true), "{error}");
    };
    let folder = TempDir::new().unwrap();
    check(folder.path(), "build-file-missing", "name a folder with `bundle.yaml` or `pack.yaml`");
    check(&folder.path().join("absent"), "pack-io", "absent");
    let file = folder.path().join("file");
    fs::write(&file, "no bundle at all").unwrap();
    check(&file, "pack-not-an-archive", "`.gtbundle`");
    fs::write(&file, "").unwrap();
    check(&file, "pack-not-an-archive", "empty");
}

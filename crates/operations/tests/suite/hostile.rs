//! What cannot be deployed leaves nothing.

use std::fs;
use std::path::Path;

use greentic_operations::DeployRequest;
use greentic_pack_format::{BundleBuilder, Limits, PackBuilder};

use crate::lab::{Lab, write};

fn check(make: impl Fn(&Lab, &Path), code: &str, kind: &str) {
    let lab = Lab::new();
    let path = lab.folder.path().join("input");
    make(&lab, &path);
    let before = lab.files();
    let request = DeployRequest::new(lab.env_id.clone(), path);
    let error = lab.try_deploy(&request).unwrap_err();
    assert_eq!((error.code(), error.kind()), (code, kind), "{error}");
    assert!(error.hint().is_some(), "{error}");
    let mut after = lab.files();
    // The right to stage leaves its lock.
    after.retain(|path, _| !path.ends_with("revisions/.staging.lock"));
    assert_eq!(before, after);
}

fn pack(lab: &Lab) -> Vec<u8> {
    let folder = lab.worker("hello", "one");
    PackBuilder::from_folder(folder, &Limits::default()).unwrap().build().unwrap()
}

fn bundle(lab: &Lab) -> BundleBuilder {
    BundleBuilder::new("hello", &Limits::default()).unwrap().pack("hello", pack(lab)).unwrap()
}

#[test]
fn what_is_no_bundle() {
    check(|_, _| {}, "pack-io", "io");
    check(|_, path| fs::write(path, "").unwrap(), "pack-not-an-archive", "invalid-argument");
    check(
        |_, path| fs::write(path, "hsqs and so on").unwrap(),
        "pack-not-an-archive",
        "invalid-argument",
    );
    check(
        |_, path| fs::write(path, "PK\x03\x04").unwrap(),
        "pack-not-an-archive",
        "invalid-argument",
    );
    check(|_, path| fs::create_dir(path).unwrap(), "build-file-missing", "invalid-argument");
    check(
        |_, path| write(path, "pack.yaml", "pack_id: [\n"),
        "build-source-invalid",
        "invalid-argument",
    );
}

#[test]
fn a_bundle_with_something_wrong_in_it() {
    let with = |name: &'static str, text: &'static str| {
        move |lab: &Lab, path: &Path| {
            bundle(lab).write_folder(path).unwrap();
            write(path, name, text);
        }
    };
    let config = r#"{"schema": "greentic.pack-config-input.v1", "pack_id": "hello", "env_id": "prod", "bundle_id": "hello"}"#;
    check(with("packs/more.gtpack", "no pack"), "pack-not-an-archive", "invalid-argument");
    check(with("state/pack-configs/hello.json", config), "pack-config-invalid", "invalid-argument");
    check(
        with("state/pack-configs/hello.json", "{"),
        "revision-document-invalid",
        "invalid-argument",
    );
    let twice = |lab: &Lab, path: &Path| {
        bundle(lab).write_folder(path).unwrap();
        fs::create_dir_all(path.join("packs/deeper")).unwrap();
        fs::write(path.join("packs/deeper/hello.gtpack"), pack(lab)).unwrap();
    };
    check(twice, "revision-pack-duplicate", "invalid-argument");
}

#[test]
fn a_bundle_that_was_changed_on_the_way() {
    check(
        |lab, path| {
            let mut bytes = bundle(lab).build().unwrap();
            bytes.truncate(300);
            fs::write(path, bytes).unwrap();
        },
        "pack-not-an-archive",
        "invalid-argument",
    );
}

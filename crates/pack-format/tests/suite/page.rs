//! The files that docs/packs.md shows are files that work.

use std::fs;

use greentic_pack_format::{BundleImage, Limits, Pack, PackBuilder, VerifyPolicy};
use greentic_testkit::page;
use tempfile::TempDir;

use crate::lab;

const PAGE: &str = "docs/packs.md";

#[test]
fn the_folder_of_the_page_builds_a_pack() {
    let root = TempDir::new().unwrap();
    page::write_files(PAGE, "hello", root.path());
    let folder = root.path().join("hello");
    let built = PackBuilder::from_folder(&folder, &Limits::default()).unwrap();
    let pack = Pack::from_bytes(&built.build().unwrap(), &Limits::default()).unwrap();
    assert_eq!(pack.manifest().pack_id, "ai.example.hello");
    assert_eq!(pack.manifest().flows[0].flow.start().unwrap().id, "ask");
    assert_eq!(pack.verify(VerifyPolicy::Warn, &[]).unwrap().problems(), ["it is not signed"]);
    let flow = folder.join("flows/main.ygtc");
    let misspelt = fs::read_to_string(&flow).unwrap().replacen("to: name", "to: nam", 1);
    fs::write(&flow, misspelt).unwrap();
    let error = PackBuilder::from_folder(&folder, &Limits::default()).unwrap_err().to_string();
    let shown = page::blocks(PAGE).iter().any(|block| block.text.trim_end() == error);
    assert!(shown, "the page shows another error than: {error}");
}

#[test]
fn the_parts_of_pack_yaml_on_the_page_build_a_pack() {
    let folder = lab::pack_folder();
    fs::remove_file(folder.path().join("flows/main.ygtc")).unwrap();
    let mut yaml = "pack_id: ai.example.parts\nversion: 1.0.0\nkind: library\n".to_owned();
    let parts = page::blocks(PAGE).into_iter();
    for part in parts.filter(|block| block.language == "yaml" && block.file.is_none()) {
        yaml.push_str(&part.text);
    }
    lab::write(folder.path(), "pack.yaml", yaml);
    let built = PackBuilder::from_folder(folder.path(), &Limits::default()).unwrap();
    let manifest = built.manifest();
    assert_eq!(manifest.components[0].operations[1].name, "ask");
    assert_eq!(manifest.providers().unwrap().providers.len(), 1);
}

#[test]
fn the_folder_of_the_page_with_several_packs_builds_a_bundle() {
    let root = TempDir::new().unwrap();
    page::write_files(PAGE, "shop", root.path());
    lab::write(root.path(), "shop/packs/hello.gtpack", lab::pack());
    let bundle = BundleImage::open(root.path().join("shop"), &Limits::default()).unwrap();
    assert_eq!(bundle.bundle_id(), "ai.example.shop");
}

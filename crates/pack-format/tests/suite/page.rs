//! The files that docs/packs.md shows are files that work.

use std::fs;
use std::path::Path;

use greentic_pack_format::{Limits, Pack, PackBuilder, VerifyPolicy};
use tempfile::TempDir;

use crate::lab;

/// The blocks of the page in YAML, each with the file that it is; those without one are parts of files.
fn blocks() -> Vec<(String, String)> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/packs.md");
    let page = fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    for block in page.split("\n```yaml").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        let (content, _) = rest.split_once("\n```").unwrap();
        blocks.push((name.trim().to_owned(), format!("{content}\n")));
    }
    blocks
}

#[test]
fn the_folder_of_the_page_builds_a_pack() {
    let root = TempDir::new().unwrap();
    for (name, content) in blocks().iter().filter(|(name, _)| !name.is_empty()) {
        lab::write(root.path(), name, content);
    }
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
    let page =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/packs.md"));
    assert!(page.unwrap().contains(&error), "the page shows another error than: {error}");
}

#[test]
fn the_parts_of_pack_yaml_on_the_page_build_a_pack() {
    let folder = lab::pack_folder();
    fs::remove_file(folder.path().join("flows/main.ygtc")).unwrap();
    let mut yaml = "pack_id: ai.example.parts\nversion: 1.0.0\n".to_owned();
    for (_, part) in blocks().iter().filter(|(name, _)| name.is_empty()) {
        yaml.push_str(part);
    }
    lab::write(folder.path(), "pack.yaml", yaml);
    let built = PackBuilder::from_folder(folder.path(), &Limits::default()).unwrap();
    let manifest = built.manifest();
    assert_eq!(manifest.components[0].operations[1].name, "ask");
    assert_eq!(manifest.providers().unwrap().providers.len(), 1);
}

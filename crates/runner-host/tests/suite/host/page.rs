//! docs/packs.md, followed to the letter.

use std::path::{Path, PathBuf};

use greentic_pack_format::{Bundle, BundleBuilder, Limits, PackBuilder};
use tempfile::TempDir;

use super::lab::{TENANT, host, message, texts};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The blocks of the page that name a file, with their text.
fn files() -> Vec<(String, String)> {
    let page = std::fs::read_to_string(workspace().join("docs/packs.md")).expect("the page");
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(opening) = line.strip_prefix("```") else { continue };
        let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some((_, file)) = opening.split_once(' ') {
            blocks.push((file.to_owned(), text.join("\n") + "\n"));
        }
    }
    blocks
}

#[test]
fn the_component_of_the_page_is_the_example() {
    let files = files();
    let shown = files.iter().find(|(file, _)| file.starts_with("examples/components/"));
    let (file, text) = shown.expect("a component");
    let source = std::fs::read_to_string(workspace().join(file)).expect("the example");
    assert_eq!(*text, source);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_of_the_page_is_built_and_answers() {
    let folder = TempDir::new().expect("a folder");
    for (file, text) in files().into_iter().filter(|(file, _)| file.starts_with("hello/")) {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let limits = Limits::default();
    let pack = PackBuilder::from_folder(folder.path().join("hello"), &limits).expect("the pack");
    let path = folder.path().join("hello.gtbundle");
    let builder = BundleBuilder::new("ai.example.hello", &limits).expect("a bundle");
    let builder = builder.pack("hello", pack.build().expect("bytes")).expect("a bundle");
    builder.write_to(&path).expect("a file");
    let bundle = Bundle::open(&path, &limits).expect("the bundle");
    let unpacked = folder.path().join("unpacked");
    bundle.extract(&unpacked).expect("its files");
    let host = host();
    let pack = unpacked.join(bundle.packs()[0].path());
    host.load_pack(TENANT, &pack).await.expect("the pack");
    let mut said = Vec::new();
    for text in ["hi", "Ada"] {
        let answer = host.handle_activity(TENANT, message("ada", text)).await;
        said.extend(texts(&answer.expect("an answer")));
    }
    assert_eq!(said, ["Hello! What is your name?", "Nice to meet you, Ada."]);
}

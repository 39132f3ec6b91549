//! docs/packs.md, followed to the letter.

use greentic_pack_format::{Bundle, BundleBuilder, Limits, PackBuilder};
use greentic_testkit::page;
use tempfile::TempDir;

use super::lab::{TENANT, host, message, texts};

const PAGE: &str = "docs/packs.md";

#[test]
fn the_component_of_the_page_is_the_example() {
    let named = page::blocks(PAGE).into_iter().filter_map(|block| Some((block.file?, block.text)));
    let shown = named.into_iter().find(|(file, _)| file.starts_with("examples/components/"));
    let (file, text) = shown.expect("a component");
    let source = std::fs::read_to_string(page::workspace(&file)).expect("the example");
    assert_eq!(text, source);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_of_the_page_is_built_and_answers() {
    let folder = TempDir::new().expect("a folder");
    page::write_files(PAGE, "hello", folder.path());
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

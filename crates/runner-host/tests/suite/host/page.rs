//! docs/packs.md, followed to the letter.

use greentic_pack_format::{Bundle, BundleBuilder, Limits, PackBuilder};
use greentic_testkit::page;
use tempfile::TempDir;

use super::lab::{TENANT, examples, host, message, texts};

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

/// Each `NAME.said` of the page is a conversation with the flow `NAME`: what somebody says behind `> `, and the answers.
#[tokio::test(flavor = "multi_thread")]
async fn the_flows_of_the_page_say_what_the_page_says() {
    let folder = TempDir::new().expect("a folder");
    page::write_files(PAGE, "words", folder.path());
    let words = folder.path().join("words");
    std::fs::create_dir(words.join("components")).expect("a folder");
    let echo = examples().join("components/echo/echo.wasm");
    std::fs::copy(echo, words.join("components/echo.wasm")).expect("the component");
    let pack = PackBuilder::from_folder(&words, &Limits::default()).expect("the pack");
    let path = folder.path().join("words.gtpack");
    pack.write_to(&path).expect("a file");
    let host = host();
    host.load_pack(TENANT, &path).await.expect("the pack");
    let mut flows = Vec::new();
    for block in page::blocks(PAGE) {
        let Some(file) = block.file.filter(|file| file.ends_with(".said")) else { continue };
        let flow = file.trim_start_matches("words/").trim_end_matches(".said");
        let mut said = String::new();
        for line in block.text.lines().filter_map(|line| line.strip_prefix("> ")) {
            let activity = message(flow, line).with_flow(flow);
            let answer = host.handle_activity(TENANT, activity).await.expect("an answer");
            said.push_str(&format!("> {line}\n"));
            texts(&answer).iter().for_each(|text| said.push_str(&format!("{text}\n")));
        }
        assert_eq!(said, block.text, "{flow}");
        flows.push(flow.to_owned());
    }
    assert_eq!(flows, ["call", "menu", "motto", "talks"]);
}

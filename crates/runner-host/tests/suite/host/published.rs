//! Workers that others published, where they are to be had.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use greentic_pack_format::{Bundle, Limits};
use tempfile::TempDir;

use super::lab::{TENANT, host, message};

/// A file of the fixtures; none, loudly, when it was not fetched.
fn fixture(name: &str) -> Option<PathBuf> {
    let named = std::env::var_os("GREENTIC_FIXTURES").map(PathBuf::from);
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
    };
    let folder = named.or_else(|| Some(cache()?.join("greentic-control-plane/fixtures")))?;
    let found = find(&folder, name);
    if found.is_none() {
        let text = format!("SKIPPED: no `{name}`; fetch it with `cargo xtask fixtures`\n");
        // The test runner shows what is printed only when a test fails.
        std::io::stderr().write_all(text.as_bytes()).expect("a place to write to");
    }
    found
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    entries.map(|entry| entry.expect("an entry").path()).find_map(|path| {
        if path.is_dir() { find(&path, name) } else { path.ends_with(name).then_some(path) }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_welcome_answers_with_its_card() {
    let Some(pack) = fixture("default-welcome.gtpack") else { return };
    let host = host();
    host.load_pack(TENANT, &pack).await.expect("the pack");
    let said = host.handle_activity(TENANT, message("ada", "hi")).await.expect("an answer");
    let card = said[0].payload().get("renderedCard").unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(card["type"], "AdaptiveCard", "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_templates_worker_gives_the_text_of_its_component() {
    let Some(path) = fixture("templates-bundle.gtbundle") else { return };
    let bundle = Bundle::open(&path, &Limits::default()).expect("the bundle");
    let folder = TempDir::new().expect("a folder");
    bundle.extract(folder.path().join("bundle")).expect("its files");
    let pack = bundle.packs().first().expect("a pack").path().to_owned();
    let host = host();
    host.load_pack(TENANT, &folder.path().join("bundle").join(pack)).await.expect("the pack");
    let said = host.handle_activity(TENANT, message("ada", "hi")).await.expect("an answer");
    let text = said[0].payload().to_string();
    assert!(text.contains("component-templates::handle_message"), "{text}");
}

//! Workers that others published, where they are to be had.

use greentic_pack_format::{Bundle, Limits};
use greentic_testkit::published;
use tempfile::TempDir;

use super::lab::{TENANT, host, message};

#[tokio::test(flavor = "multi_thread")]
async fn the_published_welcome_answers_with_its_card() {
    let Some(pack) = published("default-welcome.gtpack") else { return };
    let host = host();
    host.load_pack(TENANT, &pack).await.expect("the pack");
    let said = host.handle_activity(TENANT, message("ada", "hi")).await.expect("an answer");
    let card = said[0].payload().get("renderedCard").unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(card["type"], "AdaptiveCard", "{card}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_templates_worker_gives_the_text_of_its_component() {
    let Some(path) = published("templates-bundle.gtbundle") else { return };
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

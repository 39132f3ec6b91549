//! Packs, bundles and flows that others published, where they are to be had.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use greentic_pack_format::{
    Bundle, Limits, Pack, PackError, Routing, SbomStatus, SignatureStatus, VerifyPolicy,
    compile_flow,
};

/// The folder with what was fetched; `None`, loudly, when there is none.
#[expect(clippy::disallowed_methods, reason = "tests are switched by the environment")]
fn fixtures() -> Option<PathBuf> {
    let named = std::env::var_os("GREENTIC_FIXTURES").map(PathBuf::from);
    let cache = || {
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))
    };
    let folder = named.or_else(|| Some(cache()?.join("greentic-control-plane/fixtures")))?;
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("no published packs in `{}`", folder.display()));
    None
}

/// Says aloud what was not tested: the test runner shows what is printed only when a test fails.
fn skip(why: &str) {
    let text = format!("SKIPPED: {why}; fetch them with `cargo xtask fixtures`\n");
    std::io::stderr().write_all(text.as_bytes()).unwrap();
}

/// All files with an ending, wherever the fixtures keep them.
fn find(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(find(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// One file; `None`, loudly, when it was not fetched.
fn file(name: &str) -> Option<PathBuf> {
    let found = find(&fixtures()?, name).into_iter().next();
    if found.is_none() {
        skip(&format!("`{name}` is not there"));
    }
    found
}

/// Asserts that a pack verifies but for its missing signature.
fn verifies(pack: &Pack) {
    let report = pack.verify(VerifyPolicy::Warn, &[]).unwrap();
    assert_eq!(report.problems(), ["it is not signed"]);
    assert_eq!(report.sbom, SbomStatus::Present { name: "sbom.cbor" });
    assert_eq!(report.signature, SignatureStatus::Unsigned);
    assert!(matches!(
        pack.verify(VerifyPolicy::Require, &[]),
        Err(PackError::NotVerified(refused)) if refused.problems() == report.problems()
    ));
}

#[test]
fn the_published_welcome_pack_reads_and_verifies() {
    let Some(path) = file("default-welcome.gtpack") else { return };
    let pack = Pack::open(path, &Limits::default()).unwrap();
    assert_eq!(pack.manifest().pack_id, "ai.greentic.default-welcome");
    let flows = pack.flows().unwrap();
    let node = flows[0].flow.start().unwrap();
    assert_eq!((node.id.as_str(), &node.routing), ("welcome", &Routing::End));
    assert_eq!(node.component.id, "ai.greentic.component-adaptive-card");
    assert_eq!(node.component.operation.as_deref(), Some("card"));
    assert!(pack.component(&node.component.id).unwrap().len() > 5_000_000);
    assert!(pack.component_manifest(&node.component.id).unwrap().capabilities.writes_state());
    verifies(&pack);
}

#[test]
fn the_published_templates_bundle_reads_and_its_pack_verifies() {
    let Some(path) = file("templates-bundle.gtbundle") else { return };
    let bundle = Bundle::open(path, &Limits::default()).unwrap();
    assert_eq!(bundle.manifest().unwrap().bundle_id, "templates.bundle");
    assert_eq!(bundle.lock().unwrap().bundle_id, "templates.bundle");
    assert_eq!(bundle.config().unwrap()["mode"], "create");
    let [pack] = bundle.packs() else { panic!("{:?}", bundle.packs().len()) };
    assert_eq!(pack.path(), "packs/templates-pack/dist/templates-pack.gtpack");
    let pack = bundle.open_pack(pack).unwrap();
    let node = pack.manifest().flows[0].flow.start().unwrap();
    assert_eq!(node.component.id, "ai.greentic.component-templates");
    assert_eq!(node.component.operation, None);
    assert_eq!(node.input.mapping["operation"], "messaging.send");
    verifies(&pack);
}

#[test]
fn the_published_telegram_bundle_reads_from_xz() {
    let Some(path) = file("telegram-bundle.gtbundle") else { return };
    let bundle = Bundle::open(path, &Limits::default()).unwrap();
    let stems: Vec<_> = bundle.packs().iter().map(|pack| pack.stem()).collect();
    assert_eq!(stems, ["messaging-telegram", "quickstart"]);
    let provider = bundle.open_pack(&bundle.packs()[0]).unwrap();
    let declared = &provider.providers().unwrap().providers[0];
    assert_eq!(declared.provider_type, "messaging.telegram.bot");
    assert!(provider.component(&declared.runtime.component_ref).is_some());
    let quickstart = bundle.open_pack(&bundle.packs()[1]).unwrap();
    let routing = &quickstart.manifest().flows[0].flow.start().unwrap().routing;
    assert_eq!(routing.routes()[0].to.as_deref(), Some("about_card"));
    for pack in [provider, quickstart] {
        pack.verify(VerifyPolicy::Warn, &[]).unwrap();
    }
}

#[test]
fn the_published_state_manifest_reads() {
    let Some(path) = file("state-memory/dist/manifest.cbor") else { return };
    // The folder that it is in is a pack in its folder form.
    let pack = Pack::open(path.parent().unwrap(), &Limits::default()).unwrap();
    let manifest = pack.manifest();
    assert_eq!(manifest.pack_id, "state-memory");
    assert!(manifest.component("state-provider-memory").is_some());
    // An extension that is not known here is kept.
    let offers = &manifest.extensions["greentic.ext.capabilities.v1"].inline["offers"];
    assert_eq!(offers[0]["provider"]["op"], "state.dispatch");
    assert_eq!(pack.providers().unwrap().providers, []);
}

#[test]
fn every_published_bundle_opens() {
    let Some(folder) = fixtures() else { return };
    for path in find(&folder, ".gtbundle") {
        let opened = Bundle::open(&path, &Limits::default());
        assert!(opened.is_ok(), "{}: {:?}", path.display(), opened.err());
    }
}

#[test]
fn every_published_flow_compiles_or_says_where_it_is_wrong() {
    let Some(folder) = fixtures() else { return };
    for path in find(&folder, ".ygtc") {
        let name = path.file_name().unwrap().to_string_lossy();
        let source = fs::read_to_string(&path).unwrap();
        match compile_flow(&name, &source, &Limits::default()) {
            Ok(flow) => assert!(flow.flow.start().is_some(), "{name}"),
            // Their own tests have two of these refused, too. The third has a template that is none, and fails whenever it runs.
            Err(error) => {
                let wrong =
                    ["invalid_node_shape.ygtc", "flow_missing_type.ygtc", "weather_bot.ygtc"];
                assert!(wrong.contains(&&*name), "{error}");
                assert!(error.place.line > 0, "{error}");
            }
        }
    }
}

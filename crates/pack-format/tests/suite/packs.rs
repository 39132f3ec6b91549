//! Packs out of folders: the same every time, and what comes out reads back.

use std::fs;

use greentic_pack_format::{
    BuildError, ComponentRef, Digest, Limits, Pack, PackBuilder, PackError, PackKind, Routing,
};
use tempfile::TempDir;

use crate::lab::{self, COMPONENT, builder, limits, pack_folder, write};

/// The digest of the pack of the shared folder.
///
/// It changes when the format of what is written changes, or how the deflating library packs. Both are worth a look:
/// everybody's packs get other digests then.
const GOLDEN: &str = "sha256:c865b96ce9e2caadbeb327fd3ba399f448e2795dfdeffb0669c968309e4d7b4f";

#[test]
fn the_same_folder_gives_the_same_bytes() {
    let pack = lab::pack();
    assert_eq!(pack, lab::pack());
    assert_eq!(Digest::of(&pack).to_string(), GOLDEN);
}

#[test]
fn what_is_built_reads_back() {
    let built = builder();
    let bytes = built.build().unwrap();
    let pack = Pack::from_bytes(&bytes, &limits()).unwrap();
    let manifest = pack.manifest();
    assert_eq!(manifest.flows, built.manifest().flows);
    assert_eq!(manifest.components, built.manifest().components);
    assert_eq!(
        (manifest.pack_id.as_str(), manifest.version.to_string().as_str()),
        ("ai.example.hello", "1.2.0")
    );
    assert_eq!((manifest.kind, manifest.publisher.as_str()), (PackKind::Application, "Example"));
    assert_eq!(pack.digest(), Some(&Digest::of(&bytes)));
    let component = &manifest.components[0];
    assert_eq!(component.world, "greentic:component/node@0.6.0");
    assert!(component.capabilities.reads_state() && component.capabilities.writes_state());
    let http = serde_json::json!({"client": true, "server": false});
    assert_eq!(component.capabilities.host("http"), Some(&http));
    assert_eq!(component.capabilities.wasi["clocks"], false);
    assert!(component.capabilities.host("secrets").is_none());
    assert_eq!(&**pack.component("ai.example.greeter").unwrap(), COMPONENT);
    assert_eq!(pack.component("ai.example.other"), None);
    assert_eq!(pack.providers().unwrap().providers[0].provider_type, "messaging.example");
    assert_eq!(manifest.secret_requirements[0].key, "api_token");
    let branch = manifest.flows[0].flow.node("branch").unwrap();
    assert!(matches!(&branch.routing, Routing::Branch { on_status, default: Some(bye) }
        if on_status["ok"] == "bye" && on_status["failed"] == "greet" && bye == "bye"));
    let expected = ComponentRef {
        id: "ai.example.greeter".to_owned(),
        pack_alias: None,
        operation: Some("ask".to_owned()),
    };
    assert_eq!(branch.component, expected);
}

#[test]
fn assets_are_found_with_and_without_their_prefix() {
    let pack = Pack::from_bytes(&lab::pack(), &limits()).unwrap();
    let card = pack.asset("cards/hello.json").unwrap();
    assert_eq!(pack.asset("assets/cards/hello.json"), Some(card));
    assert_eq!(pack.assets().map(|(name, _)| name).collect::<Vec<_>>(), ["cards/hello.json"]);
    assert_eq!(pack.asset("../manifest.cbor"), None);
    assert!(pack.file("manifest.cbor").is_some());
    let names: Vec<_> = pack.files().map(|(name, _)| name).collect();
    assert!(
        !names.iter().any(|name| name.contains("private") || name.ends_with(".ygtc")),
        "{names:?}"
    );
}

#[test]
fn the_folder_form_is_the_same_pack() {
    let built = builder();
    let folder = TempDir::new().unwrap();
    built.write_folder(folder.path()).unwrap();
    let from_folder = Pack::open(folder.path(), &limits()).unwrap();
    let from_file = Pack::from_bytes(&built.build().unwrap(), &limits()).unwrap();
    assert_eq!(from_folder.manifest(), from_file.manifest());
    assert!(from_folder.files().eq(from_file.files()));
    assert_eq!(from_folder.digest(), None);
    let extracted = TempDir::new().unwrap();
    from_file.extract(extracted.path()).unwrap();
    let again = Pack::open(extracted.path(), &limits()).unwrap();
    assert!(again.files().eq(from_file.files()));
    // Never over what is there, nor beside it.
    let used = TempDir::new().unwrap();
    write(used.path(), "assets/other.json", "{}");
    assert!(matches!(from_file.extract(used.path()), Err(PackError::Io { .. })));
    assert!(!used.path().join("manifest.cbor").exists());
    assert!(matches!(from_file.extract(extracted.path()), Err(PackError::Io { .. })));
}

#[test]
fn limits_hold_for_folders() {
    let folder = TempDir::new().unwrap();
    builder().write_folder(folder.path()).unwrap();
    let refused = |change: &dyn Fn(&mut Limits)| {
        let mut limits = limits();
        change(&mut limits);
        Pack::open(folder.path(), &limits).unwrap_err().code()
    };
    assert_eq!(refused(&|limits| limits.entries = 3), "pack-too-large");
    assert_eq!(refused(&|limits| limits.total_bytes = 1_000), "pack-too-large");
    assert_eq!(refused(&|limits| limits.entry_bytes = 700), "pack-entry-too-large");
    assert_eq!(refused(&|limits| limits.depth = 2), "pack-entry-unsafe-name");
}

#[test]
#[cfg(unix)]
fn links_in_a_folder_are_not_followed() {
    let folder = TempDir::new().unwrap();
    builder().write_folder(folder.path()).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("assets/link")).unwrap();
    let error = Pack::open(folder.path(), &limits()).unwrap_err();
    assert_eq!(error.code(), "pack-entry-not-a-file");
    assert!(error.to_string().starts_with("entry `assets/link` is a symbolic link"), "{error}");
}

#[test]
fn a_pinned_pack_opens_only_with_its_digest() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("hello.gtpack");
    let digest = builder().write_to(&path).unwrap();
    assert_eq!(Digest::of_file(&path).unwrap(), digest);
    Pack::open_pinned(&path, &digest, &limits()).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = Pack::open_pinned(&path, &digest, &limits()).unwrap_err();
    assert_eq!(error.code(), "pack-digest-mismatch");
    assert!(error.to_string().contains("does not match pinned digest"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    let sha512 = "sha512:00".parse::<Digest>().unwrap_err().to_string();
    assert!(sha512.contains("unsupported digest algorithm"), "{sha512}");
    assert!("sha256:xyz".parse::<Digest>().is_err());
}

/// Changes one file of the folder, and asserts what the builder says.
#[track_caller]
fn refused(name: &str, from: &str, to: &str, expected: &str) {
    let folder = pack_folder();
    let content = fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(content.contains(from), "{name} has no {from}");
    write(folder.path(), name, content.replacen(from, to, 1));
    let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn what_is_wrong_in_a_folder_is_said_with_its_place() {
    refused(
        "pack.yaml",
        "pack_id: ai",
        "pack_id: a i",
        "pack.yaml:2:10: `a i.example.hello` cannot be the id of a pack; use letters, digits, `.`, `_` and `-`",
    );
    refused(
        "pack.yaml",
        "version: 1.2.0",
        "version: 1.2",
        "pack.yaml:3:10: `version` is `1.2`; expected one of: three numbers such as 1.0.0",
    );
    refused(
        "pack.yaml",
        "http:",
        "https:",
        "pack.yaml:7:9: `https` is no key of a component's `capabilities.host`; expected one of: events, http, iac, messaging, secrets, state, telemetry",
    );
    refused(
        "pack.yaml",
        "greeter.wasm",
        "greet.wasm",
        "`components/greet.wasm` is missing; build the component, or correct `file` in `pack.yaml`",
    );
    refused(
        "pack.yaml",
        "components/greeter.wasm",
        "../greeter.wasm",
        "component `ai.example.greeter`: `../greeter.wasm` has an unsafe name: it has a part `..`, which leads out of the folder",
    );
    refused(
        "components/greeter.wasm",
        "\u{d}\0\u{1}",
        "\u{1}\0\0",
        "component `ai.example.greeter`: `components/greeter.wasm` is broken: it is a core WebAssembly module; make a component of it",
    );
    refused(
        "components/greeter.wasm",
        "asm",
        "wat",
        "component `ai.example.greeter`: `components/greeter.wasm` is broken: it is no WebAssembly component",
    );
    refused(
        "flows/main.ygtc",
        "ai.example.greeter:",
        "ai.example.greter:",
        "flows/main.ygtc:7:3: node `greet` runs the component `ai.example.greter`, which the pack does not have; did you mean `ai.example.greeter`?",
    );
    refused(
        "flows/main.ygtc",
        "to: wait",
        "to: await",
        "flows/main.ygtc:13:13: there is no node `await` to go to; the nodes are: greet, wait, branch, bye",
    );
    refused(
        "pack.yaml",
        "provider_type: messaging.example",
        "provider_type: ''",
        "the pack cannot be built: at `extensions.greentic.provider-extension.v1.providers[0].provider_type`: it is empty",
    );
}

#[test]
fn a_provider_needs_a_component_of_the_pack() {
    refused(
        "pack.yaml",
        "component_ref: ai.example.greeter",
        "component_ref: other",
        "the pack cannot be built: at `providers[0].runtime.component_ref`: the pack has no component `other`",
    );
}

#[test]
fn a_misspelt_key_of_pack_yaml_is_named_with_those_that_there_are() {
    let folder = pack_folder();
    write(folder.path(), "pack.yaml", "pack_id: a\nversion: 1.0.0\nauthor: me\n");
    let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err();
    assert_eq!(error.code(), "build-source-invalid");
    let text = error.to_string();
    assert!(text.starts_with("pack.yaml:3:1: "), "{text}");
    assert!(text.contains("author") && text.contains("publisher"), "{text}");
}

#[test]
fn a_folder_without_pack_yaml_and_ids_there_twice_are_refused() {
    let folder = pack_folder();
    write(folder.path(), "flows/other.ygtc", lab::FLOW);
    let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err();
    assert_eq!(error.to_string(), "flow `main` is there twice; rename one");
    fs::remove_file(folder.path().join("pack.yaml")).unwrap();
    let error = PackBuilder::from_folder(folder.path(), &limits()).unwrap_err();
    assert!(matches!(error, BuildError::Missing { .. }), "{error}");
}

#[test]
fn flows_come_in_the_order_of_pack_yaml() {
    let folder = pack_folder();
    write(folder.path(), "flows/again.ygtc", lab::FLOW.replace("id: main", "id: again"));
    let ids = || {
        let built = PackBuilder::from_folder(folder.path(), &limits()).unwrap();
        built.manifest().flows.iter().map(|flow| flow.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(), ["again", "main"]);
    write(
        folder.path(),
        "pack.yaml",
        format!("{}flows: [main.ygtc, again.ygtc]\n", lab::PACK_YAML),
    );
    assert_eq!(ids(), ["main", "again"]);
}

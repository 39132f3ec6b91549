//! Which packs are taken.

use greentic_pack_format::Digest;
use greentic_runner_host::{PackSource, RevisionSource};

use super::lab::{Packs, TENANT, host, host_with, message};
use greentic_runner_host::config::PackBinding;

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_that_is_pinned_is_the_one_that_runs() {
    let (packs, host) = (Packs::new(), host());
    let path = packs.hello("v1");
    let prepare = async |digest: &str| {
        let pinned = PackSource { digest: Some(digest.to_owned()), ..PackSource::new(&path) };
        host.prepare(TENANT, RevisionSource::new(None, vec![pinned])).await
    };
    let digest = Digest::of_file(&path).expect("a file").to_string();
    let runtime = prepare(&digest).await.expect("the pack");
    assert_eq!(runtime.digest(), Some(digest.as_str()));
    let other = format!("sha256:{}", "00".repeat(32));
    let error = prepare(&other).await.expect_err("another pack");
    assert_eq!(error.code(), "pack-digest-mismatch", "{error}");
    let error = prepare("md5:abc").await.expect_err("no such algorithm");
    assert_eq!(error.code(), "invalid-digest", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_names_its_packs_runs_no_other() {
    let packs = Packs::new();
    let bound = |pack_id: &str, flow: &str| PackBinding {
        pack_id: pack_id.to_owned(),
        pack_ref: "hello@1.0.0".to_owned(),
        pack_locator: None,
        flows: vec![flow.to_owned()],
    };
    for (pack_id, flow, expected) in [
        ("hello", "hello", None),
        ("other", "hello", Some("pack-not-bound")),
        ("hello", "absent", Some("bound-flow-missing")),
    ] {
        let host = host_with(|config| config.pack_bindings = vec![bound(pack_id, flow)]);
        let loaded = host.load_pack(TENANT, &packs.hello("v1")).await;
        assert_eq!(loaded.err().map(|error| error.code()), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_found_by_name_and_by_kind_or_the_error_says_why_not() {
    let (packs, host) = (Packs::new(), host());
    host.load_pack(TENANT, &packs.hello("v1")).await.expect("a pack");
    let send = async |activity| host.handle_activity(TENANT, activity).await;
    let named = message("a", "hi").with_flow("hello");
    assert!(send(named.clone()).await.is_ok());
    assert!(send(named.clone().with_pack("hello")).await.is_ok());
    let error = send(named.with_pack("other")).await.expect_err("another pack");
    assert_eq!(error.to_string(), "flow hello not registered for pack other");
    let error = send(message("a", "hi").with_flow("absent")).await.expect_err("no such flow");
    assert_eq!(error.to_string(), "flow absent is ambiguous; pack_id is required");
    let error = send(message("a", "hi").with_flow_type("job")).await.expect_err("no such kind");
    assert!(error.to_string().starts_with("flow type job is ambiguous"), "{error}");
}

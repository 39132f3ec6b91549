//! A revision is loaded to show that it can be served.

use std::io::Write as _;
use std::sync::Arc;

use greentic_env_pack::{ProbeError, RevisionProbe as _, RevisionToProbe};
use greentic_gateway::RunnerProbe;
use greentic_runner_host::HostBuilder;

use super::lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_revision_is_described_and_a_broken_one_named() {
    let lab = Lab::new();
    let revision = lab.staged(lab.deployment(), "v1", 60);
    let host = Arc::new(HostBuilder::new().build_open().expect("a host"));
    let probe = RunnerProbe::new(host);
    let asked = RevisionToProbe {
        env_id: lab.env_id.clone(),
        env_root: lab.env_root(),
        revision: revision.clone(),
        tenant: "default".to_owned(),
    };
    let report = probe.probe(&asked).await.expect("a report");
    let pack = report.packs.first().expect("a pack");
    assert_eq!((pack.pack_id.as_str(), pack.components, pack.flows), ("hello", 1, 1));
    assert_eq!(pack.signature, "not signed");
    let folder = lab.env_root().join("revisions").join(revision.revision_id.to_string());
    std::fs::write(folder.join("bundle/packs/hello.gtpack"), b"no pack").expect("broken");
    let error = probe.probe(&asked).await.expect_err("it is broken");
    assert!(matches!(error, ProbeError::Pack { .. }), "{error}");
}

/// As there are some: builders of this workspace refuse to make one.
fn pack_without_nodes() -> Vec<u8> {
    let manifest = serde_json::json!({
        "schema_version": "pack-v1",
        "pack_id": 0,
        "version": "1.0.0",
        "kind": "application",
        "symbols": {"pack_ids": ["example.worker"]},
        "flows": [{"id": "main", "kind": "messaging", "flow": {"id": "main", "nodes": []}}],
    });
    let mut bytes = Vec::new();
    ciborium::into_writer(&manifest, &mut bytes).expect("a manifest");
    let mut archive = rawzip::ZipArchiveWriter::new(Vec::new());
    let (mut entry, _) = archive.new_file("manifest.cbor").start().expect("an entry");
    entry.write_all(&bytes).expect("written");
    let written = rawzip::DataDescriptorOutput::new(rawzip::crc32(&bytes), bytes.len() as u64);
    entry.finish(written).expect("an entry");
    archive.finish().expect("a pack")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revision_that_could_answer_no_message_is_refused_with_its_pack_and_flow() {
    let lab = Lab::new();
    let asked = RevisionToProbe {
        env_id: lab.env_id.clone(),
        env_root: lab.env_root(),
        revision: lab.staged_pack(lab.deployment(), pack_without_nodes()),
        tenant: "default".to_owned(),
    };
    let host = Arc::new(HostBuilder::new().build_open().expect("a host"));
    let error = RunnerProbe::new(host).probe(&asked).await.expect_err("it cannot answer");
    let ProbeError::Pack { pack_id, source } = error else { panic!("{error}") };
    assert_eq!(pack_id.as_str(), "example.worker");
    assert!(source.to_string().contains("flow `main`"), "{source}");
}

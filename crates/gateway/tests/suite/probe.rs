//! A revision is loaded to show that it can be served.

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

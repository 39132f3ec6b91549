//! What a host reports, and what it gives of WASI.

use std::sync::{Arc, Mutex};

use greentic_env_pack::{TelemetryEvent, TelemetrySink, TurnEnd};
use greentic_runner_host::{HostBuilder, HostConfig, HostError, PreopenSpec, RunnerWasiPolicy};

use super::lab::{Packs, Revision, TENANT, message};

/// Notes who reports what.
#[derive(Debug, Default)]
struct Noted(Mutex<Vec<String>>);

impl TelemetrySink for Noted {
    fn record(&self, event: &TelemetryEvent<'_>) {
        let TelemetryEvent::Turn { worker, flow, end, .. } = event else { return };
        let end = match end {
            TurnEnd::Answered => "answered",
            TurnEnd::Failed { code } => code,
        };
        let revision = worker.revision.unwrap_or("none");
        let said =
            format!("{}/{} {revision} {} {flow} {end}", worker.env, worker.tenant, worker.pack);
        self.0.lock().expect("it").push(said);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_turn_is_reported_with_its_worker_and_how_it_ended() {
    let (packs, noted) = (Packs::new(), Arc::new(Noted::default()));
    let mut config = HostConfig::new("local", TENANT);
    config.limits.steps = 5;
    let host = HostBuilder::new().with_config(config).with_telemetry(noted.clone()).build();
    let host = host.expect("a host");
    let flow = "id: main\ntype: messaging\nnodes:\n  a:\n    emit.response: { text: '{{entry.text}}' }\n    routing:\n      - { condition: 'entry.text == \"go\"', to: a }\n      - { out: true }\n";
    let revision = Revision(1);
    revision.load(&host, &packs.with_flow("round", &[("echo", "")], flow)).await;
    revision.send(&host, message("ada", "hi")).await.expect("an answer");
    revision.send(&host, message("ada", "go")).await.expect_err("a circle");
    let id = revision.id();
    let expected =
        ["answered", "step-limit"].map(|end| format!("local/acme {id} test.round main {end}"));
    assert_eq!(*noted.0.lock().expect("it"), expected);
    host.load_pack(TENANT, &packs.hello("v1")).await.expect("a pack");
    let handle = host.tenant(TENANT).await.expect("a handle");
    assert!(format!("{:?}", handle.engine()).contains("WasmEngine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_that_cannot_be_kept_is_refused_when_the_host_is_built() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let build = |policy| {
        let builder = HostBuilder::new().with_config(HostConfig::new("local", TENANT));
        builder.with_wasi_policy(policy).build()
    };
    let policy = RunnerWasiPolicy::new;
    let good = policy().with_env("A", "1").with_preopen(PreopenSpec::new(folder.path(), "/data"));
    assert_eq!(build(good.clone()).expect("a host").wasi_policy(), &good);
    let gone = PreopenSpec::writable(folder.path().join("gone"), "/data");
    for bad in [
        policy().with_preopen(gone),
        policy().with_env("A=B", "1"),
        policy().with_env("", "1"),
        policy().with_env("A", "\0"),
    ] {
        let error = build(bad).expect_err("it cannot be kept");
        assert!(matches!(error, HostError::WasiPolicy(_)), "{error:?}");
    }
}

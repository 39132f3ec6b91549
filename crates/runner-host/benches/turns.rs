//! One turn of the example worker, on an idle host and while another revision is activated over and over.

#![expect(clippy::disallowed_methods, reason = "a benchmark is a program: it builds its runtime")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use criterion::{Criterion, criterion_group, criterion_main};
use greentic_deploy_spec::{BundleId, DeploymentId, RevisionId};
use greentic_pack_format::{Limits, PackBuilder};
use greentic_runner_host::{
    Activity, HostBuilder, HostConfig, LoadRevision, PackSource, RevisionSource, Rollout,
    RunnerHost,
};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const TENANT: &str = "acme";
const SERVING: RevisionId = RevisionId(ulid::Ulid(1));
const ACTIVATED: RevisionId = RevisionId(ulid::Ulid(2));
const DEPLOYMENT: DeploymentId = DeploymentId(ulid::Ulid(1));

fn bundle() -> BundleId {
    "hello".into()
}

fn pack(folder: &Path, example: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(example);
    let path = folder.join(format!("{example}.gtpack"));
    let builder = PackBuilder::from_folder(source, &Limits::default()).expect("the example");
    builder.write_to(&path).expect("a pack");
    path
}

async fn load(host: &RunnerHost, revision_id: RevisionId, pack: &Path) {
    let rollout =
        Rollout { deployment_id: DEPLOYMENT, bundle_id: bundle(), revision_id, customer_id: None };
    let source = RevisionSource::new(Some(rollout), vec![PackSource::new(pack)]);
    let revision = LoadRevision { tenant: TENANT.to_owned(), source };
    host.load_revision(revision).await.expect("a revision");
}

/// A greeting and the answer to it, so that nothing stays parked.
async fn talk(host: &RunnerHost, user: u64) {
    let user = user.to_string();
    for text in ["hi", "Ada"] {
        let message = Activity::text(text).from_user(&user).in_conversation(&user);
        let said =
            host.handle_activity_for_revision(TENANT, DEPLOYMENT, bundle(), SERVING, message).await;
        assert_eq!(said.expect("an answer").len(), 1);
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

fn turns(criterion: &mut Criterion) {
    let folder = TempDir::new().expect("a folder");
    let (v1, v2) = (pack(folder.path(), "hello"), pack(folder.path(), "hello-v2"));
    let runtime = runtime();
    let host = HostBuilder::new().with_config(HostConfig::new("local", TENANT)).build();
    let host = Arc::new(host.expect("a host"));
    runtime.block_on(load(&host, SERVING, &v1));
    let users = AtomicU64::new(0);
    let one = || talk(&host, users.fetch_add(1, Ordering::Relaxed));
    let mut group = criterion.benchmark_group("runner-talk");
    group.bench_function("idle", |bench| bench.iter(|| runtime.block_on(one())));
    let stop = Arc::new(AtomicBool::new(false));
    let activating = {
        let (host, stop) = (Arc::clone(&host), Arc::clone(&stop));
        runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                load(&host, ACTIVATED, &v2).await;
            }
        })
    };
    group.bench_function("while-activating", |bench| bench.iter(|| runtime.block_on(one())));
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(activating).expect("it stops");
    group.finish();
}

criterion_group!(benches, turns);
criterion_main!(benches);

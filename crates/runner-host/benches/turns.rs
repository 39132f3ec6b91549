//! A turn of the example worker, on an idle host and while another revision is activated over and over.
//!
//! Each turn is timed by itself. What is reported are the median and the 99th percentile of batches of
//! turns; a turn that fails fails the benchmark.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark is a program: it builds its runtime and reads the clock"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, SamplingMode, criterion_group, criterion_main};
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

/// Turns of one batch.
const BATCH: usize = 2_000;

/// Talks to the worker, and counts the turns that fail.
struct Talker {
    host: Arc<RunnerHost>,
    users: AtomicU64,
    turns: AtomicU64,
    failed: AtomicU64,
}

impl Talker {
    /// The times of a batch of turns, the shortest first: greetings and the answers to them, so that
    /// nothing stays parked.
    async fn batch(&self) -> Vec<Duration> {
        let mut times = Vec::with_capacity(BATCH);
        while times.len() < BATCH {
            let user = self.users.fetch_add(1, Ordering::Relaxed).to_string();
            for (text, starts) in [("hi", "Hello!"), ("Ada", "Nice to meet you, Ada")] {
                let message = Activity::text(text).from_user(&user).in_conversation(&user);
                times.push(self.turn(message, starts).await);
            }
        }
        times.sort_unstable();
        times
    }

    async fn turn(&self, message: Activity, starts: &str) -> Duration {
        let began = Instant::now();
        let said =
            self.host.handle_activity_for_revision(TENANT, DEPLOYMENT, bundle(), SERVING, message);
        let said = said.await;
        let took = began.elapsed();
        let text =
            said.as_deref().ok().and_then(|said| said.first()?.payload().get("text")?.as_str());
        self.turns.fetch_add(1, Ordering::Relaxed);
        if !text.is_some_and(|text| text.starts_with(starts)) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
        took
    }
}

/// Measures the median and the 99th percentile of the turns.
fn measure(group: &mut Group<'_>, runtime: &Runtime, talker: &Talker, when: &str) {
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let at = (BATCH as f64 * share) as usize;
        group.bench_function(format!("{when}-{name}"), |bench| {
            // A batch says one number, however often it is asked for.
            bench.iter_custom(|rounds| {
                let times = runtime.block_on(talker.batch());
                let found = times.get(at).copied().unwrap_or_default();
                found.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
            });
        });
    }
}

type Group<'c> = BenchmarkGroup<'c, WallTime>;

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
    let talker = Talker {
        host: Arc::clone(&host),
        users: AtomicU64::new(0),
        turns: AtomicU64::new(0),
        failed: AtomicU64::new(0),
    };
    let mut group = criterion.benchmark_group("runner-turn");
    group.sample_size(30).sampling_mode(SamplingMode::Flat);
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(1));
    measure(&mut group, &runtime, &talker, "idle");
    let (stop, activations) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let activating = {
        let (host, stop, activations) = (Arc::clone(&host), stop.clone(), activations.clone());
        runtime.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                load(&host, ACTIVATED, &v2).await;
                activations.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    measure(&mut group, &runtime, &talker, "activating");
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(activating).expect("it stops");
    group.finish();
    let [turns, failed, activations] =
        [&talker.turns, &talker.failed, &activations].map(|count| count.load(Ordering::Relaxed));
    assert!(activations > 0, "nothing was activated");
    assert_eq!(failed, 0, "of {turns} turns so many failed, with {activations} activations");
}

criterion_group!(benches, turns);
criterion_main!(benches);

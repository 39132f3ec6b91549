//! What a gateway counts, as Prometheus reads it.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use greentic_deploy_spec::{DeploymentId, RevisionId};
use hyper::StatusCode;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::gate::Gate;
use crate::http::View;
use crate::serving::Serving;

/// What is counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Endpoint {
    Probe,
    Status,
    Metrics,
    Page,
    Invoke,
    Webchat,
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    endpoint: Endpoint,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfDeployment {
    deployment: Id<DeploymentId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TurnOf {
    deployment: Id<DeploymentId>,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Outcome {
    Answered,
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRevision {
    deployment: Id<DeploymentId>,
    revision: Id<RevisionId>,
}

/// An id as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Id<T>(T);

impl<T: fmt::Display> EncodeLabelValue for Id<T> {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        fmt::Write::write_fmt(encoder, format_args!("{}", self.0))
    }
}

/// How all names begin.
const PREFIX: &str = "greentic_gateway";
/// From half a millisecond to a minute.
const BUCKETS: [f64; 12] =
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 15.0, 60.0];

/// Everything that is counted. Its labels are bounded by the environment, never by callers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// What is told of single deployments.
    of_deployments: Registry,
    requests: Family<Request, Counter>,
    has_answered: AtomicBool,
    turns: Family<TurnOf, Counter>,
    turn_seconds: Family<OfDeployment, Histogram, fn() -> Histogram>,
    ready: Gauge,
    generation_seen: Gauge<u64, AtomicU64>,
    generation_applied: Gauge<u64, AtomicU64>,
    quarantined: Gauge,
    conversations: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) loads: Counter,
    pub(crate) failed_loads: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix(PREFIX),
            of_deployments: Registry::with_prefix(PREFIX),
            requests: Family::default(),
            has_answered: AtomicBool::new(false),
            turns: Family::default(),
            turn_seconds: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            ready: Gauge::default(),
            generation_seen: Gauge::default(),
            generation_applied: Gauge::default(),
            quarantined: Gauge::default(),
            conversations: Gauge::default(),
            connections: Gauge::default(),
            loads: Counter::default(),
            failed_loads: Counter::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let to = &mut self.registry;
        to.register("requests", "Answers by endpoint and status", self.requests.clone());
        to.register("ready", "1 when what the environment says is served", self.ready.clone());
        to.register("generation_seen", "Newest generation read", self.generation_seen.clone());
        to.register(
            "generation_applied",
            "Newest generation served",
            self.generation_applied.clone(),
        );
        to.register(
            "quarantined_revisions",
            "Revisions that cannot be loaded",
            self.quarantined.clone(),
        );
        to.register(
            "webchat_conversations",
            "Conversations kept for clients",
            self.conversations.clone(),
        );
        to.register("connections", "Open connections", self.connections.clone());
        to.register("activations", "Revisions loaded", self.loads.clone());
        to.register("failed_activations", "Revisions not loaded", self.failed_loads.clone());
        let to = &mut self.of_deployments;
        to.register("turns", "Turns by deployment and outcome", self.turns.clone());
        to.register("turn_seconds", "How long turns took", self.turn_seconds.clone());
    }

    pub(crate) fn request(&self, endpoint: Endpoint, status: StatusCode) {
        self.requests.get_or_create(&Request { endpoint, status: status.as_u16() }).inc();
        self.has_answered.store(true, Ordering::Relaxed);
    }

    /// Whether anybody asked for anything.
    pub(crate) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }

    pub(crate) fn turn(&self, deployment: DeploymentId, took: Duration, answered: bool) {
        let deployment = Id(deployment);
        let outcome = if answered { Outcome::Answered } else { Outcome::Failed };
        self.turns.get_or_create(&TurnOf { deployment, outcome }).inc();
        self.turn_seconds.get_or_create(&OfDeployment { deployment }).observe(took.as_secs_f64());
    }

    /// Everything that a view has, as text, looked at now.
    pub(crate) async fn text(&self, gate: &Gate, view: View) -> String {
        let serving = gate.serving.load_full();
        let readiness = crate::readiness::readiness(gate);
        self.ready.set(readiness.ready.into());
        self.generation_seen.set(gate.news.seen());
        self.generation_applied.set(gate.news.applied());
        self.quarantined.set(whole(serving.quarantined.len()));
        self.conversations.set(whole(gate.conversations.len()));
        let mut text = String::new();
        // Writing into a text does not fail.
        let _ = encode_registry(&mut text, &self.registry);
        if view != View::Bare {
            let _ = encode_registry(&mut text, &self.of_deployments);
            let _ = encode_registry(&mut text, &revisions(&serving).await);
        }
        let _ = encode_eof(&mut text);
        text
    }
}

/// Revisions come and go: each time, those that are here are told of.
async fn revisions(serving: &Serving) -> Registry {
    let (running, parked) = (Family::<_, Gauge>::default(), Family::<_, Gauge>::default());
    for deployment in serving.deployments.values() {
        for one in &deployment.loaded {
            let label = OfRevision {
                deployment: Id(deployment.deployment_id),
                revision: Id(one.revision_id()),
            };
            running.get_or_create(&label).set(whole(one.running()));
            let waiting = one.runtime.parked_conversations().await.unwrap_or_default();
            parked.get_or_create(&label).set(whole(waiting));
        }
    }
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register("running_turns", "Turns that run now", running);
    registry.register("parked_conversations", "Conversations that wait", parked);
    registry
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

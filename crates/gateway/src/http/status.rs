use std::net::SocketAddr;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::{BundleId, DeploymentId, EnvId, RevisionId, RevisionLifecycle};
use serde::Serialize;

use crate::activation::{LoadFailure, Obstacle, WantedDeployment, WantedRevision};
use crate::gate::Gate;
use crate::readiness::{Readiness, readiness};
use crate::routes::{Ambiguity, segment};
use crate::serving::Serving;

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum View {
    /// To everybody: whether all is well, and nothing of any deployment.
    Bare,
    /// Where only this machine listens: what is served, without paths and inner reasons.
    Local,
    /// To those who may open the administration's socket.
    Full,
}

/// What a gateway serves.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    schema: &'static str,
    env_id: EnvId,
    generation: Generations,
    readiness: Readiness,
    #[serde(flatten)]
    details: Option<Details>,
}

/// What not everybody is told.
#[derive(Debug, Serialize)]
pub(crate) struct Details {
    listen_addr: SocketAddr,
    version: &'static str,
    started_at: DateTime<Utc>,
    bundles_active: usize,
    deployments_routed: usize,
    revisions_active: usize,
    restart_required: bool,
    telemetry: Option<()>,
    triggers: [(); 0],
    /// Why the environment cannot be read now.
    last_failure: Option<Failure>,
    /// Revisions loaded since the start.
    activations: u64,
    ambiguities: Vec<Ambiguity>,
    pub(crate) deployments: Vec<DeploymentStatus>,
}

#[derive(Debug, Serialize)]
struct Generations {
    seen: u64,
    applied: u64,
}

#[derive(Debug, Serialize)]
struct Failure {
    code: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct DeploymentStatus {
    deployment_id: DeploymentId,
    bundle_id: BundleId,
    tenant: String,
    /// The hosts that it is reached under; none means every host.
    hosts: Vec<String>,
    /// Where its conversations are had.
    webchat: String,
    split_generation: Option<u64>,
    /// Why it is not served as the environment wants.
    obstacle: Option<&'static str>,
    pub(crate) revisions: Vec<RevisionStatus>,
}

#[derive(Debug, Serialize)]
pub(crate) struct RevisionStatus {
    revision_id: RevisionId,
    sequence: u64,
    lifecycle: RevisionLifecycle,
    /// Its share of the traffic in basis points.
    share_bps: u32,
    loaded: bool,
    running_turns: usize,
    parked_conversations: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    draining_since: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    drain_deadline: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine: Option<QuarantineStatus>,
}

#[derive(Debug, Serialize)]
struct QuarantineStatus {
    #[serde(flatten)]
    failure: Failure,
    attempts: u32,
}

impl Failure {
    fn new(failure: &LoadFailure, message: String, view: View) -> Self {
        let detail = (view == View::Full).then(|| failure.detail.clone());
        Self { code: failure.code, message, detail }
    }
}

/// What is served now.
pub(crate) async fn status(gate: &Gate, view: View) -> Status {
    let details = match view {
        View::Bare => None,
        View::Local | View::Full => Some(details(gate, view).await),
    };
    Status {
        schema: "greentic.status.v1",
        env_id: gate.env_id.clone(),
        generation: Generations { seen: gate.news.seen(), applied: gate.news.applied() },
        readiness: readiness(gate).seen_by(view),
        details,
    }
}

pub(crate) async fn details(gate: &Gate, view: View) -> Details {
    let serving = gate.serving.load_full();
    let deployments = deployments(&serving, view).await;
    let mut bundles: Vec<_> = deployments.iter().map(|one| &one.bundle_id).collect();
    bundles.sort_unstable();
    bundles.dedup();
    let routed = serving.deployments.values().filter(|one| one.choice.is_some());
    let cannot_read = "the environment cannot be read; what was read before is served";
    let failure = gate.news.failure();
    Details {
        listen_addr: gate.listen_addr,
        version: env!("CARGO_PKG_VERSION"),
        started_at: gate.started_at,
        bundles_active: bundles.len(),
        deployments_routed: routed.count(),
        revisions_active: serving.deployments.values().map(|one| one.loaded.len()).sum(),
        restart_required: false,
        telemetry: None,
        triggers: [],
        last_failure: failure.map(|failure| Failure::new(&failure, cannot_read.to_owned(), view)),
        activations: gate.metrics.loads.get(),
        ambiguities: serving.routes.ambiguities().to_vec(),
        deployments,
    }
}

async fn deployments(serving: &Serving, view: View) -> Vec<DeploymentStatus> {
    let mut all = Vec::new();
    for wanted in serving.wanted.iter().flat_map(|wanted| wanted.deployments.values()) {
        all.push(deployment(serving, wanted, view).await);
    }
    all
}

async fn deployment(serving: &Serving, wanted: &WantedDeployment, view: View) -> DeploymentStatus {
    let of = &wanted.deployment;
    let shares = wanted.shares();
    let mut revisions = Vec::new();
    for revision in wanted.revisions.values() {
        let share = shares.get(&revision.revision.revision_id).copied().unwrap_or(0);
        revisions.push(self::revision(serving, revision, share, view).await);
    }
    let served = serving.deployments.get(&of.deployment_id);
    DeploymentStatus {
        deployment_id: of.deployment_id,
        bundle_id: of.bundle_id.clone(),
        tenant: wanted.tenant().to_owned(),
        hosts: of.route_binding.hosts.clone(),
        webchat: webchat(wanted),
        split_generation: wanted.split.as_ref().map(|split| split.generation),
        obstacle: served.and_then(|served| served.obstacle).map(|obstacle| match obstacle {
            Obstacle::Loading => "loading",
            Obstacle::Broken => "broken",
        }),
        revisions,
    }
}

async fn revision(
    serving: &Serving,
    wanted: &WantedRevision,
    share_bps: u32,
    view: View,
) -> RevisionStatus {
    let of = &wanted.revision;
    let deployment = serving.deployments.get(&of.deployment_id);
    let loaded = deployment
        .and_then(|deployment| deployment.loaded.iter().find(|one| one.key == wanted.key));
    let parked = match loaded {
        Some(loaded) => loaded.runtime.parked_conversations().await.ok(),
        None => None,
    };
    let quarantine = serving.quarantined.get(&wanted.key).map(|one| QuarantineStatus {
        failure: Failure::new(&one.failure, one.failure.message(), view),
        attempts: one.attempts,
    });
    RevisionStatus {
        revision_id: of.revision_id,
        sequence: of.sequence,
        lifecycle: of.lifecycle,
        share_bps,
        loaded: loaded.is_some(),
        running_turns: loaded.map_or(0, |loaded| loaded.running()),
        parked_conversations: parked,
        draining_since: wanted.drain.and_then(|drain| drain.since),
        drain_deadline: wanted.drain.and_then(|drain| drain.deadline()),
        quarantine,
    }
}

/// Where the conversations of a deployment are had, below its first path prefix.
fn webchat(wanted: &WantedDeployment) -> String {
    let prefix = wanted.deployment.route_binding.path_prefixes.first().map_or("", String::as_str);
    let prefix = prefix.trim().trim_matches('/');
    let slash = if prefix.is_empty() { "" } else { "/" };
    let (tenant, bundle) =
        (segment(wanted.tenant()), segment(wanted.deployment.bundle_id.as_str()));
    format!("{slash}{prefix}/v1/messaging/webchat/{tenant}/{bundle}/v3/directline")
}

//! Ends the drain of a revision once nothing is left of it, or its time is over.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use greentic_deploy_spec::{DrainReport, IdempotencyKey, RevisionId, with_causes};
use tokio::time::Instant;

use crate::GatewayStore;
use crate::activation::WantedRevision;
use crate::gate::Gate;
use crate::serving::{Loaded, Serving};

/// How often draining revisions are looked at.
const LOOK: Duration = Duration::from_millis(200);
/// The pause after a drain could not be ended; it doubles with each time.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// When each drain that could not be ended is tried again, and the pause before the next time.
type Pauses = HashMap<RevisionId, (Instant, Duration)>;

/// Ends drains until it is dropped. Several gateways may do so: the first one counts.
pub(crate) async fn run(gate: Arc<Gate>, store: Arc<dyn GatewayStore>) {
    let mut pauses = Pauses::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let serving = gate.serving.load_full();
        let Some(wanted) = serving.wanted.clone() else { continue };
        pauses.retain(|id, _| wanted.draining.iter().any(|one| one.revision.revision_id == *id));
        for revision in &wanted.draining {
            let id = revision.revision.revision_id;
            if pauses.get(&id).is_some_and(|(until, _)| Instant::now() < *until) {
                continue;
            }
            if let Some(report) = over(&gate, &serving, revision).await
                && !finish(&gate, &store, revision, report).await
            {
                let pause = pauses.get(&id).map_or(PAUSE, |(_, pause)| *pause);
                let next = pause.saturating_mul(2).min(LONGEST_PAUSE);
                pauses.insert(id, (Instant::now() + pause, next));
            }
        }
    }
}

/// What is left of a revision whose drain can be ended; none while it has to go on.
async fn over(gate: &Gate, serving: &Serving, revision: &WantedRevision) -> Option<DrainReport> {
    let deployment = serving.deployments.get(&revision.key.deployment_id);
    let loaded = deployment
        .and_then(|deployment| deployment.loaded.iter().find(|one| one.key == revision.key));
    let left = match loaded {
        Some(loaded) => Some(left(loaded).await?),
        None => None,
    };
    let deadline = revision.drain.and_then(|drain| drain.deadline());
    let is_late = deadline.is_some_and(|deadline| gate.clock.now() >= deadline);
    match left {
        Some(left) if left.is_settled() || is_late => Some(left),
        // Nothing of it can run; whoever waits for it may, until its time is over.
        None if is_late => Some(DrainReport::SETTLED),
        _ => None,
    }
}

/// What is left of a revision; none when it cannot be told.
async fn left(loaded: &Loaded) -> Option<DrainReport> {
    let before = loaded.running();
    let parked = loaded.runtime.parked_conversations().await.ok()?;
    // A turn that began to go on with a parked conversation meanwhile is one of the two.
    let open = before.max(loaded.running());
    Some(DrainReport { open_requests: open as u64, parked_sessions: parked as u64 })
}

async fn finish(
    gate: &Gate,
    store: &Arc<dyn GatewayStore>,
    revision: &WantedRevision,
    report: DrainReport,
) -> bool {
    let id = revision.revision.revision_id;
    let since = revision.drain.and_then(|drain| drain.since);
    let since = since.map_or(0, |since| since.timestamp_micros());
    // The same for every gateway that saw the same.
    let DrainReport { open_requests, parked_sessions } = report;
    let key = format!("gateway-drain-{id}-{since}-{open_requests}-{parked_sessions}");
    let Ok(key) = IdempotencyKey::new(key) else { return false };
    let (store, env_id) = (Arc::clone(store), gate.env_id.clone());
    let finish = move || store.finish_drain(&env_id, id, report, key).map(drop);
    match tokio::task::spawn_blocking(finish).await {
        Ok(Ok(())) => {
            tracing::info!(revision_id = %id, open_requests, parked_sessions, "a drain is over");
            true
        }
        Ok(Err(error)) => {
            tracing::warn!(revision_id = %id, error = with_causes(&error), "a drain cannot be ended");
            false
        }
        Err(_) => false,
    }
}

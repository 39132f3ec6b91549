use greentic_deploy_spec::{DeploymentId, RevisionId};
use serde::Serialize;

use crate::activation::{Obstacle, Wanted};
use crate::gate::Gate;
use crate::http::View;
use crate::serving::Serving;

/// Whether a gateway serves what its environment says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// It does.
    pub ready: bool,
    /// The generation that is served.
    pub generation: u64,
    /// Why it does not; empty when it does. `starting` and `loading` go away by themselves.
    pub reasons: Vec<Unready>,
}

impl Readiness {
    /// Nothing was read yet.
    pub(crate) fn starting() -> Self {
        let reason = Unready::new("starting", "the environment was not read yet");
        Self { ready: false, generation: 0, reasons: vec![reason] }
    }

    /// As much of it as a view tells.
    pub(crate) fn seen_by(mut self, view: View) -> Self {
        if view == View::Bare {
            for reason in &mut self.reasons {
                (reason.deployment_id, reason.revision_id) = (None, None);
            }
        }
        self
    }
}

/// A reason why a gateway does not serve what its environment says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unready {
    /// A stable name of the reason.
    pub code: &'static str,
    /// The reason in words.
    pub message: String,
    /// The deployment that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_id: Option<DeploymentId>,
    /// The revision that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision_id: Option<RevisionId>,
    /// The whole reason, with paths, where there is more to say: for those who run the gateway,
    /// and never for callers.
    #[serde(skip)]
    pub detail: Option<String>,
}

impl Unready {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), deployment_id: None, revision_id: None, detail: None }
    }
}

pub(crate) fn readiness(gate: &Gate) -> Readiness {
    let serving = gate.serving.load();
    let mut reasons = Vec::new();
    if gate.is_stopping() {
        reasons.push(Unready::new("stopping", "the gateway is shutting down"));
    }
    if let Some(failure) = gate.news.failure() {
        let message = "the environment cannot be read; what was read before is served";
        reasons.push(Unready::new(failure.code, message));
    }
    match &serving.wanted {
        None => reasons.extend(Readiness::starting().reasons),
        Some(wanted) => {
            if !serving.is_complete {
                let message = format!("generation {} is being loaded", wanted.generation);
                reasons.push(Unready::new("loading", message));
            }
            reasons.extend(obstacles(&serving));
            reasons.extend(quarantined(wanted, &serving));
        }
    }
    Readiness { ready: reasons.is_empty(), generation: gate.news.applied(), reasons }
}

fn obstacles(serving: &Serving) -> impl Iterator<Item = Unready> {
    serving.deployments.values().filter_map(|deployment| {
        let broken = deployment.obstacle == Some(Obstacle::Broken);
        broken.then(|| Unready {
            deployment_id: Some(deployment.deployment_id),
            ..Unready::new(
                "split-not-applied",
                "no revision of the traffic split can be loaded; the split before is served, if \
                 there was one",
            )
        })
    })
}

/// Quarantined revisions that have a share.
fn quarantined<'s>(wanted: &'s Wanted, serving: &'s Serving) -> impl Iterator<Item = Unready> + 's {
    serving.quarantined.iter().filter_map(|(key, quarantined)| {
        let deployment = wanted.deployments.get(&key.deployment_id)?;
        let has_share = deployment.shares().contains_key(&key.revision_id);
        has_share.then(|| Unready {
            deployment_id: Some(key.deployment_id),
            revision_id: Some(key.revision_id),
            detail: Some(quarantined.failure.detail.clone()),
            ..Unready::new(quarantined.failure.code, quarantined.failure.message())
        })
    })
}

//! How a runtime and what is in it are named. Nothing of it changes, so it is made once.

use std::sync::Arc;

use super::Rollout;
use super::flows::FlowName;
use crate::config::HostConfig;
use crate::pack::PackRuntime;
use crate::wasm::{self, Identity};

#[derive(Debug)]
pub(super) struct Names {
    /// What isolates its conversations from those of every other runtime: environment, tenant,
    /// deployment and revision.
    pub(super) sessions: String,
    /// For whom its components run, whatever pack they are of.
    pub(super) worker: Identity,
    /// All flows that may run, with their kinds, in the order of packs and manifests.
    pub(super) flows: Vec<(FlowName, String)>,
}

impl Names {
    pub(super) fn new(
        config: &HostConfig,
        rollout: Option<&Rollout>,
        packs: &[Arc<PackRuntime>],
    ) -> Self {
        let worker = Identity {
            env: config.env.clone(),
            tenant: config.tenant.clone(),
            deployment: rollout.map(|rollout| rollout.deployment_id.to_string()),
            bundle: rollout.map(|rollout| rollout.bundle_id.to_string()),
            revision: rollout.map(|rollout| rollout.revision_id.to_string()),
            attempt: 1,
            ..Identity::default()
        };
        let (deployment, revision) = (worker.deployment.as_deref(), worker.revision.as_deref());
        let parts = [Some(&*worker.env), Some(&*worker.tenant), deployment, revision];
        Self { sessions: wasm::scope(parts), flows: flows(config, packs), worker }
    }

    /// For whom the components of a pack run.
    pub(super) fn identity(&self, pack_id: &str) -> Identity {
        Identity { pack: pack_id.to_owned(), ..self.worker.clone() }
    }
}

fn flows(config: &HostConfig, packs: &[Arc<PackRuntime>]) -> Vec<(FlowName, String)> {
    let mut all = Vec::new();
    for pack in packs {
        let bound = config.pack_bindings.iter().find(|one| one.pack_id == pack.pack_id());
        for flow in pack.list_flows() {
            if bound.is_none_or(|bound| bound.flows.contains(&flow.id)) {
                let name = FlowName { pack_id: flow.pack_id, flow_id: flow.id };
                all.push((name, flow.flow_type));
            }
        }
    }
    all
}

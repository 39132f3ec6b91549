use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use greentic_deploy_spec::{EnvId, PackId, RevisionId, SemVer, TrustedKey};
use greentic_env_pack::{
    Health, ProbeError, ProbeReport, ProbedPack, ProviderHealth, RevisionProbe, RevisionToProbe,
};
use greentic_pack_format::SignatureStatus;
use greentic_runner_host::{
    HostError, PackRuntime, ProviderHealthAnswer, RevisionSource, Rollout, RunnerHost,
    TenantRuntime,
};
use serde_json::Value;

use crate::activation::{Loader, source};

/// What a provider says is cut to this many characters.
const LONGEST_DETAIL: usize = 300;

/// Loads a revision as a gateway would, and lets go of it.
///
/// With the runner of a gateway, what both load is compiled once.
#[derive(Clone, Debug)]
pub struct RunnerProbe {
    host: Arc<RunnerHost>,
    trust: Vec<TrustedKey>,
    patience: Duration,
}

impl RunnerProbe {
    /// A probe that loads with this host and waits at most two minutes.
    #[must_use]
    pub fn new(host: Arc<RunnerHost>) -> Self {
        Self { host, trust: Vec::new(), patience: Duration::from_secs(120) }
    }

    /// Checks signatures against these keys, so that the report tells whether they are trusted.
    #[must_use]
    pub fn trust(self, trust: Vec<TrustedKey>) -> Self {
        Self { trust, ..self }
    }

    /// Waits at most so long.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn loader(&self, env_id: EnvId, env_root: PathBuf) -> Loader {
        Loader {
            host: Arc::clone(&self.host),
            env_id,
            env_root,
            worker_limits: Default::default(),
            discovered: Arc::default(),
        }
    }

    async fn load(&self, asked: &RevisionToProbe) -> Result<Arc<TenantRuntime>, ProbeError> {
        let revision_id = asked.revision.revision_id;
        let source = self.source(asked).await?;
        let loader = self.loader(asked.env_id.clone(), asked.env_root.clone());
        let loaded = loader.prepare(&asked.tenant, source).await;
        loaded.map_err(|error| refused(revision_id, asked, error))
    }

    async fn source(&self, asked: &RevisionToProbe) -> Result<RevisionSource, ProbeError> {
        let revision = asked.revision.clone();
        let (root, trust) = (asked.env_root.clone(), self.trust.clone());
        let read = move || source(&root, &revision, &trust, &Default::default());
        let revision_id = asked.revision.revision_id;
        let wrong = |source| ProbeError::Revision { revision_id, source };
        let read = tokio::task::spawn_blocking(read).await.map_err(|error| wrong(error.into()))?;
        let mut source = read.map_err(|error| wrong(error.into()))?;
        source.rollout = Some(Rollout {
            deployment_id: asked.revision.deployment_id,
            bundle_id: asked.revision.bundle_id.clone(),
            revision_id,
            customer_id: None,
        });
        Ok(source)
    }
}

#[async_trait]
impl RevisionProbe for RunnerProbe {
    async fn probe(&self, asked: &RevisionToProbe) -> Result<ProbeReport, ProbeError> {
        let probed = async {
            let runtime = self.load(asked).await?;
            first_flow_begins(&runtime)?;
            let answers = runtime.provider_health().await;
            report(&runtime, answers, asked.revision.revision_id)
        };
        let late = |_| ProbeError::TimedOut {
            revision_id: asked.revision.revision_id,
            limit: self.patience,
        };
        tokio::time::timeout(self.patience, probed).await.map_err(late)?
    }
}

/// Names the pack when only one can be meant.
fn refused(revision_id: RevisionId, asked: &RevisionToProbe, error: HostError) -> ProbeError {
    let source = error.into();
    match asked.revision.pack_list.as_slice() {
        [only] => ProbeError::Pack { pack_id: only.pack_id.clone(), source },
        _ => ProbeError::Revision { revision_id, source },
    }
}

/// The flow that every message begins with has no node to begin at.
#[derive(Debug, thiserror::Error)]
#[error("flow `{flow_id}`, which answers messages, has no node to begin at; give it one")]
struct NoStart {
    flow_id: String,
}

/// Fails when no message could be answered. Flows that are only reached by their name may be empty:
/// there are packs that work and have such.
fn first_flow_begins(runtime: &TenantRuntime) -> Result<(), ProbeError> {
    let flows = runtime
        .all_packs()
        .iter()
        .flat_map(|pack| pack.list_flows().into_iter().map(move |flow| (pack, flow)));
    let Some((pack, first)) = flows.into_iter().next() else { return Ok(()) };
    match pack.load_flow(&first.id).and_then(|flow| flow.start()) {
        Some(_) => Ok(()),
        None => Err(ProbeError::Pack {
            pack_id: PackId::from(pack.pack_id()),
            source: Box::new(NoStart { flow_id: first.id }),
        }),
    }
}

fn report(
    runtime: &TenantRuntime,
    answers: Vec<ProviderHealthAnswer>,
    revision_id: RevisionId,
) -> Result<ProbeReport, ProbeError> {
    let mut packs = Vec::new();
    for pack in runtime.all_packs() {
        packs.push(probed(pack, revision_id)?);
    }
    for answer in answers {
        let pack_id = PackId::from(answer.pack_id.as_str());
        let health = health(&pack_id, &answer)?;
        let provider = ProviderHealth {
            provider_type: answer.provider_type,
            component: answer.component,
            health,
        };
        if let Some(pack) = packs.iter_mut().find(|pack| pack.pack_id == pack_id) {
            pack.providers.push(provider);
        }
    }
    Ok(ProbeReport { packs })
}

fn probed(pack: &PackRuntime, revision_id: RevisionId) -> Result<ProbedPack, ProbeError> {
    let version = pack.metadata().version.parse::<SemVer>();
    let wrong = |error| ProbeError::Revision { revision_id, source: Box::new(error) };
    Ok(ProbedPack {
        pack_id: PackId::from(pack.pack_id()),
        version: version.map_err(wrong)?,
        components: pack.component_count(),
        flows: pack.list_flows().len(),
        providers: Vec::new(),
        signature: signature(&pack.verification().signature),
    })
}

fn signature(status: &SignatureStatus) -> String {
    match status {
        SignatureStatus::Unchecked => "not checked".to_owned(),
        SignatureStatus::Trusted { key_ids } => format!("signed by {}", key_ids.join(", ")),
        SignatureStatus::Unsigned => "not signed".to_owned(),
        SignatureStatus::NotTrusted { key_ids } => {
            format!("signed by {}, which is not trusted", key_ids.join(", "))
        }
        SignatureStatus::Wrong { key_id } => format!("not the signature of {key_id}"),
        SignatureStatus::OfAnotherList => "the signature of another list of files".to_owned(),
        SignatureStatus::Malformed { detail } => format!("no signature: {detail}"),
        _ => "not known here".to_owned(),
    }
}

fn health(pack_id: &PackId, answer: &ProviderHealthAnswer) -> Result<Health, ProbeError> {
    let failed = |source| ProbeError::Component {
        pack_id: pack_id.clone(),
        component: answer.component.clone(),
        operation: "tell its health",
        source,
    };
    match &answer.said {
        Ok(Some(said)) => Ok(understood(said)),
        Ok(None) => Err(failed("the pack does not have it".into())),
        Err(error) => Err(failed(error.clone().into())),
    }
}

/// `{"status": "healthy"}` and the like are healthy; whatever says otherwise is not.
fn understood(said: &Value) -> Health {
    let status = said.get("status").or_else(|| said.get("ok")).unwrap_or(said);
    let is_well = match status {
        Value::Bool(well) => *well,
        Value::String(text) => {
            ["healthy", "ok", "ready", "up"].contains(&text.to_ascii_lowercase().as_str())
        }
        // Whoever says nothing does not complain.
        Value::Null => true,
        _ => false,
    };
    if is_well {
        Health::Healthy
    } else {
        Health::Unhealthy { detail: said.to_string().chars().take(LONGEST_DETAIL).collect() }
    }
}

use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use greentic_deploy_spec::{EnvId, PackConfig, Revision, RuntimeRef, TrustedKey, with_causes};
use greentic_env_pack::PortError;
use greentic_pack_format::revision::{RevisionFolder, RevisionFolderError, StagedPack};
use greentic_pack_format::{Limits as PackLimits, Pack, PackError};
use greentic_runner_host::config::HostLimits;
use greentic_runner_host::wasm::RuntimeRefResolver;
use greentic_runner_host::{
    HostConfig, HostError, PackSource, RevisionSource, Rollout, RunnerHost, TenantRuntime,
};
use serde_json::Value;

use super::wanted::{Wanted, WantedDeployment, WantedRevision};
use crate::serving::Loaded;

/// Configuration values by pack and key.
type Overrides = BTreeMap<String, BTreeMap<String, Value>>;

/// Loads revisions from the folder of their environment.
#[derive(Clone, Debug)]
pub(crate) struct Loader {
    pub(crate) host: Arc<RunnerHost>,
    pub(crate) env_id: EnvId,
    pub(crate) env_root: PathBuf,
    pub(crate) worker_limits: HostLimits,
    pub(crate) discovered: Arc<Discovered>,
}

/// Why a revision could not be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadFailure {
    /// A stable name of the reason.
    pub(crate) code: &'static str,
    /// The whole reason, with paths: for those who run the gateway.
    pub(crate) detail: String,
}

/// Why what a revision is made of cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    #[error(transparent)]
    Folder(Box<RevisionFolderError>),
    #[error("pack `{pack_id}` cannot be read")]
    Pack {
        pack_id: String,
        #[source]
        source: Box<PackError>,
    },
}

impl SourceError {
    fn code(&self) -> &'static str {
        match self {
            Self::Folder(error) => error.code(),
            Self::Pack { source, .. } => source.code(),
        }
    }
}

impl LoadFailure {
    pub(crate) fn new(code: &'static str, error: &(dyn Error + 'static)) -> Self {
        Self { code, detail: with_causes(error) }
    }

    /// What everybody may know.
    pub(crate) fn message(&self) -> String {
        format!("the revision cannot be loaded ({}); its operators are told why", self.code)
    }
}

impl Loader {
    /// Loads a revision beside what serves.
    pub(crate) async fn load(
        &self,
        wanted: WantedRevision,
        deployment: &WantedDeployment,
        trust: Vec<TrustedKey>,
    ) -> Result<Arc<Loaded>, LoadFailure> {
        let root = self.env_root.clone();
        let revision = wanted.revision.clone();
        let overrides = deployment.deployment.config_overrides.clone();
        let read = move || source(&root, &revision, &trust, &overrides);
        let read = tokio::task::spawn_blocking(read).await;
        let cut_off =
            LoadFailure { code: "interrupted", detail: "reading it was cut off".to_owned() };
        let mut source =
            read.map_err(|_| cut_off)?.map_err(|error| LoadFailure::new(error.code(), &error))?;
        source.rollout = Some(Rollout {
            deployment_id: deployment.deployment.deployment_id,
            bundle_id: deployment.deployment.bundle_id.clone(),
            revision_id: wanted.revision.revision_id,
            customer_id: Some(deployment.deployment.customer_id.clone()),
        });
        let runtime = self.prepare(deployment.tenant(), source).await;
        let runtime = runtime.map_err(|error| LoadFailure::new(error.code(), &error))?;
        Ok(Arc::new(Loaded::new(wanted.key, runtime)))
    }

    /// Makes packs ready for a tenant, without letting them serve.
    pub(crate) async fn prepare(
        &self,
        tenant: &str,
        mut source: RevisionSource,
    ) -> Result<Arc<TenantRuntime>, HostError> {
        let limits = self.worker_limits.clone();
        let config = HostConfig { limits, ..HostConfig::new(self.env_id.as_str(), tenant) };
        self.host.configure(config);
        source.resolver = Some(Arc::clone(&self.discovered) as Arc<dyn RuntimeRefResolver>);
        self.host.prepare(tenant, source).await
    }

    /// Lets references stand for what is known now.
    pub(crate) fn follow(&self, wanted: &Wanted) {
        self.discovered.0.store(Arc::clone(&wanted.discovered));
    }
}

/// What a revision is made of, as it was staged. Blocks.
pub(crate) fn source(
    env_root: &Path,
    revision: &Revision,
    trust: &[TrustedKey],
    overrides: &Overrides,
) -> Result<RevisionSource, SourceError> {
    let opened = RevisionFolder::open(env_root, revision, &PackLimits::default());
    let folder = opened
        .and_then(|folder| folder.verify_configs().map(|()| folder))
        .map_err(|error| SourceError::Folder(Box::new(error)))?;
    let packs = folder.packs().iter().map(|pack| PackSource {
        digest: Some(pack.digest.clone()),
        trust: trust.to_vec(),
        ..PackSource::new(&pack.path)
    });
    let mut source = RevisionSource::new(None, packs.collect());
    for pack in folder.packs() {
        configure(&mut source, pack, folder.configs(), overrides)?;
    }
    Ok(source)
}

/// Adds the configuration of a pack. Bundles name it by the pack's file or by the pack's own id;
/// the runtime knows the latter.
pub(super) fn configure(
    source: &mut RevisionSource,
    pack: &StagedPack,
    configs: &BTreeMap<String, PackConfig>,
    overrides: &Overrides,
) -> Result<(), SourceError> {
    if configs.is_empty() && overrides.is_empty() {
        return Ok(());
    }
    let wrong =
        |error| SourceError::Pack { pack_id: pack.pack_id.clone(), source: Box::new(error) };
    let opened = Pack::open(&pack.path, &PackLimits::default()).map_err(wrong)?;
    let names = [opened.manifest().pack_id.as_str(), pack.pack_id.as_str()];
    let config = names.iter().find_map(|name| configs.get(*name));
    let mut values = config.map(|config| config.non_secret.clone()).unwrap_or_default();
    // The pack's own id last, so that it wins.
    for name in names.iter().rev() {
        values.extend(overrides.get(*name).cloned().unwrap_or_default());
    }
    let references = config.map(|config| &config.runtime_refs).into_iter().flatten();
    let references: BTreeMap<String, String> =
        references.map(|(key, reference)| (key.clone(), reference.to_string())).collect();
    let id = names[0].to_owned();
    if !references.is_empty() {
        source.runtime_refs.insert(id.clone(), Arc::new(references));
    }
    if !values.is_empty() {
        source.runtime_configs.insert(id, Arc::new(values));
    }
    Ok(())
}

/// What deployers discovered, as it is now.
#[derive(Debug, Default)]
pub(crate) struct Discovered(ArcSwap<BTreeMap<String, Value>>);

impl RuntimeRefResolver for Discovered {
    fn resolve(&self, reference: &RuntimeRef) -> Result<Option<Value>, PortError> {
        let text = reference.to_string();
        let key = text.split_once("/discovered/").map(|(_, key)| key);
        Ok(key.and_then(|key| self.0.load().get(key).cloned()))
    }
}

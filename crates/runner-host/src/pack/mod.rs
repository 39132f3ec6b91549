//! A pack that is ready to run.

mod error;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};
use std::path::PathBuf;
use std::sync::Arc;

use greentic_deploy_spec::TrustedKey;
use greentic_pack_format::{
    ComponentManifest, Digest, Flow, Limits, Pack, PackFlow, ProviderDeclaration,
    SecretRequirement, VerificationReport, VerifyPolicy,
};

pub use error::PackLoadError;

use crate::config::HostConfig;
use crate::wasm::{Component, Grants, SecretGrant, StateGrant, WasmEngine};

/// Where a pack is, and what has to hold of it.
#[derive(Clone, Debug)]
pub struct PackSource {
    /// A `.gtpack` file, or the folder form of one.
    pub path: PathBuf,
    /// The digest that the file must have, `sha256:<hex>`; none when any will do.
    pub digest: Option<String>,
    /// What is checked.
    pub verify: VerifyPolicy,
    /// The keys that signatures are checked against.
    pub trust: Vec<TrustedKey>,
}

impl PackSource {
    /// A pack that is taken as it is, with a warning about what does not hold.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let verify = VerifyPolicy::default();
        Self { path: path.into(), digest: None, verify, trust: Vec::new() }
    }
}

/// A pack that is ready to run: its components are compiled and linked, its flows read.
pub struct PackRuntime {
    metadata: PackMetadata,
    digest: Option<String>,
    flows: Vec<PackFlow>,
    components: BTreeMap<String, PackComponent>,
    providers: Vec<ProviderDeclaration>,
    /// Everything but components: what flows and hosts read.
    files: BTreeMap<String, Arc<[u8]>>,
    report: VerificationReport,
}

/// What a pack says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct PackMetadata {
    /// Its id.
    pub pack_id: String,
    /// Its version.
    pub version: String,
    /// Its flows; the first one answers when none is named.
    pub entry_flows: Vec<String>,
    /// The secrets that it needs.
    pub secret_requirements: Vec<SecretRequirement>,
}

/// What a pack says about a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowDescriptor {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub flow_type: String,
    /// The pack.
    pub pack_id: String,
    /// The pack's version.
    pub version: String,
    /// What it does.
    pub description: Option<String>,
}

/// A component and what it may use.
#[derive(Clone)]
pub(crate) struct PackComponent {
    pub(crate) component: Component,
    pub(crate) grants: Grants,
}

impl Debug for PackRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackRuntime").field("metadata", &self.metadata).finish_non_exhaustive()
    }
}

impl PackRuntime {
    /// Reads a pack, checks it, and makes its components ready. Blocks: compiling takes a while the
    /// first time.
    ///
    /// # Errors
    /// [`PackLoadError`].
    pub fn load(
        source: &PackSource,
        engine: &Arc<WasmEngine>,
        config: &HostConfig,
    ) -> Result<Self, PackLoadError> {
        let wrong = |error| PackLoadError::pack(&source.path, error);
        let pack = open(source)?;
        let report = pack.verify(source.verify, &source.trust).map_err(wrong)?;
        let flows = pack.flows().map_err(wrong)?;
        warn_of(&pack.manifest().pack_id, &pack.flow_problems().map_err(wrong)?);
        let manifest = pack.manifest();
        let metadata = PackMetadata {
            pack_id: manifest.pack_id.clone(),
            version: manifest.version.to_string(),
            entry_flows: flows.iter().map(|flow| flow.id.clone()).collect(),
            secret_requirements: manifest.secret_requirements.clone(),
        };
        Ok(Self {
            components: load_components(&pack, engine, config)?,
            providers: pack.providers().map_err(wrong)?.providers,
            digest: pack.digest().map(ToString::to_string),
            files: files(&pack),
            metadata,
            flows,
            report,
        })
    }

    /// What the pack says about itself.
    #[must_use]
    pub fn metadata(&self) -> &PackMetadata {
        &self.metadata
    }

    /// Its id.
    #[must_use]
    pub fn pack_id(&self) -> &str {
        &self.metadata.pack_id
    }

    /// The digest of its file; none for the folder form.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What was found when it was checked.
    #[must_use]
    pub fn verification(&self) -> &VerificationReport {
        &self.report
    }

    /// Its flows, in its order.
    #[must_use]
    pub fn list_flows(&self) -> Vec<FlowDescriptor> {
        let describe = |flow: &PackFlow| FlowDescriptor {
            id: flow.id.clone(),
            flow_type: flow.kind.clone(),
            pack_id: self.metadata.pack_id.clone(),
            version: self.metadata.version.clone(),
            description: flow.flow.metadata.description.clone(),
        };
        self.flows.iter().map(describe).collect()
    }

    pub(crate) fn flows(&self) -> impl Iterator<Item = &Flow> {
        self.flows.iter().map(|flow| &flow.flow)
    }

    /// A flow.
    #[must_use]
    pub fn load_flow(&self, flow_id: &str) -> Option<&Flow> {
        self.flows.iter().find(|flow| flow.id == flow_id).map(|flow| &flow.flow)
    }

    /// Whether it has a component.
    #[must_use]
    pub fn contains_component(&self, component_id: &str) -> bool {
        self.components.contains_key(component_id)
    }

    /// How many components it has.
    #[must_use]
    pub fn component_count(&self) -> usize {
        self.components.len()
    }

    /// An asset, by its name below `assets/`, with or without that prefix.
    #[must_use]
    pub fn read_asset(&self, name: &str) -> Option<&Arc<[u8]>> {
        let below = name.strip_prefix(ASSETS).unwrap_or(name);
        self.files.get(&format!("{ASSETS}{below}"))
    }

    /// The providers that it declares.
    #[must_use]
    pub fn providers(&self) -> &[ProviderDeclaration] {
        &self.providers
    }

    /// The secrets that it needs.
    #[must_use]
    pub fn required_secrets(&self) -> &[SecretRequirement] {
        &self.metadata.secret_requirements
    }

    pub(crate) fn component(&self, component_id: &str) -> Option<&PackComponent> {
        self.components.get(component_id)
    }
}

/// Problems that one load tells.
const MAX_TOLD: usize = 20;

/// Tells what will fail when a message comes to it. It is no error: another flow of the pack may answer all of them.
fn warn_of(pack_id: &str, problems: &[String]) {
    for problem in problems.iter().take(MAX_TOLD) {
        tracing::warn!(pack_id, problem, "a flow of the pack cannot work");
    }
}

const ASSETS: &str = "assets/";

fn open(source: &PackSource) -> Result<Pack, PackLoadError> {
    let limits = Limits::default();
    let wrong = |error| PackLoadError::pack(&source.path, error);
    match &source.digest {
        None => Pack::open(&source.path, &limits).map_err(wrong),
        Some(digest) => {
            let pinned: Digest = digest
                .parse()
                .map_err(|problem| PackLoadError::Digest { path: source.path.clone(), problem })?;
            Pack::open_pinned(&source.path, &pinned, &limits).map_err(wrong)
        }
    }
}

fn load_components(
    pack: &Pack,
    engine: &Arc<WasmEngine>,
    config: &HostConfig,
) -> Result<BTreeMap<String, PackComponent>, PackLoadError> {
    let pack_id = &pack.manifest().pack_id;
    let mut components = BTreeMap::new();
    for id in pack.component_ids() {
        let bytes = pack.component(id).ok_or_else(|| PackLoadError::NoComponent {
            pack_id: pack_id.clone(),
            component: id.to_owned(),
        })?;
        let component = engine.load(bytes).map_err(|source| PackLoadError::Component {
            pack_id: pack_id.clone(),
            component: id.to_owned(),
            source,
        })?;
        let grants = grants(pack.component_manifest(id), config);
        components.insert(id.to_owned(), PackComponent { component, grants });
    }
    Ok(components)
}

/// What a component may use: what its pack asks for, as far as the tenant's configuration allows it.
fn grants(manifest: Option<&ComponentManifest>, config: &HostConfig) -> Grants {
    let Some(asked) = manifest.map(|manifest| &manifest.capabilities) else {
        return Grants::default();
    };
    let state = match (config.state_store_policy.allow, asked.reads_state(), asked.writes_state()) {
        (false, ..) | (true, false, false) => StateGrant::Nothing,
        (true, true, false) => StateGrant::Read,
        (true, _, true) => StateGrant::ReadWrite,
    };
    Grants {
        http: config.http_enabled && asked.host("http").is_some(),
        secrets: if asked.host("secrets").is_some() {
            config.secrets_policy.grant()
        } else {
            SecretGrant::Nothing
        },
        state,
        telemetry: true,
        ..Grants::default()
    }
}

/// The files that are kept once the components are compiled.
fn files(pack: &Pack) -> BTreeMap<String, Arc<[u8]>> {
    let components: BTreeSet<*const u8> =
        pack.component_ids().filter_map(|id| pack.component(id)).map(|c| c.as_ptr()).collect();
    let kept = pack.files().filter(|(_, bytes)| !components.contains(&bytes.as_ptr()));
    kept.map(|(name, bytes)| (name.to_owned(), Arc::clone(bytes))).collect()
}

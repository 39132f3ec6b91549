use std::path::PathBuf;

use clap::Args;
use greentic_pack_format::{Limits, Pack, PackKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::CliError;
use crate::output::{Answer, Name, Report, View};
use crate::session::Session;
use crate::verbs::summaries::word;
use crate::verbs::{Run, files};

/// Show what is in a pack: its flows, components, providers and what it asks for.
#[derive(Args, Debug, Deserialize, Serialize, JsonSchema)]
#[command(after_help = "Example:\n  gtc pack inspect hello.gtpack")]
pub(crate) struct Inspect {
    /// A `.gtpack` file, or a folder with the same content.
    #[arg(value_name = "PACK")]
    pack: Option<PathBuf>,
}

/// What is in a pack.
#[derive(Debug, Serialize)]
pub(crate) struct PackSummary {
    pub(crate) pack_id: String,
    pub(crate) version: String,
    name: Option<String>,
    kind: PackKind,
    publisher: String,
    digest: Option<String>,
    flows: Vec<FlowSummary>,
    components: Vec<ComponentSummary>,
    providers: Vec<ProviderSummary>,
    secrets: Vec<String>,
    assets: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FlowSummary {
    id: String,
    kind: String,
    nodes: usize,
}

#[derive(Debug, Serialize)]
struct ComponentSummary {
    id: String,
    version: String,
    world: String,
    bytes: Option<usize>,
    asks_for: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ProviderSummary {
    provider_type: String,
    component: String,
}

impl Run for Inspect {
    const NAME: Name = Name { noun: "pack", op: "inspect" };

    fn run(self, _: &Session) -> Result<Answer, CliError> {
        let path = files::given(self.pack, "the pack", "gtc pack inspect PACK")?;
        let wrong = || CliError::pack(path.clone());
        let pack = Pack::open(&path, &Limits::default()).map_err(wrong())?;
        Answer::of(&PackSummary::of(&pack).map_err(wrong())?)
    }
}

impl PackSummary {
    /// What is in a pack.
    pub(crate) fn of(pack: &Pack) -> Result<Self, greentic_pack_format::PackError> {
        let manifest = pack.manifest();
        let components = manifest.components.iter().map(|component| {
            let capabilities = &component.capabilities;
            let asked = capabilities.host.keys().chain(capabilities.wasi.keys());
            ComponentSummary {
                id: component.id.clone(),
                version: component.version.clone(),
                world: component.world.clone(),
                bytes: pack.component(&component.id).map(|bytes| bytes.len()),
                asks_for: asked.filter(|name| capabilities.host(name).is_some()).cloned().collect(),
            }
        });
        let providers = pack.providers()?.providers.into_iter().map(|provider| ProviderSummary {
            provider_type: provider.provider_type,
            component: provider.runtime.component_ref,
        });
        let flows = pack.flows()?.into_iter().map(|flow| FlowSummary {
            id: flow.id,
            kind: flow.kind,
            nodes: flow.flow.nodes.len(),
        });
        Ok(Self {
            pack_id: manifest.pack_id.clone(),
            version: manifest.version.to_string(),
            name: manifest.name.clone(),
            kind: manifest.kind,
            publisher: manifest.publisher.clone(),
            digest: pack.digest().map(ToString::to_string),
            flows: flows.collect(),
            components: components.collect(),
            providers: providers.collect(),
            secrets: manifest.secret_requirements.iter().map(|secret| secret.key.clone()).collect(),
            assets: pack.assets().map(|(name, _)| name.to_owned()).collect(),
        })
    }

    /// How much is in it, in words.
    pub(crate) fn counted(&self) -> String {
        let count = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        let (flows, components) =
            (count(self.flows.len(), "flow"), count(self.components.len(), "component"));
        format!("{flows}, {components}")
    }
}

impl Report for PackSummary {
    fn view(&self) -> View {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let flows = self
            .flows
            .iter()
            .map(|flow| vec![flow.id.clone(), flow.kind.clone(), flow.nodes.to_string()]);
        let components = self.components.iter().map(|component| {
            vec![
                component.id.clone(),
                component.version.clone(),
                component.world.clone(),
                component.bytes.map_or_else(|| "elsewhere".to_owned(), |bytes| bytes.to_string()),
                component.asks_for.join(" "),
            ]
        });
        let providers = self
            .providers
            .iter()
            .map(|provider| vec![provider.provider_type.clone(), provider.component.clone()]);
        View::new()
            .fields([
                ("pack", Some(format!("{} {}", self.pack_id, self.version))),
                ("name", self.name.clone()),
                ("kind", Some(word(&self.kind))),
                ("publisher", some(&self.publisher)),
                ("digest", self.digest.clone()),
                ("secrets", some(&self.secrets.join(", "))),
                ("assets", some(&self.assets.len().to_string())),
            ])
            .table(&["FLOW", "KIND", "NODES"], flows, "no flows")
            .table(
                &["COMPONENT", "VERSION", "WORLD", "BYTES", "ASKS FOR"],
                components,
                "no components",
            )
            .table(&["PROVIDER", "COMPONENT"], providers, "no providers")
    }
}

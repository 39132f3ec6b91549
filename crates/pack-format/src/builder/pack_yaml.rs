//! `pack.yaml`: what a folder says about the pack that it becomes.

use std::collections::BTreeMap;

use semver::Version;
use serde::Deserialize;
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::flow::yaml;
use crate::flow::{FlowError, FlowProblem};
use crate::limits::Limits;
use crate::manifest::{
    ComponentCapabilities, ComponentManifest, ComponentOperation, ComponentProfiles,
    ComponentResources, PackDependency, PackKind, ProviderDeclaration, SecretRequirement,
    is_plain_id,
};

pub(super) const NAME: &str = "pack.yaml";

/// The world of a component that does not say another.
const DEFAULT_WORLD: &str = "greentic:component/node@0.6.0";

/// The parts of the host that a component can ask for.
const HOST: &[&str] = &["events", "http", "iac", "messaging", "secrets", "state", "telemetry"];

/// The file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PackYaml {
    pack_id: Spanned<String>,
    version: Spanned<String>,
    #[serde(default = "application")]
    pub(super) kind: PackKind,
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) publisher: String,
    #[serde(default)]
    pub(super) components: Vec<ComponentYaml>,
    /// The flows' files in their order; all of `flows/`, sorted, when there is no list.
    pub(super) flows: Option<Vec<String>>,
    #[serde(default)]
    pub(super) dependencies: Vec<PackDependency>,
    #[serde(default)]
    pub(super) secrets: Vec<SecretRequirement>,
    #[serde(default)]
    pub(super) providers: Vec<ProviderDeclaration>,
    #[serde(default)]
    pub(super) extensions: BTreeMap<String, ExtensionYaml>,
}

fn application() -> PackKind {
    PackKind::Application
}

/// A component.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentYaml {
    id: Spanned<String>,
    file: Option<String>,
    version: Option<String>,
    world: Option<String>,
    supports: Option<Vec<String>>,
    #[serde(default)]
    operations: Vec<OperationYaml>,
    #[serde(default)]
    capabilities: CapabilitiesYaml,
    #[serde(default)]
    config_schema: Value,
    #[serde(default)]
    resources: ComponentResources,
}

/// An operation: its name alone, or with schemas.
#[derive(Deserialize)]
#[serde(untagged)]
enum OperationYaml {
    Name(String),
    Whole(ComponentOperation),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapabilitiesYaml {
    #[serde(default)]
    wasi: serde_json::Map<String, Value>,
    #[serde(default)]
    host: serde_json::Map<String, Value>,
}

/// An extension.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExtensionYaml {
    pub(super) kind: Option<String>,
    pub(super) version: Option<String>,
    pub(super) inline: Value,
}

impl PackYaml {
    pub(super) fn parse(text: &str, limits: &Limits) -> Result<Self, FlowError> {
        yaml::parse_typed(NAME, text, limits)
    }

    pub(super) fn pack_id(&self) -> Result<String, FlowError> {
        id(&self.pack_id, "the id of a pack")
    }

    pub(super) fn version(&self) -> Result<Version, FlowError> {
        Version::parse(&self.version.value).map_err(|_| {
            let found = self.version.value.clone();
            let key = "version".to_owned();
            let expected = &["three numbers such as 1.0.0"];
            fault(&self.version, FlowProblem::Choice { key, found, expected })
        })
    }
}

impl ComponentYaml {
    pub(super) fn id(&self) -> Result<String, FlowError> {
        id(&self.id, "the id of a component")
    }

    /// Its file: the one that is named, else the one that is called like it.
    pub(super) fn file(&self) -> String {
        self.file.clone().unwrap_or_else(|| crate::pack::usual_place(&self.id.value))
    }

    pub(super) fn into_manifest(self, version: &Version) -> Result<ComponentManifest, FlowError> {
        for name in self.capabilities.host.keys() {
            if !HOST.contains(&name.as_str()) {
                let key = name.clone();
                let parent = "component's `capabilities.host`";
                let problem = FlowProblem::UnknownKey { key, parent, expected: HOST };
                return Err(fault(&self.id, problem));
            }
        }
        Ok(ComponentManifest {
            id: self.id()?,
            version: self.version.unwrap_or_else(|| version.to_string()),
            supports: self.supports.unwrap_or_else(|| vec!["messaging".to_owned()]),
            world: self.world.unwrap_or_else(|| DEFAULT_WORLD.to_owned()),
            profiles: ComponentProfiles {
                default: Some("stateless".to_owned()),
                supported: vec!["stateless".to_owned()],
            },
            capabilities: self.capabilities.into_capabilities(),
            configurators: Value::Null,
            operations: self.operations.into_iter().map(OperationYaml::into_operation).collect(),
            config_schema: self.config_schema,
            resources: self.resources,
            dev_flows: BTreeMap::new(),
        })
    }
}

impl CapabilitiesYaml {
    /// Says of each switch whether it is on: other readers miss those that are not said.
    fn into_capabilities(self) -> ComponentCapabilities {
        let (mut wasi, mut host) = (self.wasi, self.host);
        switch(&mut wasi, &["random", "clocks"]);
        for (name, switches) in [("state", ["read", "write"]), ("http", ["client", "server"])] {
            if let Some(Value::Object(map)) = host.get_mut(name) {
                switch(map, &switches);
            }
        }
        ComponentCapabilities { wasi, host }
    }
}

fn switch(map: &mut serde_json::Map<String, Value>, names: &[&str]) {
    for name in names {
        map.entry(*name).or_insert(Value::Bool(false));
    }
}

impl OperationYaml {
    fn into_operation(self) -> ComponentOperation {
        let anything = || serde_json::json!({});
        match self {
            Self::Name(name) => {
                ComponentOperation { name, input_schema: anything(), output_schema: anything() }
            }
            Self::Whole(operation) => operation,
        }
    }
}

fn id(text: &Spanned<String>, what: &'static str) -> Result<String, FlowError> {
    if is_plain_id(&text.value) {
        return Ok(text.value.clone());
    }
    let expected = "use letters, digits, `.`, `_` and `-`";
    Err(fault(text, FlowProblem::Id { id: text.value.clone(), what, expected }))
}

fn fault(at: &Spanned<String>, problem: FlowProblem) -> FlowError {
    FlowError { file: NAME.to_owned(), place: at.referenced.into(), problem }
}

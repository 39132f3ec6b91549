use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{PackManifest, field, typed};
use crate::error::DocumentProblem;

/// The extension that declares providers.
pub const PROVIDER_EXTENSION: &str = "greentic.provider-extension.v1";

const COMPONENT_SOURCES: &str = "greentic.pack.component_sources@v1";

/// An extension of a manifest. Those that are not known here keep everything in `inline`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    /// Its kind, most often the id again.
    #[serde(default)]
    pub kind: String,
    /// Its version.
    #[serde(default)]
    pub version: String,
    /// A digest of what `location` has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Where it is when it is not inline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Its content.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub inline: Value,
}

/// The providers that a pack declares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProviderExtension {
    /// The declarations, in the pack's order.
    #[serde(default)]
    pub providers: Vec<ProviderDeclaration>,
}

/// One provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProviderDeclaration {
    /// The provider's own id, unique in the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<String>,
    /// What it is a provider of, such as `messaging.telegram.bot`; unique in the pack.
    pub provider_type: String,
    /// What it can be used for.
    #[serde(default)]
    pub capabilities: Vec<String>,
    /// The operations that may be called.
    #[serde(default)]
    pub ops: Vec<String>,
    /// The file with the JSON schema of its configuration.
    pub config_schema_ref: String,
    /// The file with the JSON schema of its state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_schema_ref: Option<String>,
    /// What runs it.
    pub runtime: ProviderRuntime,
    /// Where it is described.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub docs_ref: Option<String>,
}

/// What runs a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderRuntime {
    /// The component's id.
    pub component_ref: String,
    /// The interface that it exports.
    pub export: String,
    /// The WIT world that it implements.
    pub world: String,
}

/// Where a pack's components come from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentSources {
    /// The sources, in the pack's order.
    #[serde(default)]
    pub components: Vec<ComponentSource>,
}

/// Where one component comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComponentSource {
    /// The component's name.
    pub name: String,
    /// Its id, when that is another.
    #[serde(default)]
    pub component_id: Option<String>,
    /// Its address (`oci://`, `repo://`, `store://`, `file://`).
    #[serde(default)]
    pub source: Value,
    /// What the address stood for when the pack was built.
    #[serde(default)]
    pub resolved: Value,
    /// Where its bytes are.
    #[serde(default)]
    pub artifact: Value,
}

/// Where the bytes of a component are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceArtifact<'a> {
    /// In the pack.
    Inline {
        /// The file.
        wasm_path: &'a str,
    },
    /// Elsewhere.
    Remote,
}

impl ComponentSource {
    /// The id under which nodes name the component.
    #[must_use]
    pub fn id(&self) -> &str {
        self.component_id.as_deref().unwrap_or(&self.name)
    }

    /// Where its bytes are.
    #[must_use]
    pub fn artifact(&self) -> SourceArtifact<'_> {
        // Encoders differ in how they tag the two forms; only the inline one has a path.
        let places = ["/wasm_path", "/Inline/wasm_path", "/inline/wasm_path"];
        let path = places.iter().find_map(|place| self.artifact.pointer(place)?.as_str());
        path.map_or(SourceArtifact::Remote, |wasm_path| SourceArtifact::Inline { wasm_path })
    }

    /// The digest of its bytes, `sha256:<hex>`, when the pack says it.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.resolved.get("digest")?.as_str()
    }
}

impl PackManifest {
    /// The providers that the pack declares; none when it has no such extension.
    ///
    /// # Errors
    /// [`DocumentProblem`] when the extension is not as its format asks.
    pub fn providers(&self) -> Result<ProviderExtension, DocumentProblem> {
        let extension: ProviderExtension = self.inline(PROVIDER_EXTENSION)?.unwrap_or_default();
        extension.check()?;
        Ok(extension)
    }

    /// Where the components come from; none when the pack does not say.
    ///
    /// # Errors
    /// [`DocumentProblem`] when the extension is not as its format asks.
    pub fn component_sources(&self) -> Result<ComponentSources, DocumentProblem> {
        Ok(self.inline(COMPONENT_SOURCES)?.unwrap_or_default())
    }

    fn inline<T: serde::de::DeserializeOwned>(
        &self,
        id: &str,
    ) -> Result<Option<T>, DocumentProblem> {
        let Some(extension) = self.extensions.get(id) else { return Ok(None) };
        if extension.inline.is_null() {
            let detail = "it is not inline; only inline extensions are read";
            return Err(field(format!("extensions.{id}"), detail));
        }
        typed(extension.inline.clone()).map(Some).map_err(|problem| problem.below(id))
    }
}

impl ProviderExtension {
    /// Checks what the format asks beyond its shape.
    pub(crate) fn check(&self) -> Result<(), DocumentProblem> {
        let mut types = std::collections::HashSet::new();
        let mut ids = std::collections::HashSet::new();
        for (at, provider) in self.providers.iter().enumerate() {
            let place =
                |name: &str| format!("extensions.{PROVIDER_EXTENSION}.providers[{at}].{name}");
            let runtime = &provider.runtime;
            let texts = [
                ("provider_type", &provider.provider_type),
                ("runtime.component_ref", &runtime.component_ref),
                ("runtime.export", &runtime.export),
                ("runtime.world", &runtime.world),
            ];
            if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
                return Err(field(place(name), "it is empty"));
            }
            let twice = |name: &str, id: &str| {
                Err(DocumentProblem::Duplicate { path: place(name), id: id.to_owned() })
            };
            if !types.insert(provider.provider_type.as_str()) {
                return twice("provider_type", &provider.provider_type);
            }
            let Some(id) = provider.provider_id.as_deref() else { continue };
            let is_type_of_other = self
                .providers
                .iter()
                .enumerate()
                .any(|(other, one)| other != at && one.provider_type == id);
            if id.is_empty() || is_type_of_other || !ids.insert(id) {
                return twice("provider_id", id);
            }
        }
        Ok(())
    }
}

impl DocumentProblem {
    /// Says the extension that a problem is in.
    pub(super) fn below(self, extension: &str) -> Self {
        match self {
            Self::Field { path, detail } => {
                Self::Field { path: format!("extensions.{extension}.{path}"), detail }
            }
            other => other,
        }
    }
}

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use greentic_deploy_spec::sha256_hex;
use serde_json::{Value, json};

use super::error::BuildError;
use super::pack_yaml::{self, ComponentYaml, ExtensionYaml, PackYaml};
use super::write_whole;
use crate::archive::{self, Files};
use crate::cbor;
use crate::digest::Digest;
use crate::error::{DocumentProblem, PackError};
use crate::flow::{FlowError, FlowProblem, Nameable, compile_with_places};
use crate::limits::Limits;
use crate::manifest::{
    ComponentManifest, Extension, PACK_SCHEMA_VERSION, PROVIDER_EXTENSION, PackFlow, PackKind,
    PackManifest, ProviderExtension, field, read_manifest, sort, write_manifest,
};
use crate::pack::{self, Pack};
use crate::verify::{self, LockedComponent, LockedOperation, PackSigner, SignatureOf};

const COMPONENT_MANIFESTS: &str = "greentic.pack.component_manifests@v1";

/// Builds a pack from a folder.
///
/// The folder has `pack.yaml`, flows in `flows/*.ygtc`, components in `components/*.wasm`, and files for the worker in
/// `assets/` and `schemas/`. Anything else in it stays out. The same folder gives the same bytes, on every machine.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use greentic_pack_format::{Limits, Pack, PackBuilder, VerifyPolicy};
///
/// let folder = tempfile::tempdir()?;
/// # std::fs::create_dir(folder.path().join("flows"))?;
/// std::fs::write(folder.path().join("pack.yaml"), "pack_id: ai.example.hello\nversion: 1.0.0\n")?;
/// std::fs::write(
///     folder.path().join("flows/main.ygtc"),
///     "id: main\ntype: messaging\nnodes:\n  greet:\n    emit.response: {text: Hello}\n",
/// )?;
/// let limits = Limits::default();
/// let bytes = PackBuilder::from_folder(folder.path(), &limits)?.build()?;
/// let pack = Pack::from_bytes(&bytes, &limits)?;
/// let report = pack.verify(VerifyPolicy::Warn, &[])?;
/// assert_eq!(report.problems(), ["it is not signed"]);
/// # Ok(())
/// # }
/// ```
pub struct PackBuilder {
    manifest: PackManifest,
    /// Everything but the list of files and its signature.
    files: Files,
    sbom: Vec<u8>,
    signatures: Vec<SignatureOf>,
}

impl PackBuilder {
    /// Reads a folder, compiles its flows and checks that everything that is named is there.
    ///
    /// # Errors
    /// [`BuildError`] with the file and, in `pack.yaml` and flows, line and column.
    pub fn from_folder(folder: impl AsRef<Path>, limits: &Limits) -> Result<Self, BuildError> {
        Source::read(folder.as_ref(), limits)?.into_builder()
    }

    /// What the pack will say about itself.
    #[must_use]
    pub fn manifest(&self) -> &PackManifest {
        &self.manifest
    }

    /// Signs the list of files. May be called once for each of several keys.
    ///
    /// # Errors
    /// [`BuildError::Signer`].
    pub fn sign(mut self, signer: &dyn PackSigner) -> Result<Self, BuildError> {
        self.signatures.push(verify::sign(&self.sbom, signer)?);
        Ok(self)
    }

    /// The bytes of the `.gtpack` file.
    ///
    /// # Errors
    /// [`BuildError::Pack`].
    pub fn build(&self) -> Result<Vec<u8>, BuildError> {
        let written = archive::write_zip(&self.all_files());
        Ok(written.map_err(PackError::io("write", "the pack"))?)
    }

    /// Writes the `.gtpack` file and gives its digest. The file is there whole or not at all.
    ///
    /// # Errors
    /// [`BuildError::Pack`].
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<Digest, BuildError> {
        let bytes = self.build()?;
        write_whole(path.as_ref(), &bytes)?;
        Ok(Digest::of(&bytes))
    }

    /// Writes the folder form into a folder that is empty or not there yet.
    ///
    /// # Errors
    /// [`BuildError::Pack`].
    pub fn write_folder(&self, folder: impl AsRef<Path>) -> Result<(), BuildError> {
        Ok(archive::write_folder(folder.as_ref(), &self.all_files())?)
    }

    fn all_files(&self) -> Files {
        let mut files = self.files.clone();
        files.insert(verify::SBOM_NAME.to_owned(), Arc::from(self.sbom.as_slice()));
        if !self.signatures.is_empty() {
            let envelope = verify::write_envelope(&self.sbom, &self.signatures);
            files.insert(verify::SIGNATURE_NAME.to_owned(), Arc::from(envelope));
        }
        files
    }
}

/// Without the bytes, which would fill the screen.
impl fmt::Debug for PackBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackBuilder")
            .field("pack_id", &self.manifest.pack_id)
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

/// The folder and what was read of it.
struct Source<'a> {
    folder: &'a Path,
    limits: &'a Limits,
    yaml: PackYaml,
    files: Files,
}

impl<'a> Source<'a> {
    fn read(folder: &'a Path, limits: &'a Limits) -> Result<Self, BuildError> {
        let path = folder.join(pack_yaml::NAME);
        if !path.is_file() {
            let hint = "write one with `pack_id` and `version`";
            return Err(BuildError::Missing { file: pack_yaml::NAME.to_owned(), hint });
        }
        let yaml = PackYaml::parse(&read_text(&path, pack_yaml::NAME, limits)?, limits)?;
        Ok(Self { folder, limits, yaml, files: Files::new() })
    }

    fn into_builder(mut self) -> Result<PackBuilder, BuildError> {
        let version = self.yaml.version()?;
        let mut components = Vec::new();
        let mut locked = BTreeMap::new();
        let mut sidecars = Vec::new();
        for source in std::mem::take(&mut self.yaml.components) {
            let digest = self.add_component(&source)?;
            let component = source.into_manifest(&version)?;
            if locked.contains_key(&component.id) {
                return Err(BuildError::Duplicate { what: "component", name: component.id });
            }
            let (path, sidecar) = sidecar(&component)?;
            sidecars.push(sidecar_entry(&component.id, &path, &sidecar));
            locked.insert(component.id.clone(), lock_entry(&component, &digest, &sidecar));
            self.files.insert(path, Arc::from(sidecar));
            components.push(component);
        }
        let flows = self.flows(&components)?;
        let answers = !flows.is_empty() || !self.yaml.providers.is_empty();
        if self.yaml.kind == PackKind::Application && !answers {
            let hint =
                "an application answers with flows; write one, or give `pack.yaml` another `kind`";
            return Err(BuildError::Missing { file: "flows/*.ygtc".to_owned(), hint });
        }
        for folder in ["assets", "schemas"] {
            self.add_folder(folder)?;
        }
        let manifest = PackManifest {
            schema_version: PACK_SCHEMA_VERSION.to_owned(),
            pack_id: self.yaml.pack_id()?,
            name: self.yaml.name.clone(),
            version,
            kind: self.yaml.kind,
            publisher: self.yaml.publisher.clone(),
            components,
            flows,
            dependencies: std::mem::take(&mut self.yaml.dependencies),
            capabilities: Vec::new(),
            secret_requirements: std::mem::take(&mut self.yaml.secrets),
            signatures: Value::Null,
            bootstrap: None,
            extensions: self.extensions(sidecars)?,
            agents: Value::Null,
        };
        self.finish(manifest, locked)
    }

    fn finish(
        mut self,
        manifest: PackManifest,
        locked: BTreeMap<String, LockedComponent>,
    ) -> Result<PackBuilder, BuildError> {
        let bytes = write_manifest(&manifest)?;
        // What does not read back is refused here rather than by whoever gets the pack.
        read_manifest(&bytes, self.limits)?;
        self.files.insert(pack::MANIFEST_NAME.to_owned(), Arc::from(bytes));
        self.files.insert(verify::LOCK_NAME.to_owned(), Arc::from(verify::write_lock(locked)?));
        Pack::from_files(self.files.clone(), None, self.limits)?.flows()?;
        check_providers(&manifest)?;
        let sbom = verify::write_sbom(&self.files)?;
        Ok(PackBuilder { manifest, files: self.files, sbom, signatures: Vec::new() })
    }

    /// Reads a component, and gives its digest.
    fn add_component(&mut self, source: &ComponentYaml) -> Result<Digest, BuildError> {
        let (id, file) = (source.id()?, source.file());
        let fail = |problem| BuildError::Component { id: id.clone(), file: file.clone(), problem };
        crate::entry_name::check(&file, self.limits).map_err(|problem| fail(problem.into()))?;
        let path = self.folder.join(&file);
        if !path.is_file() {
            let hint = "build the component, or correct `file` in `pack.yaml`";
            return Err(BuildError::Missing { file, hint });
        }
        let bytes = archive::read_file(&path, self.limits)?;
        pack::check_component(&bytes).map_err(fail)?;
        pack::check_sections(&bytes).map_err(fail)?;
        let digest = Digest::of(&bytes);
        self.files.insert(pack::usual_place(&id), Arc::from(bytes));
        Ok(digest)
    }

    fn add_folder(&mut self, name: &str) -> Result<(), BuildError> {
        let folder = self.folder.join(name);
        if !folder.is_dir() {
            return Ok(());
        }
        let files = archive::read_folder(&folder, self.limits).map_err(|e| e.below(name))?;
        for (path, bytes) in files {
            self.files.insert(format!("{name}/{path}"), bytes);
        }
        Ok(())
    }

    /// Compiles the flows, in the order of `pack.yaml` or of their files.
    fn flows(&self, components: &[ComponentManifest]) -> Result<Vec<PackFlow>, BuildError> {
        let folder = self.folder.join("flows");
        let mut compiled = Vec::new();
        for name in self.flow_files(&folder)? {
            let file = format!("flows/{name}");
            let path = folder.join(&name);
            if !path.is_file() {
                return Err(BuildError::Missing { hint: hint_for_flow(&name), file });
            }
            let text = read_text(&path, &file, self.limits)?;
            compiled.push((compile_with_places(&file, &text, self.limits)?, file));
        }
        let ids: Vec<String> = compiled.iter().map(|(flow, _)| flow.flow.id.clone()).collect();
        let mut others = HashSet::new();
        if let Some(name) = ids.iter().find(|id| !others.insert(id.as_str())) {
            return Err(BuildError::Duplicate { what: "flow", name: name.clone() });
        }
        let has_others = !self.yaml.dependencies.is_empty();
        let pack = Nameable { components, flows: &ids, has_others };
        for (flow, file) in &compiled {
            pack.check(file, flow)?;
        }
        Ok(compiled.into_iter().map(|(flow, _)| flow.flow).collect())
    }

    fn flow_files(&self, folder: &Path) -> Result<Vec<String>, BuildError> {
        if let Some(names) = &self.yaml.flows {
            for name in names {
                let unsafe_name = |problem| PackError::entry(name.clone(), problem);
                crate::entry_name::check(name, self.limits).map_err(unsafe_name)?;
            }
            return Ok(names.clone());
        }
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let files = archive::read_folder(folder, self.limits).map_err(|e| e.below("flows"))?;
        let is_misnamed = |name: &&String| name.ends_with(".yaml") || name.ends_with(".yml");
        if let Some(name) = files.keys().find(is_misnamed) {
            let hint = "the files of flows end in `.ygtc`; rename it, or move it elsewhere";
            return Err(BuildError::LeftOut { file: format!("flows/{name}"), hint });
        }
        Ok(files.into_keys().filter(|name| name.ends_with(".ygtc")).collect())
    }

    fn extensions(
        &mut self,
        sidecars: Vec<Value>,
    ) -> Result<BTreeMap<String, Extension>, BuildError> {
        let mut extensions = BTreeMap::new();
        for (id, one) in std::mem::take(&mut self.yaml.extensions) {
            extensions.insert(id.clone(), extension(&id, one));
        }
        let providers = std::mem::take(&mut self.yaml.providers);
        let mut ours =
            vec![(COMPONENT_MANIFESTS, json!({"schema_version": 1, "entries": sidecars}))];
        if !providers.is_empty() {
            let declared = ProviderExtension { providers };
            let inline = serde_json::to_value(declared).unwrap_or_default();
            ours.push((PROVIDER_EXTENSION, inline));
        }
        for (id, inline) in ours {
            let one = ExtensionYaml { kind: None, version: None, inline };
            if extensions.insert(id.to_owned(), extension(id, one)).is_some() {
                return Err(BuildError::Duplicate { what: "extension", name: id.to_owned() });
            }
        }
        Ok(extensions)
    }
}

fn extension(id: &str, source: ExtensionYaml) -> Extension {
    Extension {
        kind: source.kind.unwrap_or_else(|| id.to_owned()),
        version: source.version.unwrap_or_else(|| "1".to_owned()),
        digest: None,
        location: None,
        inline: source.inline,
    }
}

fn read_text(path: &Path, name: &str, limits: &Limits) -> Result<String, BuildError> {
    let bytes = archive::read_file(path, limits)?;
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let place = crate::flow::Place { line, column: 1 };
        let problem = FlowProblem::Syntax { detail: "the line is no UTF-8".to_owned() };
        BuildError::Source(FlowError { file: name.to_owned(), place, problem })
    })
}

fn hint_for_flow(name: &str) -> &'static str {
    if name.starts_with("flows/") {
        return "`flows` in `pack.yaml` names files below `flows/`; leave the folder out";
    }
    "write the flow, or take it out of `flows` in `pack.yaml`"
}

/// Checks that the pack has the components of its providers.
fn check_providers(manifest: &PackManifest) -> Result<(), DocumentProblem> {
    for (at, provider) in manifest.providers()?.providers.iter().enumerate() {
        let id = &provider.runtime.component_ref;
        if manifest.component(id).is_none() {
            let path = format!("providers[{at}].runtime.component_ref");
            return Err(field(path, format!("the pack has no component `{id}`")));
        }
    }
    Ok(())
}

/// A component's own manifest, as it stands beside its bytes.
fn sidecar(component: &ComponentManifest) -> Result<(String, Vec<u8>), BuildError> {
    let mut value = serde_json::to_value(component).unwrap_or_default();
    sort(&mut value);
    let path = format!("components/{}.manifest.cbor", component.id);
    Ok((path, cbor::from_json(&value)?))
}

fn sidecar_entry(id: &str, path: &str, bytes: &[u8]) -> Value {
    json!({
        "component_id": id,
        "content_hash": Digest::of(bytes).to_string(),
        "encoding": "cbor",
        "manifest_file": path,
    })
}

/// The description that is hashed is the component's manifest: nothing runs while a pack is built.
fn lock_entry(component: &ComponentManifest, digest: &Digest, sidecar: &[u8]) -> LockedComponent {
    let operations = component.operations.iter().map(|operation| {
        let mut schemas = json!([operation.input_schema, operation.output_schema]);
        sort(&mut schemas);
        LockedOperation {
            operation_id: operation.name.clone(),
            schema_hash: sha256_hex(schemas.to_string().as_bytes()),
        }
    });
    LockedComponent {
        component_id: component.id.clone(),
        abi_version: component.world.rsplit_once('@').map_or("", |(_, version)| version).to_owned(),
        resolved_digest: digest.to_string(),
        describe_hash: sha256_hex(sidecar),
        operations: operations.collect(),
        world: Some(component.world.clone()),
        component_version: Some(component.version.clone()),
    }
}

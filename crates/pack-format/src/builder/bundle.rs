use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::error::BuildError;
use super::pack::PackBuilder;
use super::{pack_yaml, write_whole};
use crate::archive::{self, Files};
use crate::bundle::{self, BUNDLE_FORMAT_VERSION, Compression};
use crate::digest::Digest;
use crate::error::PackError;
use crate::flow::yaml;
use crate::limits::Limits;
use crate::manifest::is_plain_id;
use crate::pack::Pack;
use crate::verify::VerifyPolicy;

/// Builds a bundle from packs. The same packs give the same bytes, on every machine.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use greentic_pack_format::{Bundle, BundleBuilder, Limits};
/// # let folder = tempfile::tempdir()?;
/// # std::fs::write(folder.path().join("pack.yaml"), "pack_id: ai.example.hello\nversion: 1.0.0\nkind: library\n")?;
/// # let limits = Limits::default();
/// # let pack = greentic_pack_format::PackBuilder::from_folder(folder.path(), &limits)?.build()?;
///
/// let image = BundleBuilder::new("ai.example.hello", &limits)?.pack("hello", pack)?.build()?;
/// let bundle = Bundle::from_bytes(image, &limits)?;
/// let pack = bundle.open_pack(&bundle.packs()[0])?;
/// assert_eq!(pack.manifest().pack_id, "ai.example.hello");
/// # Ok(())
/// # }
/// ```
pub struct BundleBuilder {
    bundle_id: String,
    name: String,
    limits: Limits,
    compression: Compression,
    stems: HashSet<String>,
    pack_ids: HashSet<String>,
    files: Files,
}

/// What a bundle's folder says about it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BundleYaml {
    bundle_id: Spanned<String>,
    #[serde(default, alias = "name")]
    bundle_name: Option<String>,
    /// What a bundle that was built says beside it, all of it found by looking.
    #[serde(default, rename = "schema_version")]
    _schema_version: Option<u64>,
    #[serde(default, rename = "mode")]
    _mode: Option<String>,
    #[serde(default, rename = "locale")]
    _locale: Option<String>,
    #[serde(default, rename = "app_packs")]
    _app_packs: Vec<IgnoredAny>,
    #[serde(default, rename = "extension_providers")]
    _extension_providers: Vec<IgnoredAny>,
}

/// The folders that a bundle takes over as they are.
const KEPT: [&str; 4] = ["assets/", "resolved/", "state/", "tenants/"];

/// Without the bytes, which would fill the screen.
impl fmt::Debug for BundleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleBuilder")
            .field("bundle_id", &self.bundle_id)
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

impl BundleBuilder {
    /// Starts a bundle.
    ///
    /// # Errors
    /// [`BuildError::Id`].
    pub fn new(bundle_id: &str, limits: &Limits) -> Result<Self, BuildError> {
        if !is_plain_id(bundle_id) {
            return Err(BuildError::Id { id: bundle_id.to_owned(), what: "the id of a bundle" });
        }
        Ok(Self {
            bundle_id: bundle_id.to_owned(),
            name: bundle_id.to_owned(),
            limits: limits.clone(),
            compression: Compression::default(),
            stems: HashSet::new(),
            pack_ids: HashSet::new(),
            files: Files::new(),
        })
    }

    /// Reads a folder with `bundle.yaml` (`bundle_id`, `bundle_name`) and packs below `packs/` and `providers/`: `.gtpack` files,
    /// and folders with `pack.yaml`, which are built.
    ///
    /// # Errors
    /// [`BuildError`] with the file.
    pub fn from_folder(folder: impl AsRef<Path>, limits: &Limits) -> Result<Self, BuildError> {
        let folder = folder.as_ref();
        let mut files = archive::read_folder(folder, limits)?;
        let hint = "write one with `bundle_id`";
        let bytes = files
            .remove(bundle::CONFIG_NAME)
            .ok_or(BuildError::Missing { file: bundle::CONFIG_NAME.to_owned(), hint })?;
        let text = String::from_utf8_lossy(&bytes);
        let yaml: BundleYaml = yaml::parse_typed(bundle::CONFIG_NAME, &text, limits)?;
        let mut builder = Self::new(&yaml.bundle_id.value, limits)?;
        if let Some(name) = yaml.bundle_name {
            builder = builder.name(name);
        }
        check_places(&files)?;
        let sources = pack_sources(&files);
        for source in &sources {
            let pack = PackBuilder::from_folder(folder.join(source), limits)?.build()?;
            builder.add_pack(format!("{source}.gtpack"), pack.into())?;
        }
        let is_source = |path: &str| sources.iter().any(|source| is_below(path, source));
        for (path, bytes) in files.into_iter().filter(|(path, _)| !is_source(path)) {
            if bundle::is_pack(&path) {
                builder.add_pack(path, bytes)?;
            } else if KEPT.iter().any(|kept| path.starts_with(kept)) {
                builder.files.insert(path, bytes);
            }
        }
        Ok(builder)
    }

    /// Gives the bundle a name for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Compresses with something else than zlib.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Adds a pack of the worker, as `packs/<stem>.gtpack`.
    ///
    /// # Errors
    /// [`BuildError`] when it is no pack, or the name is taken.
    pub fn pack(self, stem: &str, pack: impl Into<Arc<[u8]>>) -> Result<Self, BuildError> {
        self.add(stem, &format!("packs/{stem}.gtpack"), pack.into())
    }

    /// Adds a pack that provides something, as `providers/<domain>/<stem>.gtpack`.
    ///
    /// # Errors
    /// [`BuildError`] when it is no pack, or the name is taken.
    pub fn provider(
        self,
        domain: &str,
        stem: &str,
        pack: impl Into<Arc<[u8]>>,
    ) -> Result<Self, BuildError> {
        if !is_plain_id(domain) {
            return Err(BuildError::Id { id: domain.to_owned(), what: "the domain of a provider" });
        }
        self.add(stem, &format!("providers/{domain}/{stem}.gtpack"), pack.into())
    }

    fn add(mut self, stem: &str, path: &str, pack: Arc<[u8]>) -> Result<Self, BuildError> {
        if !is_plain_id(stem) {
            return Err(BuildError::Id { id: stem.to_owned(), what: "the name of a pack's file" });
        }
        self.add_pack(path.to_owned(), pack)?;
        Ok(self)
    }

    /// The only pack of a bundle, which is deployed as it is: whether it is what was built is for whoever deploys it to judge.
    pub(super) fn only_pack(mut self, pack_id: &str, pack: Arc<[u8]>) -> Result<Self, BuildError> {
        self.insert_pack(format!("packs/{pack_id}.gtpack"), pack, pack_id)?;
        Ok(self)
    }

    fn add_pack(&mut self, path: String, pack: Arc<[u8]>) -> Result<(), BuildError> {
        let none = |source| BuildError::Inner { file: path.clone(), source: Box::new(source) };
        let opened = Pack::from_bytes(&pack, &self.limits).map_err(none)?;
        let report = opened.verify(VerifyPolicy::Warn, &[])?;
        if let Some(detail) = report.contradictions().into_iter().next() {
            return Err(BuildError::Contradicted { file: path, detail });
        }
        self.insert_pack(path, pack, &opened.manifest().pack_id)
    }

    /// Packs are told apart by the names of their files when a bundle is deployed, and by their ids when it serves.
    fn insert_pack(
        &mut self,
        path: String,
        pack: Arc<[u8]>,
        pack_id: &str,
    ) -> Result<(), BuildError> {
        let stem = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        if !self.stems.insert(stem.clone()) {
            return Err(BuildError::Duplicate { what: "pack", name: stem });
        }
        if bundle::is_runtime_pack(&path) && !self.pack_ids.insert(pack_id.to_owned()) {
            let name = pack_id.to_owned();
            return Err(BuildError::Duplicate { what: "a pack with the id", name });
        }
        self.files.insert(path, pack);
        Ok(())
    }

    /// The bytes of the `.gtbundle` file.
    ///
    /// # Errors
    /// [`BuildError::Missing`] when there is no pack, [`BuildError::Pack`].
    pub fn build(&self) -> Result<Vec<u8>, BuildError> {
        Ok(bundle::write_image(&self.all_files()?, self.compression)?)
    }

    /// Writes the `.gtbundle` file and gives its digest. The file is there whole or not at all.
    ///
    /// # Errors
    /// As [`BundleBuilder::build`].
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<Digest, BuildError> {
        let bytes = self.build()?;
        write_whole(path.as_ref(), &bytes)?;
        Ok(Digest::of(&bytes))
    }

    /// Writes the folder form into a folder that is empty or not there yet.
    ///
    /// # Errors
    /// As [`BundleBuilder::build`].
    pub fn write_folder(&self, folder: impl AsRef<Path>) -> Result<(), BuildError> {
        Ok(archive::write_folder(folder.as_ref(), &self.all_files()?)?)
    }

    fn all_files(&self) -> Result<Files, BuildError> {
        let packs = |prefix: &str| -> Vec<&String> {
            let paths = self.files.keys().filter(|path| bundle::is_pack(path));
            paths.filter(|path| path.starts_with(prefix)).collect()
        };
        let (app_packs, providers) = (packs("packs/"), packs("providers/"));
        if app_packs.is_empty() && providers.is_empty() {
            let hint = "add a pack; a bundle without any does nothing";
            return Err(BuildError::Missing { file: "packs/*.gtpack".to_owned(), hint });
        }
        let mut files = self.files.clone();
        let documents = [
            (bundle::MANIFEST_NAME, self.manifest(&app_packs, &providers)),
            (bundle::LOCK_NAME, self.lock(&app_packs, &providers)),
            // JSON is YAML, too.
            (bundle::CONFIG_NAME, self.config(&app_packs, &providers)),
        ];
        for (name, mut value) in documents {
            crate::manifest::sort(&mut value);
            let text = serde_json::to_string_pretty(&value)
                .map_err(|error| PackError::io("write", name)(error.into()))?;
            files.insert(name.to_owned(), Arc::from(format!("{text}\n").into_bytes()));
        }
        Ok(files)
    }

    fn manifest(&self, app_packs: &[&String], providers: &[&String]) -> Value {
        json!({
            "format_version": BUNDLE_FORMAT_VERSION,
            "bundle_id": self.bundle_id,
            "bundle_name": self.name,
            "requested_mode": "create",
            "locale": "en",
            "artifact_extension": ".gtbundle",
            "generated_resolved_files": [],
            "generated_setup_files": [],
            "app_packs": app_packs,
            "extension_providers": providers,
            "catalogs": [],
            "hooks": [],
            "subscriptions": [],
            "capabilities": [],
            "resolved_targets": [],
        })
    }

    fn lock(&self, app_packs: &[&String], providers: &[&String]) -> Value {
        let referenced = |paths: &[&String]| -> Vec<Value> {
            let digest =
                |path: &String| self.files.get(path).map(|pack| Digest::of(pack).to_string());
            paths.iter().map(|path| json!({"reference": path, "digest": digest(path)})).collect()
        };
        json!({
            "schema_version": 1,
            "bundle_id": self.bundle_id,
            "requested_mode": "create",
            "execution": "execute",
            "cache_policy": "workspace-local",
            "tool_version": env!("CARGO_PKG_VERSION"),
            "build_format_version": "bundle-lock-v1",
            "workspace_root": bundle::CONFIG_NAME,
            "lock_file": bundle::LOCK_NAME,
            "catalogs": [],
            "app_packs": referenced(app_packs),
            "extension_providers": referenced(providers),
            "setup_state_files": [],
        })
    }

    fn config(&self, app_packs: &[&String], providers: &[&String]) -> Value {
        json!({
            "schema_version": 1,
            "bundle_id": self.bundle_id,
            "bundle_name": self.name,
            "mode": "create",
            "locale": "en",
            "app_packs": app_packs,
            "extension_providers": providers,
        })
    }
}

/// Checks that every pack, built or to be built, is where it is looked for.
fn check_places(files: &Files) -> Result<(), BuildError> {
    let left_out = |file: &str, hint| BuildError::LeftOut { file: file.to_owned(), hint };
    for path in files.keys().filter(|path| !KEPT.iter().any(|kept| path.starts_with(kept))) {
        let folder = path.strip_suffix(pack_yaml::NAME).and_then(|path| path.strip_suffix('/'));
        let is_pack = folder.is_some() || path.ends_with(".gtpack");
        if is_pack && !path.starts_with("packs/") && !path.starts_with("providers/") {
            let hint = "packs are looked for in `packs/` and `providers/`; move it there";
            return Err(left_out(folder.unwrap_or(path), hint));
        }
        if folder.is_some_and(|folder| folder.ends_with(".gtpack")) {
            let hint = "`.gtpack` is the ending of packs that are built; rename the folder";
            return Err(left_out(path, hint));
        }
    }
    Ok(())
}

/// The folders that packs are built from. One that is part of another is none.
fn pack_sources(files: &Files) -> Vec<String> {
    let with_yaml =
        files.keys().filter_map(|path| path.strip_suffix(pack_yaml::NAME)?.strip_suffix('/'));
    let all: Vec<&str> =
        with_yaml.filter(|folder| bundle::is_pack(&format!("{folder}.gtpack"))).collect();
    let is_outermost = |folder: &&&str| !all.iter().any(|outer| is_below(folder, outer));
    all.iter().filter(is_outermost).map(|folder| (*folder).to_owned()).collect()
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

//! Packs, opened.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use greentic_deploy_spec::TrustedKey;

use crate::archive::{self, Files};
use crate::digest::Digest;
use crate::error::{DocumentProblem, EntryProblem, PackError};
use crate::flow::Nameable;
use crate::limits::Limits;
use crate::manifest::{
    ComponentManifest, PackFlow, PackManifest, ProviderExtension, SourceArtifact, read_manifest,
};
use crate::verify::{self, VerificationReport, VerifyPolicy};

pub(crate) const MANIFEST_NAME: &str = "manifest.cbor";
pub(crate) const ASSETS: &str = "assets/";

/// A pack, read whole: its manifest and all its files.
///
/// Nothing is trusted but the names, which are safe. Whether the files are those that were built is what
/// [`Pack::verify`] tells.
#[derive(Clone)]
pub struct Pack {
    manifest: PackManifest,
    files: Arc<Files>,
    /// The file of each component.
    components: BTreeMap<String, String>,
    digest: Option<Digest>,
    limits: Limits,
}

impl Pack {
    /// Opens a `.gtpack` file, or the folder form of one.
    ///
    /// # Errors
    /// [`PackError`] with the entry that is wrong; a pack of the legacy format is named as such.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, PackError> {
        let path = path.as_ref();
        let metadata = std::fs::metadata(path).map_err(PackError::io("open", path))?;
        if metadata.is_dir() {
            Self::from_files(archive::read_folder(path, limits)?, None, limits)
        } else {
            Self::from_bytes(&archive::read_file(path, limits)?, limits)
        }
    }

    /// Opens a `.gtpack` file that must have a digest. The bytes that are checked are the bytes that are read.
    ///
    /// # Errors
    /// [`PackError::DigestMismatch`], and whatever [`Pack::open`] answers.
    pub fn open_pinned(
        path: impl AsRef<Path>,
        digest: &Digest,
        limits: &Limits,
    ) -> Result<Self, PackError> {
        let bytes = archive::read_file(path.as_ref(), limits)?;
        digest.check(&bytes)?;
        Self::from_bytes(&bytes, limits)
    }

    /// Opens a `.gtpack` file that is in memory.
    ///
    /// # Errors
    /// As [`Pack::open`].
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, PackError> {
        let files = archive::read_zip(bytes, limits)?;
        Self::from_files(files, Some(Digest::of(bytes)), limits)
    }

    pub(crate) fn from_files(
        files: Files,
        digest: Option<Digest>,
        limits: &Limits,
    ) -> Result<Self, PackError> {
        let bytes = files.get(MANIFEST_NAME).ok_or_else(|| PackError::Missing {
            entry: MANIFEST_NAME.to_owned(),
            hint: "it is no pack; build one from a folder that has a `pack.yaml`",
        })?;
        let fail = |problem| PackError::document(MANIFEST_NAME, problem);
        let manifest = read_manifest(bytes, limits).map_err(fail)?;
        let components = component_files(&manifest).map_err(fail)?;
        let limits = limits.clone();
        Ok(Self { manifest, files: Arc::new(files), components, digest, limits })
    }

    /// What the pack says about itself.
    #[must_use]
    pub fn manifest(&self) -> &PackManifest {
        &self.manifest
    }

    /// The SHA-256 of the `.gtpack` file; none for the folder form.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The WebAssembly of a component, also of one that only the files have.
    #[must_use]
    pub fn component(&self, id: &str) -> Option<&Arc<[u8]>> {
        match self.components.get(id) {
            Some(path) => self.files.get(path),
            None => self.files.get(&usual_place(id)),
        }
    }

    /// The ids of all components that the manifest names, whether or not their bytes are in the pack.
    pub fn component_ids(&self) -> impl Iterator<Item = &str> {
        self.components.keys().map(String::as_str)
    }

    /// What the pack says about a component.
    #[must_use]
    pub fn component_manifest(&self, id: &str) -> Option<&ComponentManifest> {
        self.manifest.component(id)
    }

    /// An asset, by its name below `assets/`, with or without that prefix.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&Arc<[u8]>> {
        let below = name.strip_prefix(ASSETS).unwrap_or(name);
        self.files.get(&format!("{ASSETS}{below}"))
    }

    /// All assets, by their names below `assets/`.
    pub fn assets(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.files.iter().filter_map(|(name, bytes)| Some((name.strip_prefix(ASSETS)?, bytes)))
    }

    /// A file by its whole name.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&Arc<[u8]>> {
        self.files.get(name)
    }

    /// All files by their whole names, sorted.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Arc<[u8]>)> {
        self.files.iter().map(|(name, bytes)| (name.as_str(), bytes))
    }

    /// The flows to run, those of the `runtime_flow` extension in the place of the manifest's.
    ///
    /// # Errors
    /// [`PackError::Document`] when the extension is not as its format asks.
    pub fn flows(&self) -> Result<Vec<PackFlow>, PackError> {
        self.manifest.runtime_flows().map_err(in_manifest)
    }

    /// What in the flows can never work, one sentence each. Who builds a pack from source is refused for it; a pack that is built
    /// already runs as far as it goes, so that a flow that nobody uses does not keep the others from answering.
    ///
    /// # Errors
    /// As [`Pack::flows`].
    pub fn flow_problems(&self) -> Result<Vec<String>, PackError> {
        let flows = self.flows()?;
        let ids: Vec<String> = flows.iter().map(|flow| flow.id.clone()).collect();
        let components = &self.manifest.components;
        // Files and sources may have components that the manifest says nothing of.
        let has_others =
            !self.manifest.dependencies.is_empty() || self.components.len() > components.len();
        let known = Nameable { components, flows: &ids, has_others };
        let problems = |flow: &PackFlow| {
            let of = format!("flow `{}`", flow.id);
            known.problems(&flow.flow).into_iter().map(move |problem| format!("{of}: {problem}"))
        };
        Ok(flows.iter().flat_map(problems).collect())
    }

    /// The providers that the pack declares.
    ///
    /// # Errors
    /// [`PackError::Document`] when the extension is not as its format asks.
    pub fn providers(&self) -> Result<ProviderExtension, PackError> {
        self.manifest.providers().map_err(in_manifest)
    }

    /// Checks list of files, lock and signature, and says what holds of every file.
    ///
    /// # Errors
    /// [`PackError::NotVerified`] with the report, when the policy is [`VerifyPolicy::Require`] and anything does not hold.
    pub fn verify(
        &self,
        policy: VerifyPolicy,
        trust: &[TrustedKey],
    ) -> Result<VerificationReport, PackError> {
        verify::verify(&self.files, &self.components, policy, trust, &self.limits)
    }

    /// Writes the folder form into a folder that is empty or not there yet.
    ///
    /// # Errors
    /// [`PackError::Io`].
    pub fn extract(&self, folder: impl AsRef<Path>) -> Result<(), PackError> {
        archive::write_folder(folder.as_ref(), &self.files)
    }
}

/// Without the bytes, which would fill the screen.
impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack")
            .field("pack_id", &self.manifest.pack_id)
            .field("digest", &self.digest)
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

fn in_manifest(problem: DocumentProblem) -> PackError {
    PackError::document(MANIFEST_NAME, problem)
}

pub(crate) fn usual_place(id: &str) -> String {
    format!("components/{id}.wasm")
}

/// Where the bytes of each component are: where the sources say, else at the usual place.
fn component_files(manifest: &PackManifest) -> Result<BTreeMap<String, String>, DocumentProblem> {
    let mut files: BTreeMap<String, String> =
        manifest.components.iter().map(|one| (one.id.clone(), usual_place(&one.id))).collect();
    for source in &manifest.component_sources()?.components {
        let path = match source.artifact() {
            SourceArtifact::Inline { wasm_path } => wasm_path.to_owned(),
            SourceArtifact::Remote => usual_place(source.id()),
        };
        files.insert(source.id().to_owned(), path);
    }
    Ok(files)
}

/// The error for a component file that is no component.
pub(crate) fn check_component(bytes: &[u8]) -> Result<(), EntryProblem> {
    match bytes {
        // The layer tells a component (1) from a core module (0).
        [0, b'a', b's', b'm', _, _, 1, 0, ..] => Ok(()),
        [0, b'a', b's', b'm', ..] => Err(EntryProblem::Broken {
            detail: "it is a core WebAssembly module; make a component of it",
        }),
        _ => Err(EntryProblem::Broken { detail: "it is no WebAssembly component" }),
    }
}

/// Checks that the sections of a component fill its file: a file that was cut off is told while it is built, not by the host.
pub(crate) fn check_sections(bytes: &[u8]) -> Result<(), EntryProblem> {
    const HEADER: usize = 8;
    let mut rest = bytes.get(HEADER..).unwrap_or_default();
    while let Some((_kind, section)) = rest.split_first() {
        let next = section_end(section).and_then(|end| section.get(end..));
        rest = next.ok_or(EntryProblem::Broken { detail: "it is cut off; build it again" })?;
    }
    Ok(())
}

/// Where a section ends: its length, as LEB128, and as many bytes.
fn section_end(section: &[u8]) -> Option<usize> {
    let mut length = 0_u64;
    // A length of 32 bits has five bytes at most.
    for (at, byte) in section.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return usize::try_from(length).ok()?.checked_add(at + 1);
        }
    }
    None
}

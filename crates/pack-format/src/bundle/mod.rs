//! Bundles: SquashFS images or folders with packs in them.

mod documents;
mod image;
mod image_check;
mod image_read;
mod image_tree;
mod image_write;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

pub use documents::{BUNDLE_FORMAT_VERSION, BundleLock, BundleManifest};
pub(crate) use documents::{CONFIG_NAME, LOCK_NAME, MANIFEST_NAME};
pub use image::BundleImage;
pub use image_write::Compression;
pub(crate) use image_write::write_image;
use serde_json::Value;

use crate::archive::{self, Files};
use crate::digest::Digest;
use crate::error::PackError;
use crate::limits::Limits;
use crate::pack::Pack;

/// A bundle, read whole: the packs of a revision and what belongs to them.
#[derive(Clone)]
pub struct Bundle {
    files: Arc<Files>,
    packs: Vec<BundlePack>,
    manifest: Option<BundleManifest>,
    lock: Option<BundleLock>,
    config: Option<Value>,
    digest: Option<Digest>,
    limits: Limits,
}

/// A pack in a bundle, found but not opened.
#[derive(Clone, PartialEq, Eq)]
pub struct BundlePack {
    path: String,
    bytes: Arc<[u8]>,
}

impl BundlePack {
    /// Its file in the bundle, such as `packs/hello.gtpack`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The name of its file without `.gtpack`.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.get(..name.len().saturating_sub(PACK_SUFFIX.len())).unwrap_or_default()
    }

    /// What it provides, such as `messaging` for `providers/messaging/….gtpack`; none for a pack of the worker itself.
    ///
    /// Packs of the domain `deployer` are for deploying the bundle, not for running it.
    #[must_use]
    pub fn provider_domain(&self) -> Option<&str> {
        provider_domain(&self.path)
    }

    /// Tells whether it runs once the bundle is deployed; packs that deploy it do not.
    #[must_use]
    pub fn is_for_runtime(&self) -> bool {
        is_runtime_pack(&self.path)
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// The SHA-256 of the file.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }
}

const PACK_SUFFIX: &str = ".gtpack";
const PACKS: &str = "packs/";
const PROVIDERS: &str = "providers/";
const DEPLOYER: &str = "deployer";

impl Bundle {
    /// Opens a `.gtbundle` file, or a folder with the same content.
    ///
    /// # Errors
    /// [`PackError`] with the entry that is wrong. That a pack in it is broken is only said when it is opened.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, PackError> {
        let path = path.as_ref();
        let metadata = std::fs::metadata(path).map_err(PackError::io("open", path))?;
        if metadata.is_dir() {
            Self::from_files(archive::read_folder(path, limits)?, None, limits)
        } else {
            Self::from_bytes(archive::read_file(path, limits)?, limits)
        }
    }

    /// Opens a `.gtbundle` file that must have a digest. The bytes that are checked are the bytes that are read.
    ///
    /// # Errors
    /// [`PackError::DigestMismatch`], and whatever [`Bundle::open`] answers.
    pub fn open_pinned(
        path: impl AsRef<Path>,
        digest: &Digest,
        limits: &Limits,
    ) -> Result<Self, PackError> {
        let bytes = archive::read_file(path.as_ref(), limits)?;
        digest.check(&bytes)?;
        Self::from_bytes(bytes, limits)
    }

    /// Opens a `.gtbundle` file that is in memory.
    ///
    /// # Errors
    /// As [`Bundle::open`].
    pub fn from_bytes(bytes: Vec<u8>, limits: &Limits) -> Result<Self, PackError> {
        Self::from_image(&bytes, limits)
    }

    fn from_image(bytes: &[u8], limits: &Limits) -> Result<Self, PackError> {
        let digest = Digest::of(bytes);
        Self::from_files(image_read::read_image(bytes, limits)?, Some(digest), limits)
    }

    fn from_files(
        files: Files,
        digest: Option<Digest>,
        limits: &Limits,
    ) -> Result<Self, PackError> {
        let manifest = documents::read_manifest(&files, limits)?;
        let lock = documents::read_lock(&files, limits)?;
        documents::check_agreement(manifest.as_ref(), lock.as_ref())?;
        let config = documents::read_config(&files, limits)?;
        let packs = files
            .iter()
            .filter(|(path, _)| is_pack(path))
            .map(|(path, bytes)| BundlePack { path: path.clone(), bytes: Arc::clone(bytes) })
            .collect();
        let limits = limits.clone();
        Ok(Self { files: Arc::new(files), packs, manifest, lock, config, digest, limits })
    }

    /// The packs below `packs/` and `providers/`, by their paths. The documents of a bundle name packs by where they were
    /// built, so that only looking for them finds them.
    #[must_use]
    pub fn packs(&self) -> &[BundlePack] {
        &self.packs
    }

    /// Opens one of the packs.
    ///
    /// # Errors
    /// As [`Pack::open`].
    pub fn open_pack(&self, pack: &BundlePack) -> Result<Pack, PackError> {
        Pack::from_bytes(&pack.bytes, &self.limits)
    }

    /// The SHA-256 of the `.gtbundle` file; none for a folder.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// `bundle-manifest.json`, when there is one.
    #[must_use]
    pub fn manifest(&self) -> Option<&BundleManifest> {
        self.manifest.as_ref()
    }

    /// `bundle-lock.json`, when there is one.
    #[must_use]
    pub fn lock(&self) -> Option<&BundleLock> {
        self.lock.as_ref()
    }

    /// `bundle.yaml`, when there is one.
    #[must_use]
    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref()
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

    /// The files alone.
    pub(crate) fn into_files(self) -> Arc<Files> {
        self.files
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
impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("digest", &self.digest)
            .field("files", &self.files.keys())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for BundlePack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundlePack").field("path", &self.path).finish_non_exhaustive()
    }
}

pub(crate) fn is_pack(path: &str) -> bool {
    let is_below = path.starts_with(PACKS) || path.starts_with(PROVIDERS);
    is_below && path.ends_with(PACK_SUFFIX)
}

fn provider_domain(path: &str) -> Option<&str> {
    let below = path.strip_prefix(PROVIDERS)?;
    Some(below.split_once('/').map_or("", |(domain, _)| domain))
}

pub(crate) fn is_runtime_pack(path: &str) -> bool {
    is_pack(path) && !matches!(provider_domain(path), Some("" | DEPLOYER))
}

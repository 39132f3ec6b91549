//! Whatever can be deployed, as the image that is deployed.

use std::path::Path;

use super::{BuildError, BundleBuilder, PackBuilder, pack_yaml, write_whole};
use crate::archive;
use crate::bundle::{self, Bundle, BundleImage, Compression};
use crate::error::PackError;
use crate::limits::Limits;
use crate::pack::Pack;

impl BundleImage {
    /// Reads what is to be deployed: a `.gtbundle` file, a folder with the same content, a folder with `bundle.yaml` or with
    /// `pack.yaml`, or a `.gtpack` file. What is no bundle yet is built into one; one pack becomes a bundle with the pack's id.
    /// The same input gives the same image, on every machine.
    ///
    /// A detached signature beside a `.gtbundle` file (`….gtbundle.sig`) is taken along.
    ///
    /// # Errors
    /// [`BuildError`] with what is missing or wrong.
    pub fn open(path: impl AsRef<Path>, limits: &Limits) -> Result<Self, BuildError> {
        let path = path.as_ref();
        let metadata = std::fs::metadata(path).map_err(PackError::io("open", path))?;
        if metadata.is_dir() {
            return Ok(Self::from_bytes(build(path, limits)?, limits)?);
        }
        let bytes = archive::read_file(path, limits)?;
        if bytes.is_empty() {
            return Err(archive::not_an("bundle and no pack", &bytes, "").into());
        }
        if archive::kind_of(&bytes) == Some(archive::ZIP) {
            return Ok(Self::from_bytes(of_one_pack(bytes, limits)?, limits)?);
        }
        Ok(Self::from_bytes(bytes, limits)?.with_signature(signature_of(path, limits)?))
    }

    /// Writes the `.gtbundle` file. It is there whole or not at all.
    ///
    /// # Errors
    /// [`BuildError::Pack`].
    pub fn write_to(&self, path: impl AsRef<Path>) -> Result<(), BuildError> {
        Ok(write_whole(path.as_ref(), self.bytes())?)
    }
}

fn build(folder: &Path, limits: &Limits) -> Result<Vec<u8>, BuildError> {
    let has = |name: &str| folder.join(name).is_file();
    if has(bundle::MANIFEST_NAME) {
        let files = Bundle::open(folder, limits)?.into_files();
        return Ok(bundle::write_image(&files, Compression::default())?);
    }
    if has(bundle::CONFIG_NAME) {
        return BundleBuilder::from_folder(folder, limits)?.build();
    }
    if has(pack_yaml::NAME) {
        return of_one_pack(PackBuilder::from_folder(folder, limits)?.build()?, limits);
    }
    let hint =
        "name a folder with `bundle.yaml` or `pack.yaml`, or a `.gtbundle` or `.gtpack` file";
    Err(BuildError::Missing { file: bundle::CONFIG_NAME.to_owned(), hint })
}

fn of_one_pack(pack: Vec<u8>, limits: &Limits) -> Result<Vec<u8>, BuildError> {
    let opened = Pack::from_bytes(&pack, limits)?;
    let manifest = opened.manifest();
    let mut builder = BundleBuilder::new(&manifest.pack_id, limits)?;
    if let Some(name) = &manifest.name {
        builder = builder.name(name);
    }
    builder.only_pack(&manifest.pack_id, pack.into())?.build()
}

fn signature_of(path: &Path, limits: &Limits) -> Result<Option<Vec<u8>>, PackError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    let beside = Path::new(&beside);
    if !beside.is_file() {
        return Ok(None);
    }
    let limits = Limits { archive_bytes: limits.document_bytes as u64, ..limits.clone() };
    archive::read_file(beside, &limits).map(Some)
}

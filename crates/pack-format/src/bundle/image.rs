use std::fmt;

use super::{Bundle, MANIFEST_NAME};
use crate::digest::Digest;
use crate::error::PackError;
use crate::limits::Limits;

/// A `.gtbundle` file, with what is in it: what is staged and deployed.
#[derive(Clone)]
pub struct BundleImage {
    bytes: Vec<u8>,
    digest: Digest,
    bundle_id: String,
    bundle: Bundle,
    signature: Option<Vec<u8>>,
}

impl BundleImage {
    /// Takes the bytes of a `.gtbundle` file.
    ///
    /// # Errors
    /// As [`Bundle::open`]; [`PackError::Missing`] when it does not say what bundle it is.
    pub fn from_bytes(bytes: Vec<u8>, limits: &Limits) -> Result<Self, PackError> {
        let bundle = Bundle::from_image(&bytes, limits)?;
        let manifest = bundle.manifest().ok_or_else(|| PackError::Missing {
            entry: MANIFEST_NAME.to_owned(),
            hint: "it is no bundle; build one from a folder that has a `bundle.yaml`",
        })?;
        let bundle_id = manifest.bundle_id.clone();
        let digest = Digest::of(&bytes);
        Ok(Self { bytes, digest, bundle_id, bundle, signature: None })
    }

    pub(crate) fn with_signature(self, signature: Option<Vec<u8>>) -> Self {
        Self { signature, ..self }
    }

    /// The bytes of the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The SHA-256 of the file.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Checks that it is the one that was pinned.
    ///
    /// # Errors
    /// [`PackError::DigestMismatch`].
    pub fn check(&self, pinned: &Digest) -> Result<(), PackError> {
        pinned.check_against(&self.digest)
    }

    /// What bundle it says it is.
    #[must_use]
    pub fn bundle_id(&self) -> &str {
        &self.bundle_id
    }

    /// What is in it.
    #[must_use]
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The detached signature that lay beside the file.
    #[must_use]
    pub fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }
}

/// Without the bytes, which would fill the screen.
impl fmt::Debug for BundleImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BundleImage")
            .field("bundle_id", &self.bundle_id)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

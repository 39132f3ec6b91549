use std::path::{Path, PathBuf};

use greentic_pack_format::{InvalidDigest, PackError};

use crate::wasm::WasmError;

/// A pack cannot be made ready to run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackLoadError {
    /// It cannot be read, or is not what it should be.
    #[error("pack `{}`: {source}", path.display())]
    Pack {
        /// The pack.
        path: PathBuf,
        /// Why.
        source: Box<PackError>,
    },
    /// The digest that it is pinned to is none.
    #[error("pack `{}`: {problem}", path.display())]
    Digest {
        /// The pack.
        path: PathBuf,
        /// What is wrong with the digest.
        problem: InvalidDigest,
    },
    /// It names a component that it does not have.
    #[error(
        "components missing: pack `{pack_id}` names `{component}` and does not have it; build the pack again"
    )]
    NoComponent {
        /// The pack.
        pack_id: String,
        /// The component.
        component: String,
    },
    /// One of its components cannot be run.
    #[error("component `{component}` of pack `{pack_id}`: {source}")]
    Component {
        /// The pack.
        pack_id: String,
        /// The component.
        component: String,
        /// Why.
        source: WasmError,
    },
}

impl PackLoadError {
    pub(super) fn pack(path: &Path, error: PackError) -> Self {
        Self::Pack { path: path.to_owned(), source: Box::new(error) }
    }

    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pack { source, .. } => source.code(),
            Self::Digest { .. } => "invalid-digest",
            Self::NoComponent { .. } => "component-missing",
            Self::Component { source, .. } => source.code(),
        }
    }
}

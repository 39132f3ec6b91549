use crate::error::{DocumentProblem, EntryProblem, PackError};
use crate::flow::FlowError;
use crate::verify::SignerError;

/// Why a pack or a bundle cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A file cannot be read or written, or what was put in is no pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// What is to be a pack of the bundle is none.
    #[error("`{file}`: {source}")]
    Inner {
        /// The file, below the bundle.
        file: String,
        /// Why.
        source: Box<PackError>,
    },
    /// `pack.yaml`, `bundle.yaml` or a flow is wrong; the text starts with file, line and column.
    #[error(transparent)]
    Source(#[from] FlowError),
    /// A file that must be there is not.
    #[error("`{file}` is missing; {hint}")]
    Missing {
        /// The file, below the folder.
        file: String,
        /// What to do.
        hint: &'static str,
    },
    /// A file or folder that somebody put there for the build, and that the build does not look at.
    #[error("`{file}` would be left out: {hint}")]
    LeftOut {
        /// The file or folder, below the folder that is built.
        file: String,
        /// What to do.
        hint: &'static str,
    },
    /// A pack that goes into a bundle is not what was built or signed.
    #[error("`{file}` is not what was built: {detail}; build or fetch it again")]
    Contradicted {
        /// The file, below the bundle.
        file: String,
        /// The first of what contradicts it.
        detail: String,
    },
    /// A component's file is no component.
    #[error("component `{id}`: `{file}` {problem}")]
    Component {
        /// The component.
        id: String,
        /// Its file.
        file: String,
        /// What is wrong with it.
        problem: EntryProblem,
    },
    /// Two things would have one name.
    #[error("{what} `{name}` is there twice; rename one")]
    Duplicate {
        /// What it is.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// An id has characters that ids may not have.
    #[error("`{id}` cannot be {what}; use 1 to 255 letters, digits, `.`, `_` and `-`")]
    Id {
        /// The id.
        id: String,
        /// What it should name.
        what: &'static str,
    },
    /// What was put together cannot be written.
    #[error("the pack cannot be built: {0}")]
    Document(#[from] DocumentProblem),
    /// The key cannot be used.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

impl BuildError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pack(error) => error.code(),
            Self::Inner { source, .. } => source.code(),
            Self::Source(_) => "build-source-invalid",
            Self::Missing { .. } => "build-file-missing",
            Self::LeftOut { .. } => "build-file-left-out",
            Self::Contradicted { .. } => "build-pack-contradicted",
            Self::Component { .. } => "build-component-invalid",
            Self::Duplicate { .. } => "build-duplicate",
            Self::Id { .. } => "build-id-invalid",
            Self::Document(_) => "build-document-invalid",
            Self::Signer(_) => "build-signer",
        }
    }
}

use std::io;
use std::path::PathBuf;

use greentic_deploy_spec::RevisionId;

use crate::error::{DocumentProblem, EntryProblem, PackError};

/// Why a revision's folder cannot be used, or cannot be made.
///
/// Files are named as they stand below the environment's folder. [`RevisionFolderError::code`] is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevisionFolderError {
    /// A file or folder cannot be read or written.
    #[error("cannot {operation} `{}`", path.display())]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file that the revision refers to is not there.
    #[error("revision {revision_id} has no file `{file}`; stage its bundle again")]
    Missing {
        /// The revision.
        revision_id: RevisionId,
        /// The file.
        file: String,
    },
    /// The revision was recorded without packs, so that there is nothing to run.
    #[error("revision {revision_id} has no list of packs; stage a bundle instead")]
    NoPackList {
        /// The revision.
        revision_id: RevisionId,
    },
    /// A reference leads out of the environment's folder, or to something that is no file.
    #[error("the reference `{file}` {problem}; a revision refers to files of its environment only")]
    Unsafe {
        /// The reference.
        file: String,
        /// What is wrong with it.
        problem: EntryProblem,
    },
    /// A document in the folder cannot be read.
    #[error("`{file}` cannot be read: {problem}; stage the bundle again")]
    Document {
        /// The document.
        file: String,
        /// What is wrong with it.
        problem: DocumentProblem,
    },
    /// A document belongs to another revision.
    #[error("`{file}` is of revision {found}, not of {expected}; stage the bundle again")]
    WrongRevision {
        /// The document.
        file: String,
        /// The revision that it should be of.
        expected: RevisionId,
        /// The revision that it is of.
        found: RevisionId,
    },
    /// Two packs, or two configurations, have one id.
    #[error("`{pack_id}` is there twice in `{file}`; rename the file of one pack in the bundle")]
    DuplicatePack {
        /// The list, or the folder of configurations.
        file: String,
        /// The id.
        pack_id: String,
    },
    /// The lock names other packs than the environment does.
    #[error(
        "`{file}` does not list the packs that the environment records of the revision: {differing:?}; stage the bundle again"
    )]
    LockDiffers {
        /// The lock.
        file: String,
        /// The packs that differ.
        differing: Vec<String>,
    },
    /// A file is not the one that was staged.
    #[error(
        "`{file}` has digest `{actual}`, but was staged with `{expected}`; stage the bundle again"
    )]
    Changed {
        /// The file.
        file: String,
        /// The digest that is recorded.
        expected: String,
        /// The digest that the file has.
        actual: String,
    },
    /// A digest is recorded that is none, so that nothing can be checked against it.
    #[error(
        "the digest `{text}` of `{file}` is no `sha256:<64 hex digits>`; stage the bundle again"
    )]
    NoDigest {
        /// The file.
        file: String,
        /// What is recorded.
        text: String,
    },
    /// The bundle has packs that the lock does not list.
    #[error("`{file}` does not list {unlisted:?}; stage the bundle again")]
    Incomplete {
        /// The lock.
        file: String,
        /// The packs that are not listed.
        unlisted: Vec<String>,
    },
    /// The bundle has no pack to run.
    #[error("the bundle has no pack below `packs/` or `providers/`; add one")]
    NoPacks,
    /// The configuration that a bundle brings for a pack cannot be used here.
    #[error("`{file}`: `{field}` is `{found}`; expected {expected}")]
    PackConfig {
        /// The configuration, below the bundle.
        file: String,
        /// The field.
        field: String,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
    /// The bundle, or a pack in it, cannot be read.
    #[error("{}{source}", file.as_ref().map_or_else(String::new, |file| format!("`{file}`: ")))]
    Pack {
        /// The pack, below the bundle; none for the bundle itself.
        file: Option<String>,
        /// Why.
        source: Box<PackError>,
    },
    /// Another process stages into this environment and does not come to an end.
    #[error(
        "another process stages a bundle into this environment; run the command again when it is done"
    )]
    Busy,
}

impl RevisionFolderError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "revision-io",
            Self::Missing { .. } => "revision-file-missing",
            Self::NoPackList { .. } => "revision-without-packs",
            Self::Unsafe { .. } => "revision-reference-unsafe",
            Self::Document { .. } => "revision-document-invalid",
            Self::WrongRevision { .. } => "revision-wrong",
            Self::DuplicatePack { .. } => "revision-pack-duplicate",
            Self::LockDiffers { .. } => "revision-lock-differs",
            Self::Changed { .. } => "revision-file-changed",
            Self::NoDigest { .. } => "revision-digest-unknown",
            Self::Incomplete { .. } => "revision-lock-incomplete",
            Self::NoPacks => "bundle-without-packs",
            Self::PackConfig { .. } => "pack-config-invalid",
            Self::Pack { source, .. } => source.code(),
            Self::Busy => "staging-busy",
        }
    }

    pub(super) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }

    /// Makes an error of one that a pack, or the bundle around it, gave.
    pub(super) fn pack(file: Option<&str>) -> impl FnOnce(PackError) -> Self {
        let file = file.map(str::to_owned);
        move |source| match source {
            PackError::Io { operation, path, source } => Self::Io { operation, path, source },
            source => Self::Pack { file, source: Box::new(source) },
        }
    }
}

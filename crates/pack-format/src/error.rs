use std::io;
use std::path::PathBuf;

use crate::entry_name::NameProblem;
use crate::flow::FlowError;
use crate::verify::VerificationReport;

/// Why a pack or a bundle cannot be read.
///
/// The text says what is wrong, where, and what to do; [`PackError::code`] is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file cannot be read or written.
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
    /// The bytes are no archive of the kind that is expected.
    #[error("this is no {expected}: {problem}")]
    Format {
        /// What was expected.
        expected: &'static str,
        /// What is there instead.
        problem: FormatProblem,
    },
    /// One entry of an archive is not to be used.
    #[error("entry `{entry}` {problem}")]
    Entry {
        /// The entry's name, with bytes that are no text escaped.
        entry: String,
        /// What is wrong with it.
        problem: EntryProblem,
    },
    /// The archive is larger than allowed.
    #[error(
        "the archive has more than {limit} {what}; raise the limit only for archives that you trust"
    )]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// An entry that must be there is not.
    #[error("the archive has no `{entry}`; {hint}")]
    Missing {
        /// The entry.
        entry: String,
        /// What that means.
        hint: &'static str,
    },
    /// A document in the archive cannot be read.
    #[error("`{entry}` cannot be read: {problem}")]
    Document {
        /// The entry.
        entry: String,
        /// What is wrong with it.
        #[source]
        problem: DocumentProblem,
    },
    /// A flow cannot be compiled.
    #[error(transparent)]
    Flow(#[from] FlowError),
    /// The file is not the one that was pinned.
    #[error(
        "the file has digest `{actual}`, which does not match pinned digest `{expected}`; fetch it again"
    )]
    DigestMismatch {
        /// The digest that was pinned.
        expected: String,
        /// The digest that the file has.
        actual: String,
    },
    /// The policy requires a pack that verifies, and this one does not.
    #[error("the pack does not verify: {}", .0.summary())]
    NotVerified(Box<VerificationReport>),
}

/// Why bytes are no archive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatProblem {
    /// There is nothing.
    #[error("the file is empty")]
    Empty,
    /// It is an archive of another kind.
    #[error("it is a {actual}")]
    Other {
        /// What it is.
        actual: &'static str,
    },
    /// It starts like one, but is broken.
    #[error("it is broken ({detail})")]
    Broken {
        /// What the reader says.
        detail: String,
    },
    /// It is compressed with something that is not supported.
    #[error("it is compressed with {actual}; use zlib (gzip) or xz")]
    Compression {
        /// The compression.
        actual: String,
    },
}

/// What is wrong with one entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryProblem {
    /// The name could lead out of the folder, or means something else elsewhere.
    #[error("has an unsafe name: {0}")]
    Name(#[from] NameProblem),
    /// Two entries have this name.
    #[error("is there twice")]
    Duplicate,
    /// Two names differ in case only; on many file systems they are one file.
    #[error("differs from `{other}` in case only; rename one of them")]
    DiffersInCase {
        /// The other name.
        other: String,
    },
    /// A file is at the same time the folder of another entry.
    #[error("is both a file and a folder")]
    FileAndFolder,
    /// A symbolic link.
    #[error("is a symbolic link; replace it by the file that it points to")]
    Symlink,
    /// A device, a pipe or a socket.
    #[error("is a {kind}; archives hold files and folders only")]
    Special {
        /// What it is.
        kind: &'static str,
    },
    /// It needs a password.
    #[error("is encrypted")]
    Encrypted,
    /// It is compressed with something that is not supported.
    #[error("is compressed with method {method}; use store or deflate")]
    Compression {
        /// The method's number.
        method: u16,
    },
    /// It is larger than allowed.
    #[error("is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// It grows more than allowed.
    #[error("grows to more than {limit} times its packed size, like a bomb")]
    Bomb {
        /// The limit.
        limit: u64,
    },
    /// It shares bytes with another entry.
    #[error("shares bytes with `{other}`, like a bomb")]
    Overlaps {
        /// The other entry.
        other: String,
    },
    /// The header beside the data says something else than the archive's directory.
    #[error("is described in two ways: its own {what} differs from the directory's")]
    Ambiguous {
        /// What differs.
        what: &'static str,
    },
    /// The data is not what the archive's directory says.
    #[error("is broken: {detail}")]
    Broken {
        /// What does not fit.
        detail: &'static str,
    },
}

/// Why a document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentProblem {
    /// It is larger than allowed.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// It is nested more deeply than allowed.
    #[error("it is nested more than {limit} levels deep")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// It has more values than allowed.
    #[error("it has more than {limit} values")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// It is no CBOR, JSON or YAML at all.
    #[error("it is no {syntax}: {detail}")]
    Syntax {
        /// What it should be.
        syntax: &'static str,
        /// What the parser says.
        detail: String,
    },
    /// A value is not what the document's format asks for.
    #[error("at `{path}`: {detail}")]
    Field {
        /// Where.
        path: String,
        /// What is wrong.
        detail: String,
    },
    /// A symbol's number is not in its table.
    #[error("at `{path}`: symbol {index} is not in the table `{table}`")]
    Symbol {
        /// Where.
        path: String,
        /// The table.
        table: &'static str,
        /// The number.
        index: u64,
    },
    /// Two things have one id.
    #[error("at `{path}`: the id `{id}` is there twice")]
    Duplicate {
        /// Where.
        path: String,
        /// The id.
        id: String,
    },
    /// The pack is of the first, unsupported format.
    #[error(
        "it is a manifest of the legacy pack format of 2025 (`packVersion`), which is not supported; \
         build the pack again as `pack-v1`"
    )]
    Legacy,
    /// The pack is of a format that is not known.
    #[error("its schema_version is `{found}`; this reader knows `pack-v1`")]
    UnknownVersion {
        /// What it says.
        found: String,
    },
}

impl PackError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "pack-io",
            Self::Format { problem: FormatProblem::Compression { .. }, .. } => "pack-compression",
            Self::Format { .. } => "pack-not-an-archive",
            Self::Entry { problem, .. } => problem.code(),
            Self::TooLarge { .. } => "pack-too-large",
            Self::Missing { .. } => "pack-entry-missing",
            Self::Document { problem: DocumentProblem::Legacy, .. } => "pack-legacy",
            Self::Document { problem: DocumentProblem::UnknownVersion { .. }, .. } => {
                "pack-version-unknown"
            }
            Self::Document { .. } => "pack-document-invalid",
            Self::Flow(_) => "flow-invalid",
            Self::DigestMismatch { .. } => "pack-digest-mismatch",
            Self::NotVerified(_) => "pack-not-verified",
        }
    }

    pub(crate) fn entry(entry: impl Into<String>, problem: impl Into<EntryProblem>) -> Self {
        Self::Entry { entry: entry.into(), problem: problem.into() }
    }

    /// The same with the names below a folder.
    pub(crate) fn below(self, folder: &str) -> Self {
        match self {
            Self::Entry { entry, problem } => {
                Self::Entry { entry: format!("{folder}/{entry}"), problem }
            }
            error => error,
        }
    }

    pub(crate) fn document(entry: impl Into<String>, problem: DocumentProblem) -> Self {
        Self::Document { entry: entry.into(), problem }
    }

    pub(crate) fn io(
        operation: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { operation, path, source }
    }
}

impl EntryProblem {
    fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "pack-entry-unsafe-name",
            Self::Duplicate | Self::DiffersInCase { .. } | Self::FileAndFolder => {
                "pack-entry-duplicate"
            }
            Self::Symlink | Self::Special { .. } => "pack-entry-not-a-file",
            Self::Encrypted | Self::Compression { .. } => "pack-entry-unsupported",
            Self::TooLarge { .. } | Self::Bomb { .. } => "pack-entry-too-large",
            Self::Overlaps { .. } | Self::Ambiguous { .. } => "pack-entry-ambiguous",
            Self::Broken { .. } => "pack-entry-broken",
        }
    }
}

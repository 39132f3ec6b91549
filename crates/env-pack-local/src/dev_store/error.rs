use std::io;
use std::path::PathBuf;

use greentic_deploy_spec::SecretRef;

/// The file with the secrets of an environment cannot be used. No value is ever part of the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DevStoreError {
    /// It cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A symbolic link leads to it.
    #[error("`{}` is a symbolic link; put the file itself there", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// It is a folder, a pipe or the like.
    #[error("`{}` is no regular file; put one there, or nothing", path.display())]
    NotAFile {
        /// What is there.
        path: PathBuf,
    },
    /// Others may read or write it.
    #[error(
        "`{}` has permissions {mode:o}, so that others may use it; run `chmod 600` on it",
        path.display()
    )]
    NotPrivate {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is too large.
    #[error("`{}` has more than {limit} bytes; keep large values elsewhere", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        limit: u64,
    },
    /// It is no text.
    #[error("`{}` is no UTF-8 text; write it as lines of `secret://…=value`", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// A line cannot be understood.
    #[error("line {line} of `{}`: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// There is no `=`.
    #[error("it has no `=`; write `secret://…=value`")]
    NoValue,
    /// What stands before the `=` is no reference.
    #[error("it does not begin with a reference; write `secret://…=value`")]
    NoReference,
    /// A quoted value is no JSON string.
    #[error("what follows the `=` begins with a quote and is no JSON string; quote it as one")]
    Quotes,
    /// The secret was set before.
    #[error("it sets `{reference}` again; remove one of the two lines")]
    Twice {
        /// The secret.
        reference: SecretRef,
    },
    /// The file is the encrypted one of other tools.
    #[error(
        "this is the encrypted form of other Greentic tools, which is not read here; write the \
         secrets as `secret://…=value`"
    )]
    Encrypted,
}

impl DevStoreError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { .. } => "dev-store-io",
            Self::Link { .. } => "dev-store-link",
            Self::NotAFile { .. } => "dev-store-not-a-file",
            Self::NotPrivate { .. } => "dev-store-not-private",
            Self::TooLarge { .. } => "dev-store-too-large",
            Self::NotText { .. } => "dev-store-not-text",
            Self::Line { .. } => "dev-store-line",
        }
    }
}

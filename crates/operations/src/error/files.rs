//! What is said about packs and bundles that are none.

use greentic_pack_format::{BuildError, PackError};

/// What people are told about an error beside its text.
pub trait Advice {
    /// The kind of error as the public tools write it.
    fn kind(&self) -> &'static str;

    /// What to do next.
    fn hint(&self) -> &'static str;
}

const MEND: &str = "mend what is named, then run the same command again";

impl Advice for PackError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::NotVerified(_) | Self::DigestMismatch { .. } => "conflict",
            _ => "invalid-argument",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Io { .. } | Self::Format { .. } => {
                "name a .gtbundle or .gtpack file, or a folder with bundle.yaml or pack.yaml"
            }
            Self::DigestMismatch { .. } => {
                "fetch the bundle again, or pin the digest of the one that you mean"
            }
            Self::Flow(_) => MEND,
            _ => "it was damaged or built wrongly: fetch it again, or build it from its sources",
        }
    }
}

impl Advice for BuildError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Pack(error) => error.kind(),
            _ => "invalid-argument",
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::Pack(error) => error.hint(),
            Self::Inner { source, .. } => source.hint(),
            Self::Missing { file, .. } if !file.contains('/') => {
                "name a folder with pack.yaml or bundle.yaml, or a file that is built already"
            }
            _ => MEND,
        }
    }
}

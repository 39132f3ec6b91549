use std::fmt;

use greentic_deploy_spec::{CapabilitySlot, PackDescriptor};

/// An env-pack cannot be registered or found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// There is an env-pack under that path already.
    #[error("there is an env-pack `{0}` already; register it once, or under another path")]
    DuplicateRegistration(String),
    /// A deployer does not say how its credentials are checked.
    #[error(
        "the deployer `{kind}` has no credentials contract; implement `deployer_credentials`, if \
         only to say that none are needed"
    )]
    DeployerMissingCredentials {
        /// The deployer's path.
        kind: String,
    },
    /// No env-pack has the path.
    #[error(transparent)]
    Unknown(Box<UnknownEnvPack>),
    /// The env-pack is there, but not in that version.
    #[error(
        "env-pack `{kind}` is there in versions {supported}, not {requested}; bind one of those"
    )]
    VersionUnsupported {
        /// The env-pack's path.
        kind: String,
        /// The version that is bound.
        requested: String,
        /// The versions that there are.
        supported: String,
    },
    /// The env-pack fills another slot.
    #[error("env-pack `{kind}` fills the slot `{actual}`, not `{expected}`; bind it there")]
    SlotMismatch {
        /// The descriptor.
        kind: String,
        /// The slot that it should fill.
        expected: CapabilitySlot,
        /// The slot that it fills.
        actual: CapabilitySlot,
    },
}

impl RegistryError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::DuplicateRegistration(_) => "env-pack-duplicate",
            Self::DeployerMissingCredentials { .. } => "env-pack-without-credentials",
            Self::Unknown(_) => "env-pack-unknown",
            Self::VersionUnsupported { .. } => "env-pack-version-unsupported",
            Self::SlotMismatch { .. } => "env-pack-slot-mismatch",
        }
    }
}

/// A descriptor that no env-pack of a program has the path of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct UnknownEnvPack {
    /// The descriptor.
    pub kind: PackDescriptor,
    /// The path that was meant, as far as can be guessed.
    pub nearest: Option<String>,
    /// Every path that there is, sorted.
    pub registered: Vec<String>,
}

impl UnknownEnvPack {
    pub(super) fn new<'a>(
        kind: &PackDescriptor,
        registered: impl Iterator<Item = &'a str>,
    ) -> Self {
        let registered: Vec<_> = registered.map(str::to_owned).collect();
        Self { kind: kind.clone(), nearest: nearest(kind.path(), &registered), registered }
    }
}

impl fmt::Display for UnknownEnvPack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this program has no env-pack `{}`; ", self.kind)?;
        if let Some(nearest) = &self.nearest {
            write!(f, "did you mean `{nearest}`? ")?;
        }
        if self.registered.is_empty() {
            return f.write_str("it has none at all");
        }
        write!(f, "it has {}", self.registered.join(", "))
    }
}

/// The path that is closest, when it is close enough to be a slip.
fn nearest(path: &str, registered: &[String]) -> Option<String> {
    // What is longer is no slip, and would only take time to compare.
    const LONGEST: usize = 256;
    if path.len() > LONGEST {
        return None;
    }
    let distance = |there: &&String| strsim::damerau_levenshtein(path, there);
    let closest = registered.iter().min_by_key(distance)?;
    (distance(&closest) <= path.len().div_ceil(4)).then(|| closest.clone())
}

use serde::Serialize;

/// How much of a pack must verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyPolicy {
    /// Nothing is checked.
    Off,
    /// Everything is checked and reported, nothing is refused.
    #[default]
    Warn,
    /// A pack with any problem is refused; an unsigned one, too.
    Require,
}

/// What holds of a pack, file by file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerificationReport {
    /// The policy that was asked for.
    pub policy: VerifyPolicy,
    /// Every file of the pack, and those that are listed and not there, by name.
    pub files: Vec<FileReport>,
    /// The list of files.
    pub sbom: SbomStatus,
    /// The lock, and components that no bytes are there for.
    pub lock: LockCheck,
    /// The signature.
    pub signature: SignatureStatus,
}

/// What holds of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Its name.
    pub path: String,
    /// Its size; none when it is not there.
    pub size: Option<u64>,
    /// Against the list of files.
    pub sbom: SbomCheck,
    /// Against the lock; none for what is no component.
    pub lock: Option<LockCheck>,
}

/// One file against the list of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SbomCheck {
    /// Nothing was checked.
    Unchecked,
    /// Size and digest are as listed.
    Holds,
    /// The list cannot be in itself, nor its signature.
    NotListable,
    /// It is not listed.
    NotListed,
    /// It is listed, but not there.
    Absent,
    /// Its size is another.
    SizeDiffers {
        /// The size that is listed.
        listed: u64,
    },
    /// Its BLAKE3 digest is another.
    HashDiffers {
        /// The digest that is listed.
        listed: String,
        /// The digest that it has.
        actual: String,
    },
}

/// The list of files as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SbomStatus {
    /// Nothing was checked.
    Unchecked,
    /// There is one.
    Present {
        /// The member that it is.
        name: &'static str,
    },
    /// There is none.
    Missing,
    /// It cannot be read.
    Unreadable {
        /// Why.
        detail: String,
    },
}

/// A component, or all of them, against the lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockCheck {
    /// Nothing was checked.
    Unchecked,
    /// The SHA-256 is the one that is locked; of the lock as a whole: it is there and names nothing that is missing.
    Holds,
    /// There is no lock.
    NoLock,
    /// The lock cannot be read.
    Unreadable {
        /// Why.
        detail: String,
    },
    /// The lock has no entry for the component.
    NotLocked,
    /// The SHA-256 is another.
    Differs {
        /// The digest that is locked.
        locked: String,
        /// The digest that it has.
        actual: String,
    },
    /// Components of the manifest or the lock have no bytes in the pack.
    ComponentsAbsent {
        /// Their ids.
        ids: Vec<String>,
    },
}

/// The signature of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SignatureStatus {
    /// Nothing was checked.
    Unchecked,
    /// A trusted key signed the list of files.
    Trusted {
        /// The keys.
        key_ids: Vec<String>,
    },
    /// There is none.
    Unsigned,
    /// No key that is trusted signed.
    NotTrusted {
        /// The keys that the envelope names.
        key_ids: Vec<String>,
    },
    /// A signature is not that of the trusted key that it names.
    Wrong {
        /// The key.
        key_id: String,
    },
    /// What was signed is not this pack's list of files.
    OfAnotherList,
    /// It is no envelope around a list of files.
    Malformed {
        /// What is wrong.
        detail: String,
    },
}

impl VerificationReport {
    /// Everything that does not hold, one sentence each. Empty when the pack verifies, or nothing was checked.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        problems.extend(self.sbom.problem());
        problems.extend(self.signature.problem());
        problems.extend(self.lock.problem("the pack"));
        for file in &self.files {
            problems.extend(file.sbom.problem(&file.path));
            // Without a lock each component would repeat what is said above.
            let lock = file.lock.as_ref().filter(|lock| **lock != LockCheck::NoLock);
            problems.extend(lock.and_then(|lock| lock.problem(&format!("`{}`", file.path))));
        }
        problems
    }

    /// What shows that the pack is not what was built or signed, one sentence each. A list, a lock or a signature that is not
    /// there, and a signature by a key that is not trusted, contradict nothing.
    #[must_use]
    pub fn contradictions(&self) -> Vec<String> {
        let is_absence = |problem: &SignatureStatus| {
            matches!(problem, SignatureStatus::Unsigned | SignatureStatus::NotTrusted { .. })
        };
        let mut problems = Vec::new();
        problems.extend(self.sbom.problem().filter(|_| self.sbom != SbomStatus::Missing));
        problems.extend(self.signature.problem().filter(|_| !is_absence(&self.signature)));
        problems.extend(self.lock.problem("the pack").filter(|_| self.lock != LockCheck::NoLock));
        let has_list = self.sbom != SbomStatus::Missing;
        for file in &self.files {
            problems.extend(file.sbom.problem(&file.path).filter(|_| has_list));
            let lock = file.lock.as_ref().filter(|lock| **lock != LockCheck::NoLock);
            problems.extend(lock.and_then(|lock| lock.problem(&format!("`{}`", file.path))));
        }
        problems
    }

    /// Whether everything was checked and holds.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.policy != VerifyPolicy::Off && self.problems().is_empty()
    }

    /// The first problems in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        const SHOWN: usize = 3;
        let problems = self.problems();
        let mut text = problems.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
        if problems.len() > SHOWN {
            text.push_str(&format!("; and {} more", problems.len() - SHOWN));
        }
        text
    }
}

impl SbomStatus {
    fn problem(&self) -> Option<String> {
        match self {
            Self::Unchecked | Self::Present { .. } => None,
            Self::Missing => Some("it has no list of files (`sbom.cbor`)".to_owned()),
            Self::Unreadable { detail } => {
                Some(format!("its list of files cannot be read: {detail}"))
            }
        }
    }
}

impl SbomCheck {
    fn problem(&self, path: &str) -> Option<String> {
        match self {
            Self::Unchecked | Self::Holds | Self::NotListable => None,
            Self::NotListed => Some(format!("`{path}` is not in the list of files")),
            Self::Absent => Some(format!("`{path}` is listed, but not there")),
            Self::SizeDiffers { listed } => {
                Some(format!("`{path}` has not the listed size {listed}"))
            }
            Self::HashDiffers { .. } => Some(format!("`{path}` has not the listed digest")),
        }
    }
}

impl LockCheck {
    fn problem(&self, subject: &str) -> Option<String> {
        match self {
            Self::Unchecked | Self::Holds => None,
            Self::NoLock => Some("it has no lock (`pack.lock.cbor`)".to_owned()),
            Self::Unreadable { detail } => Some(format!("its lock cannot be read: {detail}")),
            Self::NotLocked => Some(format!("{subject} is a component that is not in the lock")),
            Self::Differs { .. } => {
                Some(format!("{subject} has not the digest that the lock has for it"))
            }
            Self::ComponentsAbsent { ids } => {
                Some(format!("{subject} has no bytes for the components {}", ids.join(", ")))
            }
        }
    }
}

impl SignatureStatus {
    fn problem(&self) -> Option<String> {
        match self {
            Self::Unchecked | Self::Trusted { .. } => None,
            Self::Unsigned => Some("it is not signed".to_owned()),
            Self::NotTrusted { key_ids } => Some(format!(
                "no trusted key signed it; its signature names {}",
                key_ids.join(", ")
            )),
            Self::Wrong { key_id } => Some(format!("the signature of key `{key_id}` is wrong")),
            Self::OfAnotherList => Some("what was signed is not its list of files".to_owned()),
            Self::Malformed { detail } => Some(format!("its signature cannot be read: {detail}")),
        }
    }
}

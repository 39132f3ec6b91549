use std::collections::BTreeMap;
use std::path::PathBuf;

/// What guests get of WASI beside clocks, random numbers and the log: nothing, unless it is listed.
///
/// It holds for every component of a host. A component that is only asked about itself gets nothing
/// of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunnerWasiPolicy {
    /// Environment variables. Nothing is taken over from the process.
    pub env: BTreeMap<String, String>,
    /// Folders of the host.
    pub preopens: Vec<PreopenSpec>,
}

/// A folder of the host that guests see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreopenSpec {
    /// The folder; it has to be there.
    pub host_path: PathBuf,
    /// Its name for guests.
    pub guest_path: String,
    /// What guests may do in it.
    pub access: FolderAccess,
}

/// What guests may do in a folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FolderAccess {
    /// Read it.
    #[default]
    Read,
    /// Read and change it. Nothing but the folder's own quota bounds what they write.
    ReadWrite,
}

impl RunnerWasiPolicy {
    /// Nothing is given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives an environment variable.
    #[must_use]
    pub fn with_env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Gives a folder.
    #[must_use]
    pub fn with_preopen(mut self, folder: PreopenSpec) -> Self {
        self.preopens.push(folder);
        self
    }

    /// The first thing that cannot be given; none when all can. Looks at the folders.
    pub(crate) fn problem(&self) -> Option<WasiPolicyError> {
        let is_name = |name: &String| !name.is_empty() && !name.contains(['=', '\0']);
        if let Some((name, _)) =
            self.env.iter().find(|(name, value)| !is_name(name) || value.contains('\0'))
        {
            return Some(WasiPolicyError::Env { name: name.clone() });
        }
        let missing = self.preopens.iter().find(|folder| !folder.host_path.is_dir())?;
        Some(WasiPolicyError::Preopen { path: missing.host_path.clone() })
    }
}

impl PreopenSpec {
    /// A folder that guests may read.
    #[must_use]
    pub fn new(host_path: impl Into<PathBuf>, guest_path: impl Into<String>) -> Self {
        let access = FolderAccess::default();
        Self { host_path: host_path.into(), guest_path: guest_path.into(), access }
    }

    /// A folder that guests may read and change.
    #[must_use]
    pub fn writable(host_path: impl Into<PathBuf>, guest_path: impl Into<String>) -> Self {
        Self { access: FolderAccess::ReadWrite, ..Self::new(host_path, guest_path) }
    }
}

/// Something of a [`RunnerWasiPolicy`] cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WasiPolicyError {
    /// A variable that no process can have.
    #[error("`{name}` cannot be an environment variable; a name has no `=`, and neither has a NUL")]
    Env {
        /// The name.
        name: String,
    },
    /// A folder that is not there.
    #[error("guests cannot be given `{}`, which is no folder; make it first", path.display())]
    Preopen {
        /// The folder.
        path: PathBuf,
    },
}

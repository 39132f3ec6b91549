use std::fmt;

use greentic_conformance::SubjectError;

use crate::{EnvironmentMutations, StoreError, StoreWithHistory};

/// A kind of store that is judged: makes empty ones, and says what they can.
pub trait Subject: Send + Sync {
    /// What the report calls it.
    fn name(&self) -> String;

    /// What its stores can beyond what every store can.
    fn capabilities(&self) -> Capabilities;

    /// An empty store, apart from all others: each clause gets one of its own. What it needs on disk
    /// or elsewhere is gone when the last handle is dropped.
    ///
    /// # Errors
    /// Why there is none. The clause fails with that text.
    fn fresh(&self) -> Result<Box<dyn Opened>, SubjectError>;
}

/// A handle to a store of a [`Subject`].
pub trait Opened: Send + Sync {
    /// The store.
    fn store(&self) -> &dyn EnvironmentMutations;

    /// The store with its history; none when it keeps none ([`Capability::History`]).
    fn history(&self) -> Option<&dyn StoreWithHistory> {
        None
    }

    /// A second handle to the same data, to be used beside this one, as another process would
    /// ([`Capability::SecondHandle`]).
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when one handle at a time is all that there can be.
    fn second_handle(&self) -> Result<Box<dyn Opened>, StoreError> {
        Err(StoreError::Unsupported { what: "second handle" })
    }

    /// Closes this handle and opens the same data again, as after a restart ([`Capability::Reopen`]).
    ///
    /// # Errors
    /// [`StoreError::Unsupported`] when the data ends with the handle.
    fn reopen(self: Box<Self>) -> Result<Box<dyn Opened>, StoreError> {
        Err(StoreError::Unsupported { what: "reopening" })
    }
}

/// Something that a store may be able to do, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// It has an operator key: it seeds trust roots, rotates the key, and signs revenue policies.
    OperatorKey,
    /// It mints secrets.
    Secrets,
    /// It tells generations as they come.
    Watch,
    /// It keeps the past.
    History,
    /// It takes documents back from a backup.
    Backup,
    /// The same data can be opened again.
    Reopen,
    /// The same data can be used through two handles at a time.
    SecondHandle,
}

impl Capability {
    /// Its name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OperatorKey => "operator-key",
            Self::Secrets => "secrets",
            Self::Watch => "watch",
            Self::History => "history",
            Self::Backup => "backup",
            Self::Reopen => "reopen",
            Self::SecondHandle => "second-handle",
        }
    }
}

impl greentic_conformance::Capability for Capability {
    const ALL: &'static [Self] = &[
        Self::OperatorKey,
        Self::Secrets,
        Self::Watch,
        Self::History,
        Self::Backup,
        Self::Reopen,
        Self::SecondHandle,
    ];
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a store says that it can do.
pub type Capabilities = greentic_conformance::Capabilities<Capability>;

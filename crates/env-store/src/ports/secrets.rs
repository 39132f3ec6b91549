use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use greentic_deploy_spec::SecretRef;

/// Mints and deletes secrets. Values stay behind this port: a store knows references only.
pub trait SecretSink: Debug + Send + Sync {
    /// Makes a random secret of at least 32 bytes and keeps it under a reference.
    ///
    /// It is durable when this returns. What is there already is never overwritten.
    ///
    /// # Errors
    /// [`SecretSinkError::Exists`] when the reference is taken, [`SecretSinkError::Failed`].
    fn mint(&self, reference: &SecretRef) -> Result<(), SecretSinkError>;

    /// Deletes a secret. One that is absent is deleted already.
    ///
    /// # Errors
    /// [`SecretSinkError::Failed`].
    fn delete(&self, reference: &SecretRef) -> Result<(), SecretSinkError>;
}

/// A secret was not minted or deleted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretSinkError {
    /// There is a secret under that reference.
    #[error("there is a secret `{reference}` already; name another reference")]
    Exists {
        /// The reference.
        reference: SecretRef,
    },
    /// The backend failed.
    #[error("the secret `{reference}` cannot be written or deleted")]
    Failed {
        /// The reference.
        reference: SecretRef,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SecretSinkError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "secret-exists",
            Self::Failed { .. } => "secret-sink-failed",
        }
    }
}

/// Remembers which references have a secret, and no value: for tests.
#[derive(Debug, Default)]
pub struct MemorySecretSink {
    references: Mutex<BTreeSet<String>>,
}

impl MemorySecretSink {
    /// The references that have a secret now, sorted.
    #[must_use]
    pub fn references(&self) -> Vec<String> {
        self.locked().iter().cloned().collect()
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.references.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SecretSink for MemorySecretSink {
    fn mint(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        if self.locked().insert(reference.to_string()) {
            Ok(())
        } else {
            Err(SecretSinkError::Exists { reference: reference.clone() })
        }
    }

    fn delete(&self, reference: &SecretRef) -> Result<(), SecretSinkError> {
        self.locked().remove(&reference.to_string());
        Ok(())
    }
}

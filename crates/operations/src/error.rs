use greentic_env_store::StoreError;

/// Why an operation was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpError {
    /// The store refused, or could not be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OpError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Store(error) => error.code(),
        }
    }
}

use std::error::Error;

/// A port could not do what it was asked. Nothing falls back to memory: what cannot be kept is an
/// error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PortError {
    /// The other side cannot be reached or failed.
    #[error("{port} cannot {operation}; check that its service runs, then retry")]
    Unavailable {
        /// Which port: `sessions`, `state` or `secrets`.
        port: &'static str,
        /// What was tried.
        operation: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A value is larger than what is kept.
    #[error("{port} keeps at most {limit} bytes for one key, not {actual}")]
    TooLarge {
        /// Which port.
        port: &'static str,
        /// Bytes of the value.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// There is no room for another key.
    #[error(
        "{port} keeps at most {limit} keys in memory; bind an env-pack that keeps them elsewhere"
    )]
    Full {
        /// Which port.
        port: &'static str,
        /// Keys allowed, of the tenant or of all.
        limit: usize,
    },
    /// There is no room for a value.
    #[error(
        "{port} keeps at most {limit} bytes in memory; bind an env-pack that keeps them elsewhere"
    )]
    NoSpace {
        /// Which port.
        port: &'static str,
        /// Bytes allowed, of the tenant or of all.
        limit: usize,
    },
}

impl PortError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "port-unavailable",
            Self::TooLarge { .. } => "port-value-too-large",
            Self::Full { .. } => "port-full",
            Self::NoSpace { .. } => "port-no-space",
        }
    }
}

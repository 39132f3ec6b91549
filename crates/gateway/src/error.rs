use greentic_env_store::StoreError;
use greentic_runner_host::HostError;

use crate::admin::SocketError;
use crate::tokens::SigningKeyError;

/// A gateway cannot serve.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The environment cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key that tokens are signed with cannot be used.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The socket of the administration cannot be had.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Nothing can run workers.
    #[error(transparent)]
    Runner(#[from] HostError),
    /// The address cannot be told, or no thread can be started.
    #[error("cannot {action}; the machine is out of something")]
    Io {
        /// What was done.
        action: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The program ended its runtime meanwhile.
    #[error("the start was cut off; the program is ending")]
    Interrupted,
}

impl GatewayError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::SigningKey(error) => error.code(),
            Self::Socket(error) => error.code(),
            Self::Runner(error) => error.code(),
            Self::Io { .. } => "io",
            Self::Interrupted => "interrupted",
        }
    }
}

use crate::provider::ProviderError;
use crate::runtime::{NoFlow, RuntimeError};
use crate::turn::TurnError;
use crate::wasm::{CallError, WasiPolicyError, WasmError};

/// A host could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A host without tenants. [`crate::HostBuilder::build_open`] makes one that learns them later.
    #[error("at least one tenant configuration is required")]
    NoTenants,
    /// A tenant that the host was not told of.
    #[error(
        "tenant `{tenant}` is not configured; add its configuration with `RunnerHost::configure`"
    )]
    UnknownTenant {
        /// The tenant.
        tenant: String,
    },
    /// The engine cannot be used.
    #[error(transparent)]
    Wasm(#[from] WasmError),
    /// Components cannot be given what the policy says.
    #[error(transparent)]
    WasiPolicy(#[from] WasiPolicyError),
    /// A runtime cannot be made or used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// No flow answers the message.
    #[error(transparent)]
    NoFlow(#[from] NoFlow),
    /// The turn did not come to an answer.
    #[error(transparent)]
    Turn(#[from] TurnError),
    /// The provider cannot be found, or may not be asked.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// A component failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

impl HostError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoTenants => "no-tenants",
            Self::UnknownTenant { .. } => "unknown-tenant",
            Self::Wasm(error) => error.code(),
            Self::WasiPolicy(_) => "wasi-policy",
            Self::Runtime(error) => error.code(),
            Self::NoFlow(error) => error.code(),
            Self::Turn(error) => error.code(),
            Self::Provider(error) => error.code(),
            Self::Call(error) => error.code(),
        }
    }
}

use super::RuntimeKey;
use crate::pack::PackLoadError;

/// A runtime cannot be made or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// A revision without packs.
    #[error("a revision has at least one pack; stage it again")]
    NoPacks,
    /// A pack cannot be made ready.
    #[error(transparent)]
    Pack(#[from] PackLoadError),
    /// Two packs with the same id.
    #[error("two packs of the revision have the id `{pack_id}`; keep one of them")]
    DuplicatePack {
        /// The id.
        pack_id: String,
    },
    /// A pack that the tenant's bindings do not name.
    #[error("pack `{pack_id}` is not bound for tenant `{tenant}`")]
    PackNotBound {
        /// The pack.
        pack_id: String,
        /// The tenant.
        tenant: String,
    },
    /// A flow that the tenant's bindings name and the pack does not have.
    #[error(
        "pack `{pack_id}` has no flow `{flow_id}`, which the bindings of tenant `{tenant}` name"
    )]
    BoundFlowMissing {
        /// The pack.
        pack_id: String,
        /// The flow.
        flow_id: String,
        /// The tenant.
        tenant: String,
    },
    /// References without anything that resolves them.
    #[error("pack `{pack_id}` has runtime references, and nothing resolves them")]
    NoResolver {
        /// The pack.
        pack_id: String,
    },
    /// The thread that made it ready ended.
    #[error("making a runtime ready was cut off")]
    Interrupted,
    /// A runtime of another tenant.
    #[error("the runtime of tenant `{found}` does not match key tenant `{expected}`")]
    OtherTenant {
        /// The key's tenant.
        expected: String,
        /// The runtime's.
        found: String,
    },
    /// A runtime of another revision.
    #[error("the runtime's rollout identity does not match key: {key:?}")]
    OtherRevision {
        /// The key.
        key: Box<RuntimeKey>,
    },
    /// No runtime of the tenant is loaded.
    #[error("tenant {tenant} not loaded")]
    TenantNotLoaded {
        /// The tenant.
        tenant: String,
    },
    /// The revision's runtime is not loaded.
    #[error("revision runtime not loaded for tenant {}, deployment {}, revision {}", key.tenant, shown(key.deployment_id.as_ref()), shown(key.revision_id.as_ref()))]
    RevisionNotLoaded {
        /// The revision.
        key: Box<RuntimeKey>,
    },
}

fn shown(id: Option<&impl ToString>) -> String {
    id.map_or_else(|| "none".to_owned(), ToString::to_string)
}

impl RuntimeError {
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPacks => "revision-without-packs",
            Self::Pack(error) => error.code(),
            Self::DuplicatePack { .. } => "duplicate-pack",
            Self::PackNotBound { .. } => "pack-not-bound",
            Self::BoundFlowMissing { .. } => "bound-flow-missing",
            Self::NoResolver { .. } => "no-resolver",
            Self::Interrupted => "interrupted",
            Self::OtherTenant { .. } => "tenant-mismatch",
            Self::OtherRevision { .. } => "rollout-mismatch",
            Self::TenantNotLoaded { .. } => "tenant-not-loaded",
            Self::RevisionNotLoaded { .. } => "revision-not-loaded",
        }
    }
}

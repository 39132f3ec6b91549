//! What verbs take and give back, as it goes over the wire.

mod bindings;
mod bundles;
mod environment;
mod field_update;
mod messaging;
mod ours;
mod revisions;
mod traffic;
mod trust_root;

pub use bindings::{
    BindingGenerationOutcome, ExtensionBindingPayload, ExtensionKeyedPayload, PackBindingPayload,
};
pub use bundles::{AddBundlePayload, RemoveBundleOutcome, UpdateBundlePayload};
pub use environment::{
    CreateEnvironmentPayload, MergeReport, MigrateMergePayload, MigrateSeedPayload,
    UpdateEnvironmentPayload,
};
pub use field_update::FieldUpdate;
pub use messaging::{
    AddMessagingEndpointPayload, MessagingBundleLinkPayload, RotateWebhookSecretPayload,
    SetMessagingWelcomeFlowPayload,
};
pub use ours::{AdoptPayload, DrainReport, RestoreMode, Snapshot};
pub use revisions::{
    HealthCheckId, HealthGateFailure, RevisionTransitionOutcome, StageRevisionPayload,
    WarmRevisionPayload,
};
pub use traffic::{
    ApplyTrafficSplitOutcome, RollbackTrafficSplitOutcome, RollbackTrafficSplitPayload,
    SetTrafficSplitPayload,
};
pub use trust_root::{
    AddTrustedKeyPayload, RotateOperatorKeyOutcome, TrustRootAddOutcome, TrustRootRemoveOutcome,
    TrustRootSeed,
};

/// What authorises a change that names nothing.
pub const DEFAULT_AUTHORIZATION_REF: &str = "auth.json";

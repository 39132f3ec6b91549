//! The documents of an environment: shapes, defaults and the rules each one keeps by itself.

mod audit;
mod backup;
mod bindings;
mod bundle_deployment;
mod credentials;
mod environment;
mod extension_key;
mod host_config;
mod later_keys;
mod lifecycle;
mod messaging_endpoint;
mod pack_config;
mod policies;
mod public_base_url;
mod revenue_policy;
mod revision;
mod runtime;
mod runtime_config;
mod traffic_split;
mod trust_root;
mod update_channel;
mod update_stamp;
mod validate;

pub use audit::{Actor, AuditDecision, AuditEvent, AuditResult, POLICY_LOCAL_ONLY};
pub use backup::{BackupArtifact, BackupManifest};
pub use bindings::{EnvPackBinding, ExtensionBinding};
pub use bundle_deployment::{
    BundleDeployment, BundleDeploymentStatus, MAX_CONFIG_OVERRIDE_BYTES,
    MAX_CONFIG_OVERRIDE_KEYS_PER_PACK, MAX_CONFIG_OVERRIDE_PACKS, RevenueShareEntry, RouteBinding,
    TenantSelector, UsageMeter,
};
pub use credentials::{
    Credentials, CredentialsBootstrap, CredentialsExpiry, CredentialsMode, CredentialsValidation,
    CredentialsValidationResult,
};
pub use environment::Environment;
pub use extension_key::ExtensionKey;
pub use host_config::{
    DEFAULT_LISTEN_ADDR, EnvironmentConfig, EnvironmentHostConfig, GUI_DEFAULT_ENV_ID,
};
pub use later_keys::DeployRecord;
pub(crate) use later_keys::{
    DEFAULT_BUNDLE, DRAINING_SINCE, NEXT_SPLIT_GENERATION, NOTES, check_later_keys,
};
pub use lifecycle::{RevisionLifecycle, is_valid_transition};
pub use messaging_endpoint::{MessagingEndpoint, WelcomeFlowRef, is_telegram_class};
pub use pack_config::{LockedPack, PackConfig, PackListLock};
pub use policies::{HealthState, HealthStatus, RetentionPolicy, RevocationConfig};
pub use public_base_url::validate_public_base_url;
pub use revenue_policy::RevenuePolicyDocument;
pub use revision::{PackListEntry, Revision};
pub use runtime::{EnvironmentRuntime, RuntimeDiscoveryValue};
pub use runtime_config::{RevisionRuntimeBlock, RuntimeConfig, materialize_runtime_config};
pub use traffic_split::{MAX_SPLIT_ENTRIES, TOTAL_BASIS_POINTS, TrafficSplit, TrafficSplitEntry};
pub use trust_root::{
    InvalidTrustedKey, TrustRoot, TrustRootListing, TrustedKey, key_id_for_public_key_pem,
};
pub use update_channel::{
    DEFAULT_PLAN_ENDPOINT, DEFAULT_TRUST_DID, UpdateAction, UpdateChannelConfig,
};
pub use update_stamp::UpdateStamp;
pub(crate) use validate::check_override_packs;

//! Documents of a Greentic environment, the engine that judges every change to them, and the HTTP
//! contract of a remote store as data.
//!
//! This crate is pure: no files, no network, no clock, no runtime. Stores, servers and simulators
//! bring those and share the rules, which live here and nowhere else.
//!
//! ```
//! use greentic_deploy_spec::engine::{self, Command, Context, EnvState, Supplies};
//! use greentic_deploy_spec::{CreateEnvironmentPayload, Document, EnvId, EnvironmentHostConfig};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let env_id: EnvId = "local".parse()?;
//! let command = Command::CreateEnvironment(Document::new(CreateEnvironmentPayload {
//!     env_id: env_id.clone(),
//!     name: "Local".to_owned(),
//!     host_config: EnvironmentHostConfig::new(env_id.clone()),
//! })?);
//! let context = Context {
//!     env_id,
//!     now: "2026-06-16T08:53:20Z".parse()?,
//!     actor: engine::local_user("alice"),
//!     key: "01JTKW5B4W4Q5Y1CQW93F7S5VH".parse()?,
//!     supplies: Supplies::default(),
//! };
//! let applied = engine::apply(&EnvState::default(), &command, &context)?;
//! assert_eq!(applied.state.environment.unwrap().name, "Local");
//! # Ok(())
//! # }
//! ```

mod causes;
mod descriptor;
mod document;
mod documents;
pub mod dsse;
pub mod engine;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod ids;
mod integrity;
mod payloads;
mod refs;
pub mod remote;
pub mod routing;
#[cfg(feature = "schemas")]
mod schemas;
mod slot;
mod stash;
mod text;
mod version;

pub use causes::with_causes;
pub use descriptor::{PackDescriptor, PackDescriptorParseError};
pub use document::{
    Document, DocumentError, DocumentType, Elements, Identity, JsonError, MAX_DOCUMENT_BYTES,
    MAX_DOCUMENT_DEPTH, Shape, parse_json, typed_view,
};
pub use documents::*;
pub use engine::ActiveSplitRef;
pub use error::SpecError;
pub use ids::{
    BundleId, CustomerId, DeploymentId, EnvId, IdempotencyKey, InvalidEnvId, InvalidUlid,
    MessagingEndpointId, PackId, PartyId, RevisionId, UnsafeId, UnsafeIdReason,
};
pub use integrity::{
    INTEGRITY_ALGORITHM_SHA256, IntegrityError, StateIntegrity, canonical_json, canonical_value,
    sha256_hex,
};
pub use payloads::*;
pub use refs::{
    ExtensionRef, ExtensionRefParseError, RuntimeRef, RuntimeRefParseError, SecretRef,
    SecretRefParseError,
};
pub use remote::{
    ConcurrencyConflict, IdempotencyOutcome, IdempotencyRecord, IdempotencyReplay, ImportOutcome,
    ImportRequest, MutationResponse, Precondition, PreconditionError, RbacRequest,
    ReconcileCompletion, ReconcileCompletionRequest, RemoteContractError, RemoteStoreError,
    RestoreOutcome, RestoreRequest, StateEtag,
};
pub use slot::{CapabilitySlot, UnknownCapabilitySlot};
pub use stash::{PREV_PREFIX, load_inline, stash_inline};
pub use version::{SchemaVersion, SemVer};

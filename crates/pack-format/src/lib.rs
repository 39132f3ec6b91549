//! Reads, verifies and builds Greentic packs (`.gtpack`) and bundles (`.gtbundle`), and compiles flows (`.ygtc`).
//!
//! A crate of its own because everything that touches packs needs it, and none of it needs a WebAssembly runtime.
//!
//! Archives come from elsewhere and are taken for hostile: names are safe on every system, sizes are bounded by [`Limits`],
//! and what two readers could understand in two ways is refused. No input panics.

mod archive;
mod builder;
mod bundle;
mod cbor;
mod digest;
mod entry_name;
mod error;
pub mod expression;
mod flow;
mod json;
mod limits;
mod manifest;
mod pack;
pub mod revision;
mod verify;

pub use archive::open_regular;
pub use builder::{BuildError, BundleBuilder, PackBuilder};
pub use bundle::{
    BUNDLE_FORMAT_VERSION, Bundle, BundleImage, BundleLock, BundleManifest, BundlePack, Compression,
};
pub use digest::{Digest, InvalidDigest};
pub use entry_name::NameProblem;
pub use error::{DocumentProblem, EntryProblem, FormatProblem, PackError};
pub use flow::{
    ComponentRef, FLOW_SCHEMA_VERSION, Flow, FlowError, FlowMetadata, FlowProblem, Mapping, Node,
    NodeTelemetry, Place, Route, Routing, compile_flow,
};
pub use limits::Limits;
pub use manifest::{
    Bootstrap, ComponentCapabilities, ComponentManifest, ComponentOperation, ComponentProfiles,
    ComponentResources, ComponentSource, ComponentSources, Extension, PACK_SCHEMA_VERSION,
    PROVIDER_EXTENSION, PackCapability, PackDependency, PackFlow, PackKind, PackManifest,
    ProviderDeclaration, ProviderExtension, ProviderRuntime, SecretRequirement, SourceArtifact,
    is_plain_id,
};
pub use pack::Pack;
pub use verify::{
    FileReport, LockCheck, PackKey, PackSigner, SbomCheck, SbomStatus, SignatureOf,
    SignatureStatus, SignerError, VerificationReport, VerifyPolicy,
};

/// The examples of the page, so that they are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/packs.md")]
struct Page;

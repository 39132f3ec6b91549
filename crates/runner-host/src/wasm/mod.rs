//! Runs components: one engine for the process, and an isolated instance for each call.
//!
//! A [`WasmEngine`] compiles components and holds the bounds that all calls share. A [`Component`] is
//! compiled and linked once and can be called many times at once. What one call may do is a
//! [`Guest`]: for whom it runs, what it is granted, where its ports lead and how far it may go. What
//! is not granted is denied.
//!
//! Guests are taken to be hostile. A call ends within its deadline, also when the guest loops or
//! waits; its memory, its answer and what it writes are bounded; its errors carry bounded text.

mod bindings;
mod call;
mod cbor;
mod component;
mod config;
mod engine;
mod envelope;
mod error;
mod exports;
mod guest;
mod guest_log;
mod http;
mod imports;
mod invocation;
mod pool;
mod stdio;
mod store;
mod ticker;
mod turns;
mod wasi_policy;

pub use component::Component;
pub use config::EngineConfig;
pub use engine::WasmEngine;
pub use error::{CallError, WasmError};
pub use exports::{Exports, NodeAbi};
pub(crate) use guest::scope;
pub use guest::{
    Grants, Guest, Identity, Limits, Ports, RuntimeConfig, RuntimeRefResolver, SecretGrant,
    StateGrant,
};
pub use http::{
    HttpClient, HttpError, HttpHeader, HttpRequest, HttpResponse, NoHttp, Reach, Redirects,
    WebClient, WebClientError,
};
pub use invocation::{Input, Invocation};
pub use wasi_policy::{FolderAccess, PreopenSpec, RunnerWasiPolicy, WasiPolicyError};

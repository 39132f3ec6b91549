//! What guests may call. Each function asks the grants of its call first.

mod control;
mod http;
mod logger;
mod runtime_config;
mod secrets;
mod state;
mod unknown_wasi;

use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

pub(super) use unknown_wasi::with_denied_wasi;

use super::bindings::Host_;
use super::bindings::greentic::{http1_0_0, http1_1_0, interfaces_types};
use super::store::CallState;

/// The linker for all components: everything of the host, and all of WASI 0.2.
pub(super) fn linker(engine: &Engine) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    Host_::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    // Early components know the HTTP client by this name.
    http1_0_0::http_client::add_to_linker_instance::<_, HasSelf<CallState>>(
        &mut linker.instance("greentic:http/client@1.0.0")?,
        |state| state,
    )?;
    http1_1_0::http_client::add_to_linker_instance::<_, HasSelf<CallState>>(
        &mut linker.instance("greentic:http/client@1.1.0")?,
        |state| state,
    )?;
    Ok(linker)
}

/// Types only: there is nothing to call.
impl interfaces_types::types::Host for CallState {}

/// The words of an error that a guest reads.
mod code {
    pub(super) const DENIED: &str = "denied";
    pub(super) const NOT_FOUND: &str = "not_found";
    pub(super) const UNAVAILABLE: &str = "unavailable";
    pub(super) const INVALID: &str = "invalid";
}

//! What the example components share: the way in for flow nodes, and CBOR.
//!
//! A component implements [`Component`] and names itself to the host with [`export!`]:
//!
//! ```
//! use guest::{Component, Failure, Input};
//!
//! struct Shout;
//!
//! impl Component for Shout {
//!     const NAME: &'static str = "shout";
//!     const SUMMARY: &'static str = "Answers in capitals.";
//!     const OPERATIONS: &'static [&'static str] = &["shout"];
//!
//!     fn invoke(_operation: &str, input: &Input) -> Result<Vec<u8>, Failure> {
//!         let words: String = input.decode()?;
//!         guest::encode(&words.to_uppercase())
//!     }
//! }
//!
//! guest::export!(Shout with_types_in guest::bindings);
//! ```

mod cbor;
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
mod heap;
mod node;

pub use cbor::encode;
pub use node::{Component, Failure, Input};

/// What `wit-bindgen` makes of the interface `greentic:component/node`.
pub mod bindings {
    wit_bindgen::generate!({
        path: "../../../crates/runner-host/wit",
        inline: "package examples:guest; world node { export greentic:component/node@0.6.0; }",
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "guest::bindings",
    });
}

pub use bindings::export;

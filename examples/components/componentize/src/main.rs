//! Turns a WebAssembly module that wit-bindgen made into a component.
//!
//! `componentize <module.wasm> <component.wasm>`. Only for the target `wasm32-unknown-unknown`: the WASI targets do this by
//! themselves.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use wit_component::ComponentEncoder;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(from), Some(to), None) = (arguments.next(), arguments.next(), arguments.next())
    else {
        anyhow::bail!("usage: componentize <module.wasm> <component.wasm>");
    };
    let module = std::fs::read(&from).with_context(|| format!("cannot read {}", from.display()))?;
    let component = ComponentEncoder::default()
        .module(&module)
        .and_then(|encoder| encoder.validate(true).encode())
        .with_context(|| format!("{} is no module of a component", from.display()))?;
    std::fs::write(&to, component).with_context(|| format!("cannot write {}", to.display()))
}

use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, ResourceType};

use crate::wasm::store::{CallState, Stop};

/// What is linked for real. WASI's other packages are there and denied.
const LINKED: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// Stands for the resources of interfaces that are denied. None is ever made.
struct Denied;

/// The linker for one component: what it imports of WASI beyond 0.2's command world is there, and
/// ends the call when it is used.
///
/// Many components import such interfaces by their toolchain and never call them.
pub(in crate::wasm) fn with_denied_wasi(
    linker: &Linker<CallState>,
    component: &Component,
) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = linker.clone();
    let engine = component.engine();
    for (name, import) in component.component_type().imports(engine) {
        let is_denied = name.starts_with("wasi:") && !LINKED.iter().any(|p| name.starts_with(p));
        let ComponentItem::ComponentInstance(interface) = import.ty else { continue };
        if !is_denied {
            continue;
        }
        let mut instance = linker.instance(name)?;
        for (item, export) in interface.exports(engine) {
            match export.ty {
                ComponentItem::ComponentFunc(_) => {
                    let what = format!("{name}.{item}");
                    instance
                        .func_new(item, move |_, _, _, _| Err(Stop::Denied(what.clone()).into()))?;
                }
                ComponentItem::Resource(_) => {
                    instance.resource(item, ResourceType::host::<Denied>(), |_, _| Ok(()))?;
                }
                _ => {}
            }
        }
    }
    Ok(linker)
}

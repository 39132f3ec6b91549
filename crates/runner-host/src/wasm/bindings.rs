//! What the host offers to components, as traits made from the WIT files.

#![allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    reason = "made from the WIT files, which say what each item is"
)]

wasmtime::component::bindgen!({
    path: "wit",
    world: "host",
    imports: { default: async | trappable },
});

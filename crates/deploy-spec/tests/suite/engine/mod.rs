//! What each verb does, refuses and says.

mod bindings;
mod bundles;
mod environment;
mod messaging;
mod revisions;
mod traffic;
mod trust_root;
mod whole;

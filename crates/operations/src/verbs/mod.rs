//! The verbs on revisions, traffic and bundles: what is recorded, then what the provider does.

mod bundles;
mod revisions;
mod splits;
mod traffic;
mod undo;

pub use bundles::RemoveBundleRequest;
pub use revisions::{FinishDrainRequest, RevisionRequest, StageRequest};
pub use traffic::{ClearedTraffic, DeploymentRequest, SetTrafficRequest};
pub use undo::{UndoRequest, Undone, generation_before};

pub(crate) use revisions::{bring_up, document, read_bundle, recorded, unwritable};
pub(crate) use splits::is_whole;

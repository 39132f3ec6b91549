//! The verbs on revisions, traffic and bundles: what is recorded, then what the provider does.

mod bundles;
mod revisions;
mod traffic;

pub use bundles::RemoveBundleRequest;
pub use revisions::{FinishDrainRequest, RevisionRequest, StageRequest};
pub use traffic::{ClearedTraffic, DeploymentRequest, SetTrafficRequest};

pub(crate) use revisions::{bring_up, document, read_bundle, recorded, unwritable};
pub(crate) use traffic::is_whole;

//! The folder of a staged revision: `<environment>/revisions/<ULID>/`.
//!
//! ```text
//! bundle.gtbundle           the bundle as it came; the revision has its digest
//! bundle/                   what is in it
//! pack-list.lock            the packs that run, each with its digest
//! pack-configs/<pack>.json  the configuration of a pack
//! ```
//!
//! [`RevisionFolder`] reads one, [`StagingArea`] makes them. A folder is there whole or not at all: it grows under another name
//! and gets its own in one step, after everything in it is on the disk.

mod config_input;
mod error;
mod folder;
mod place;
mod staging;

pub use error::RevisionFolderError;
pub use folder::{RevisionFolder, StagedPack};
pub use staging::{StageTarget, StagedFolders, StagedRevision, StagingArea, Sweep};

use greentic_deploy_spec::RevisionId;

/// The folder of all staged revisions, below the environment's.
const REVISIONS: &str = "revisions";
const IMAGE_NAME: &str = "bundle.gtbundle";
const SIGNATURE_NAME: &str = "bundle.gtbundle.sig";
const BUNDLE_FOLDER: &str = "bundle";
const LOCK_NAME: &str = "pack-list.lock";
const CONFIGS_FOLDER: &str = "pack-configs";

/// What is in a revision's folder, as references that start at the environment's folder.
fn reference(revision_id: RevisionId, name: &str) -> String {
    format!("{REVISIONS}/{revision_id}/{name}")
}

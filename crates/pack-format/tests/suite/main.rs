//! What must hold of packs, bundles and flows.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says why, and so do its helpers"
)]

mod bundles;
mod flows;
mod hostile_documents;
mod hostile_images;
mod hostile_zips;
mod lab;
mod manifests;
mod never_panics;
mod packs;
mod page;
mod published;
mod revisions;
mod sense;
mod sources;
mod verification;

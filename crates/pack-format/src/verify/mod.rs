//! What holds of a pack: its list of files, its lock, its signature.

mod check;
mod lock;
mod report;
mod sbom;
mod signature;

pub(crate) use check::verify;
pub(crate) use lock::{LOCK_NAME, LockedComponent, LockedOperation, write_lock};
pub use report::{
    FileReport, LockCheck, SbomCheck, SbomStatus, SignatureStatus, VerificationReport, VerifyPolicy,
};
pub(crate) use sbom::{SBOM_NAME, write_sbom};
pub use signature::{PackKey, PackSigner, SignatureOf, SignerError};
pub(crate) use signature::{SIGNATURE_NAME, sign, write_envelope};

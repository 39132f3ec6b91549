//! What must hold of the stores.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

mod conformance;
mod faulty_files;
mod operator_key;
mod policy;
mod smoke;

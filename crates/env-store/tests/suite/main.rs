//! What must hold of the stores.

mod conformance;
mod faulty_files;
mod operator_key;
mod policy;
mod smoke;

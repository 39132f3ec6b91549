//! What must hold of the operations.

mod local_environment;

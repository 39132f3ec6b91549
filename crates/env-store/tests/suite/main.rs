//! What must hold of the stores.

mod smoke;

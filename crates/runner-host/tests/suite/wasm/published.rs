//! Components that were published, run as they are.

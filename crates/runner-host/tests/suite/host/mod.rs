//! What must hold of the host: messages in, answers out.

mod conversations;
mod lab;
mod limits;
mod packs;
mod published;
mod revisions;

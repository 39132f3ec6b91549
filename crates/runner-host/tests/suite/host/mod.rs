//! What must hold of the host: messages in, answers out.

mod bindings;
mod conversations;
mod flows;
mod folders;
mod lab;
mod leases;
mod limits;
mod packs;
mod page;
mod parked;
mod providers;
mod published;
mod revisions;
mod telemetry;
mod tenants;

//! Identifiers, each its own type so that one cannot stand in for another.

mod env_id;
mod idempotency_key;
mod mint;
mod opaque;
mod ulid_ids;

pub use env_id::{EnvId, InvalidEnvId};
pub use idempotency_key::IdempotencyKey;
pub use opaque::{BundleId, CustomerId, PackId, PartyId, UnsafeId, UnsafeIdReason};
pub(crate) use ulid_ids::parse_ulid;
pub use ulid_ids::{DeploymentId, InvalidUlid, MessagingEndpointId, RevisionId};

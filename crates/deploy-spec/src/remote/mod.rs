//! The HTTP contract of a remote store, as data: routes, bodies, statuses, etags and idempotency.
//! There is no HTTP library here; a client and a server read the same tables.
//!
//! ```
//! use greentic_deploy_spec::engine::Command;
//! use greentic_deploy_spec::remote::{Operation, Request};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let command = Command::DrainRevision { revision_id: "01JTKW0000000000000000REV1".parse()? };
//! let request = Request::for_command(&"local".parse()?, &command)?;
//! assert_eq!(request.path, "/environments/local/revisions/01JTKW0000000000000000REV1/drain");
//! assert_eq!(request.operation()?, Operation::Command("local".parse()?, command));
//! # Ok(())
//! # }
//! ```

mod answers;
mod backups;
mod envelope;
mod error;
mod etag;
mod idempotency;
mod path;
mod reconcile;
mod request;
mod results;
mod routes;

pub use answers::{
    BackupDeleted, BackupList, EnvironmentAnswer, EnvironmentList, Health, Readiness, Recorded,
    RuntimeAnswer,
};
pub use backups::{ImportOutcome, ImportRequest, RestoreOutcome, RestoreRequest};
pub use envelope::{ContractViolation, MutationEnvelope, MutationResponse, RbacRequest};
pub use error::{ErrorKind, RemoteContractError, RemoteStoreError};
pub use etag::{ConcurrencyConflict, InvalidEtag, Precondition, PreconditionError, StateEtag};
pub use idempotency::{IdempotencyOutcome, IdempotencyRecord, IdempotencyReplay};
pub use reconcile::{ReconcileCompletion, ReconcileCompletionRequest};
pub use request::{Operation, Request, RequestError};
pub use results::{outcome_of, result_of};
pub use routes::{IfMatch, Method, ROUTES, Route};

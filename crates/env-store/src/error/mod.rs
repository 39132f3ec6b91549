//! What can go wrong with a store.

mod kinds;
mod reasons;
mod translate;

use std::io;
use std::path::PathBuf;

use greentic_deploy_spec::{ConcurrencyConflict, DocumentError, EnvId, IdempotencyKey, SpecError};

use crate::backup::BackupError;
use crate::policy::PolicyError;
use crate::ports::{SecretSinkError, SignerError};

pub use reasons::{EditProblem, JournalProblem, LifecycleError, Refusal};

/// Why a store did not do what it was asked.
///
/// Unless the error is [`StoreError::OutcomeUnknown`] or [`StoreError::CommittedAfterSave`], nothing
/// was changed. The text says what is wrong and what to do; [`StoreError::code`] is stable;
/// [`StoreError::kind`] is the public kind, the same for every backend.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no such environment.
    #[error("there is no environment `{env_id}`; list those that there are")]
    NotFound {
        /// The environment.
        env_id: EnvId,
    },
    /// The id cannot be the name of a folder.
    #[error("environment id `{env_id}` cannot name a folder; choose another id")]
    UnsafeEnvId {
        /// The id.
        env_id: EnvId,
    },
    /// A file belongs to another environment than the folder that it is in.
    #[error(
        "`{}` belongs to environment `{found}`, not `{expected}`; an environment does not become another \
         one by copying its folder: name the folder `{found}`, or remove it",
        path.display()
    )]
    EnvIdMismatch {
        /// The file.
        path: PathBuf,
        /// The environment that the folder is for.
        expected: EnvId,
        /// The environment that the file names.
        found: String,
    },
    /// A recorded document breaks a rule of its type.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// The command contradicts what is recorded.
    #[error(transparent)]
    Conflict(Refusal),
    /// What the command creates is there already.
    #[error(transparent)]
    AlreadyExists(Refusal),
    /// The command is wrong in itself.
    #[error(transparent)]
    InvalidArgument(Refusal),
    /// Something in the environment that the command names is not there.
    #[error(transparent)]
    DependentNotFound(Refusal),
    /// A revision cannot take the step, or took it and failed.
    #[error(transparent)]
    Lifecycle(Box<LifecycleError>),
    /// Somebody changed the environment since the caller read it.
    #[error(
        "the environment changed since it was read (etag {:?}, generation {}); read it again and decide anew",
        .0.actual_etag,
        .0.actual_generation
    )]
    PreconditionFailed(ConcurrencyConflict),
    /// The key was used for another request.
    #[error("idempotency key `{key}` was used for another request; take a fresh key")]
    IdempotencyConflict {
        /// The key.
        key: IdempotencyKey,
    },
    /// The caller may not do this.
    #[error("not allowed by policy `{policy}`: {reason}")]
    Unauthorized {
        /// The policy that decided.
        policy: String,
        /// Why.
        reason: String,
    },
    /// The store was built without a port that the verb needs, or cannot do this at all.
    #[error("this store has no {what}; configure it, or use a store that has one")]
    Unsupported {
        /// What is missing.
        what: &'static str,
    },
    /// The other side does not know the verb.
    #[error("not implemented there: {detail}")]
    NotYetImplemented {
        /// What it says.
        detail: String,
    },
    /// A file was changed outside of the store in a way that cannot be taken over.
    #[error(
        "`{}` was changed by hand and cannot be taken over: {problem}. Mend the file, or put the \
         recorded one back with `gtc op env doctor --fix`, which keeps this one under `recovered/`",
        path.display()
    )]
    ExternalEdit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<EditProblem>,
    },
    /// A file cannot be read, and no journal has what it should say.
    #[error(
        "`{}` is invalid: {problem}. Nothing else has what it said: mend the file, or restore it from \
         a backup",
        path.display()
    )]
    InvalidFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: Box<EditProblem>,
    },
    /// The environment's lock was not free in time, or cannot be taken.
    #[error("cannot lock `{}`; another process works on the environment, retry when it is done", path.display())]
    Lock {
        /// The lock.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A call on an environment from inside a transaction on it.
    #[error(
        "environment `{env_id}` is in a transaction of this thread; use the transaction's own \
         methods inside it"
    )]
    InTransaction {
        /// The environment.
        env_id: EnvId,
    },
    /// A file cannot be read or written. Nothing was changed.
    #[error("cannot {operation} `{}`; nothing was changed{}", path.display(), hint(source))]
    Io {
        /// What was tried.
        operation: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file cannot be replaced as a whole. Nothing was changed.
    #[error("cannot write `{}`; nothing was changed{}", path.display(), hint(source))]
    AtomicWrite {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or row is not what it should be.
    #[error("`{}` cannot be read", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<DocumentError>,
    },
    /// The journal cannot be used.
    #[error("the journal `{}` {problem}", path.display())]
    Journal {
        /// The journal.
        path: PathBuf,
        /// What is wrong with it.
        problem: JournalProblem,
    },
    /// The folder is on a file system where the journal would not be safe.
    #[error(
        "`{}` is on {kind}, where a journal is not safe; keep environments on a local disk, or \
         use a remote store",
        path.display()
    )]
    UnsafeFileSystem {
        /// The folder.
        path: PathBuf,
        /// The kind of file system.
        kind: &'static str,
    },
    /// The trust root was changed outside of the store. Until somebody decides, only keys that both
    /// the file and the record have are trusted.
    #[error(
        "`{}` was changed outside of the store (added: {}; removed: {}). Trusting is never taken over \
         silently: put the recorded file back with `gtc op env doctor --fix`, or accept the file \
         with `gtc op env doctor --accept-trust-root`",
        path.display(),
        listed(added),
        listed(removed)
    )]
    TrustRoot {
        /// The file.
        path: PathBuf,
        /// Ids of keys that the file has and the record does not.
        added: Vec<String>,
        /// Ids of keys that the record has and the file does not.
        removed: Vec<String>,
    },
    /// The operator key cannot be used.
    #[error(transparent)]
    OperatorKey(#[from] SignerError),
    /// A revenue policy cannot be signed.
    #[error(transparent)]
    RevenuePolicy(#[from] PolicyError),
    /// A backup or snapshot cannot be used.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A secret cannot be minted.
    #[error(transparent)]
    Secret(#[from] SecretSinkError),
    /// The document would be larger than what can be read again.
    #[error(
        "the environment would have {actual} bytes, the limit is {limit}; remove what is not needed"
    )]
    TooLarge {
        /// Bytes it would have.
        actual: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// History does not reach that generation.
    #[error("generation {generation} is not kept; {}", kept(*oldest, *newest))]
    GenerationNotKept {
        /// What was asked for.
        generation: u64,
        /// The oldest that is kept; 0 when there is no history yet.
        oldest: u64,
        /// The newest; 0 when there is no history yet.
        newest: u64,
    },
    /// The change is committed; what follows a commit failed.
    #[error("the change is committed, but what follows it failed; do not repeat it")]
    CommittedAfterSave {
        /// What failed.
        #[source]
        source: Box<StoreError>,
    },
    /// Whether the change was committed is not known.
    #[error(
        "whether the change was committed is not known; retry with the same key `{key}`, which does \
         nothing twice"
    )]
    OutcomeUnknown {
        /// The key to retry with.
        key: IdempotencyKey,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The backend broke the contract: a defect of the store, not of the caller.
    #[error("the store broke its contract: {detail}; report it")]
    Contract {
        /// How.
        detail: String,
    },
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "; free some space and retry",
        io::ErrorKind::ReadOnlyFilesystem => "; the file system is read-only, make it writable",
        io::ErrorKind::PermissionDenied => "; give this user access to it",
        io::ErrorKind::FileTooLarge => "; it is larger than a document may be, make it smaller",
        io::ErrorKind::AlreadyExists => "; it is there already, choose another name",
        _ => "",
    }
}

fn kept(oldest: u64, newest: u64) -> String {
    match newest {
        0 => "there is no history yet, it begins with the next change".to_owned(),
        _ => format!("ask for one from {oldest} to {newest}"),
    }
}

fn listed(keys: &[String]) -> String {
    if keys.is_empty() { "none".to_owned() } else { keys.join(", ") }
}

impl StoreError {
    /// The same error about a file that no journal has a record of.
    #[cfg(feature = "local")]
    pub(crate) fn without_record(self) -> Self {
        let Self::ExternalEdit { path, problem } = self else { return self };
        match *problem {
            // Somebody copied a folder.
            EditProblem::Rule(SpecError::EnvIdMismatch { expected, actual, .. }) => {
                Self::EnvIdMismatch { path, expected, found: actual.to_string() }
            }
            problem => Self::InvalidFile { path, problem: Box::new(problem) },
        }
    }
}

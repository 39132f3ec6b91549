use std::io;
use std::path::PathBuf;

use greentic_deploy_spec::engine::Rejection;
use greentic_deploy_spec::remote::{ErrorKind, RequestError};
use greentic_deploy_spec::{
    ConcurrencyConflict, DocumentError, EnvId, HealthCheckId, IdempotencyKey, PreconditionError,
    RemoteStoreError, RevisionId, SpecError,
};

use crate::backup::BackupError;
use crate::policy::PolicyError;
use crate::ports::{SecretSinkError, SignerError};

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

/// Why a command was refused.
///
/// From the local engine with all fields; from a remote store with the text alone.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// What people read: what is wrong, and what to do.
    pub detail: String,
    /// The engine's own value; none when the judgement came over the wire.
    pub rejection: Option<Box<Rejection>>,
}

/// A revision took a step and failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The health gate stopped it. The revision is recorded as failed: this is committed.
    #[error(
        "the health gate stopped revision `{revision_id}`: {message}; it is recorded as failed, \
         mend what failed and retry it"
    )]
    HealthGateFailed {
        /// The revision.
        revision_id: RevisionId,
        /// The checks that failed.
        failed_checks: Vec<HealthCheckId>,
        /// What people read.
        message: String,
    },
}

/// What is wrong with a file that somebody changed.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EditProblem {
    /// It is no document of its type.
    #[error("{0}")]
    Document(DocumentError),
    /// It breaks a rule.
    #[error("{0}")]
    Rule(SpecError),
    /// The engine refuses it.
    #[error("{0}")]
    Refused(Box<Rejection>),
    /// It is no regular file.
    #[error("it is no regular file")]
    NotAFile,
}

/// What is wrong with a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalProblem {
    /// A newer version wrote it.
    #[error(
        "has format {found}, this version reads up to {supported}; use version {readable_by} or later"
    )]
    Newer {
        /// Its format.
        found: i64,
        /// The newest format that this version reads.
        supported: i64,
        /// The first version that reads it, as its writer noted.
        readable_by: String,
    },
    /// It is damaged, or no journal.
    #[error(
        "is damaged: {detail}. Restore the folder from a backup; or move the files `journal.db*` \
         away: the documents beside them are then read as they are, without history"
    )]
    Damaged {
        /// What was found.
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
    /// A stable name of the reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "environment-not-found",
            Self::UnsafeEnvId { .. } => "unsafe-environment-id",
            Self::EnvIdMismatch { .. } => "environment-id-mismatch",
            Self::Spec(error) => error.code(),
            Self::Conflict(refusal) => refusal.code("conflict"),
            Self::AlreadyExists(refusal) => refusal.code("already-exists"),
            Self::InvalidArgument(refusal) => refusal.code("invalid-request"),
            Self::DependentNotFound(refusal) => refusal.code("dependent-not-found"),
            Self::Lifecycle(_) => "health-gate-failed",
            Self::PreconditionFailed(_) => "precondition-failed",
            Self::IdempotencyConflict { .. } => "idempotency-conflict",
            Self::Unauthorized { .. } => "unauthorized",
            Self::Unsupported { .. } => "unsupported",
            Self::NotYetImplemented { .. } => "not-yet-implemented",
            Self::ExternalEdit { .. } => "external-edit-invalid",
            Self::InvalidFile { .. } => "file-invalid",
            Self::Lock { .. } => "locked",
            Self::InTransaction { .. } => "in-transaction",
            Self::Io { .. } | Self::AtomicWrite { .. } => "io",
            Self::Json { source, .. } => source.code(),
            Self::Journal { problem: JournalProblem::Newer { .. }, .. } => "journal-newer",
            Self::Journal { .. } => "journal-damaged",
            Self::UnsafeFileSystem { .. } => "unsafe-file-system",
            Self::TrustRoot { .. } => "trust-root-differs",
            Self::OperatorKey(error) => error.code(),
            Self::RevenuePolicy(error) => error.code(),
            Self::Backup(error) => error.code(),
            Self::Secret(error) => error.code(),
            Self::TooLarge { .. } => "environment-too-large",
            Self::GenerationNotKept { .. } => "generation-not-kept",
            Self::CommittedAfterSave { .. } => "committed-after-save",
            Self::OutcomeUnknown { .. } => "outcome-unknown",
            Self::Contract { .. } => "contract",
        }
    }

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

    /// The public kind of error, by which callers decide and which travels over the wire.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::UnsafeEnvId { .. }
            | Self::InvalidArgument(_)
            | Self::Backup(_)
            | Self::TooLarge { .. } => ErrorKind::InvalidRequest,
            Self::AlreadyExists(_) => ErrorKind::AlreadyExists,
            Self::DependentNotFound(_) | Self::GenerationNotKept { .. } => {
                ErrorKind::DependentNotFound
            }
            Self::Lifecycle(_) => ErrorKind::HealthGateFailed,
            Self::PreconditionFailed(_) => ErrorKind::PreconditionFailed,
            Self::IdempotencyConflict { .. } => ErrorKind::IdempotencyConflict,
            Self::Unauthorized { .. } => ErrorKind::Unauthorized,
            Self::Unsupported { .. } | Self::NotYetImplemented { .. } => {
                ErrorKind::NotYetImplemented
            }
            Self::Conflict(_)
            | Self::EnvIdMismatch { .. }
            | Self::ExternalEdit { .. }
            | Self::InvalidFile { .. }
            | Self::TrustRoot { .. }
            | Self::InTransaction { .. }
            | Self::Lock { .. } => ErrorKind::Conflict,
            Self::OperatorKey(SignerError::NoKey) => ErrorKind::Conflict,
            Self::Spec(_)
            | Self::Io { .. }
            | Self::AtomicWrite { .. }
            | Self::Json { .. }
            | Self::Journal { .. }
            | Self::UnsafeFileSystem { .. }
            | Self::OperatorKey(_)
            | Self::RevenuePolicy(_)
            | Self::Secret(_)
            | Self::CommittedAfterSave { .. }
            | Self::OutcomeUnknown { .. }
            | Self::Contract { .. } => ErrorKind::Internal,
        }
    }

    /// Tells whether the change may have been committed although this is an error.
    #[must_use]
    pub fn may_be_committed(&self) -> bool {
        matches!(
            self,
            Self::Lifecycle(_) | Self::CommittedAfterSave { .. } | Self::OutcomeUnknown { .. }
        )
    }

    /// The error of a rejection of the engine.
    #[must_use]
    pub fn from_rejection(rejection: Rejection) -> Self {
        if let Rejection::EnvironmentNotFound { env_id } = &rejection {
            return Self::NotFound { env_id: env_id.clone() };
        }
        let kind = rejection.kind();
        let detail = rejection.to_string();
        let refusal = Refusal { detail, rejection: Some(Box::new(rejection)) };
        match kind {
            ErrorKind::AlreadyExists => Self::AlreadyExists(refusal),
            ErrorKind::DependentNotFound => Self::DependentNotFound(refusal),
            ErrorKind::InvalidRequest => Self::InvalidArgument(refusal),
            ErrorKind::Internal => Self::Contract { detail: refusal.detail },
            _ => Self::Conflict(refusal),
        }
    }

    /// The error as a server answers it.
    #[must_use]
    pub fn to_remote(&self) -> RemoteStoreError {
        let detail = self.to_string();
        match self.kind() {
            ErrorKind::NotFound => RemoteStoreError::NotFound,
            ErrorKind::AlreadyExists => RemoteStoreError::AlreadyExists { detail },
            ErrorKind::InvalidRequest => RemoteStoreError::InvalidRequest { detail },
            ErrorKind::DependentNotFound => RemoteStoreError::DependentNotFound { detail },
            ErrorKind::Conflict => RemoteStoreError::Conflict { detail },
            ErrorKind::NotYetImplemented => RemoteStoreError::NotYetImplemented { detail },
            ErrorKind::IdempotencyConflict => {
                RemoteStoreError::IdempotencyConflict { reason: detail }
            }
            _ => match self {
                Self::PreconditionFailed(conflict) => {
                    RemoteStoreError::PreconditionFailed(conflict.clone())
                }
                Self::Unauthorized { policy, reason } => RemoteStoreError::Unauthorized {
                    policy: policy.clone(),
                    reason: reason.clone(),
                },
                Self::Lifecycle(error) => {
                    let LifecycleError::HealthGateFailed { revision_id, failed_checks, message } =
                        error.as_ref();
                    RemoteStoreError::HealthGateFailed {
                        revision_id: *revision_id,
                        failed_checks: failed_checks.clone(),
                        message: message.clone(),
                    }
                }
                _ => RemoteStoreError::Internal { message: detail },
            },
        }
    }
}

impl Refusal {
    fn code(&self, kind: &'static str) -> &'static str {
        self.rejection.as_ref().map_or(kind, |rejection| rejection.code())
    }
}

impl From<PreconditionError> for StoreError {
    fn from(error: PreconditionError) -> Self {
        match error {
            PreconditionError::Conflict(conflict) => Self::PreconditionFailed(conflict),
            required @ PreconditionError::Required => {
                Self::InvalidArgument(Refusal { detail: required.to_string(), rejection: None })
            }
        }
    }
}

impl From<RequestError> for StoreError {
    fn from(error: RequestError) -> Self {
        Self::InvalidArgument(Refusal { detail: error.to_string(), rejection: None })
    }
}

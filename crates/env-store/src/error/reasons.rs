use greentic_deploy_spec::engine::Rejection;
use greentic_deploy_spec::{DocumentError, HealthCheckId, RevisionId, SpecError};

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

impl Refusal {
    pub(super) fn code(&self, kind: &'static str) -> &'static str {
        self.rejection.as_ref().map_or(kind, |rejection| rejection.code())
    }
}

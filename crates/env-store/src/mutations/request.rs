use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{Actor, AuditEvent, IdempotencyKey, IdempotencyOutcome, Precondition};

use crate::EnvSnapshot;

/// A change that is asked for, with everything that decides how it is carried out.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Request {
    /// The change.
    pub command: Command,
    /// Names the request: a retry with the same key gets the same answer and changes nothing. A
    /// fresh one is minted when there is none, and the request cannot be retried safely.
    pub key: Option<IdempotencyKey>,
    /// The state that the caller decided on. The change is refused when it is another one.
    pub expected: Option<Precondition>,
    /// Who asks; the store's own actor when there is none.
    pub actor: Option<Actor>,
}

impl Request {
    /// A request without key, expectation and actor.
    #[must_use]
    pub fn new(command: Command) -> Self {
        Self { command, key: None, expected: None, actor: None }
    }

    /// The request under a key.
    #[must_use]
    pub fn keyed(command: Command, key: IdempotencyKey) -> Self {
        Self { key: Some(key), ..Self::new(command) }
    }
}

/// A change that is committed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Committed {
    /// The answer.
    pub outcome: Outcome,
    /// Everything right after the change, also when an old answer is repeated.
    pub after: EnvSnapshot,
    /// Whether this call made the change, or an earlier one with the same key did.
    pub idempotency: IdempotencyOutcome,
    /// What the audit log says about it.
    pub audit: AuditEvent,
    /// What follows a commit and is not done yet. Nothing of it is lost.
    pub warnings: Vec<Warning>,
}

impl Committed {
    /// A committed change without warnings.
    #[must_use]
    pub fn new(
        outcome: Outcome,
        after: EnvSnapshot,
        idempotency: IdempotencyOutcome,
        audit: AuditEvent,
    ) -> Self {
        Self { outcome, after, idempotency, audit, warnings: Vec::new() }
    }
}

/// Something that follows a commit and that is done later.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "warning", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Warning {
    /// A file that shows the environment to other tools is older than the journal. The next change
    /// writes it again.
    ProjectionLagging {
        /// The file, relative to the environment's folder.
        file: String,
        /// Why.
        detail: String,
    },
    /// A line is missing in the audit log. The next change adds it from the journal.
    AuditLagging {
        /// Why.
        detail: String,
    },
    /// A secret that nothing names any more is still there. The next change deletes it.
    SecretLagging {
        /// Its reference.
        secret_ref: String,
        /// Why.
        detail: String,
    },
    /// The new operator key is trusted and not in use yet. The next change puts it in use.
    OperatorKeyLagging {
        /// Why.
        detail: String,
    },
    /// A file was in the way and is kept under another name: one that was not the store's own, or
    /// the revenue policy of an earlier deployment.
    Recovered {
        /// The file, relative to the environment's folder.
        file: String,
        /// Where it is now, relative to the environment's folder.
        kept_as: String,
    },
    /// An edit by hand was taken over as a change of its own before this one.
    Adopted {
        /// The generation of that change.
        generation: u64,
    },
}

impl Warning {
    /// A stable name of the kind of warning.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::ProjectionLagging { .. } => "projection-lagging",
            Self::AuditLagging { .. } => "audit-lagging",
            Self::SecretLagging { .. } => "secret-lagging",
            Self::OperatorKeyLagging { .. } => "operator-key-lagging",
            Self::Recovered { .. } => "recovered",
            Self::Adopted { .. } => "adopted",
        }
    }
}

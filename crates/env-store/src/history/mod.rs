mod diff;

use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{AuditEvent, EnvId, Precondition, RestoreMode, Snapshot, StateEtag};
use json_patch::Patch;

use crate::{Committed, EnvSnapshot, EnvironmentMutations, EnvironmentReads, Request, StoreError};

pub(crate) use diff::{
    ANSWERS, ENVIRONMENT, ROUTING, RUNTIME, TRUST_ROOT, diff, diff_of, diff_routing,
    documents_but_routing, documents_of,
};

/// The past of environments, as far as a store keeps it.
pub trait EnvironmentHistory: EnvironmentReads {
    /// Commits of an environment, newest first: those before `page.before`, at most `page.limit`.
    /// Also of one that was destroyed.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn history(&self, env_id: &EnvId, page: HistoryPage) -> Result<Vec<CommitInfo>, StoreError>;

    /// Everything as it was right after a commit.
    ///
    /// # Errors
    /// [`StoreError::GenerationNotKept`]; [`StoreError::NotFound`]; or why it cannot be read.
    fn at(&self, env_id: &EnvId, generation: u64) -> Result<EnvSnapshot, StoreError>;

    /// What changed from one generation to another, document by document, as JSON Patch (RFC 6902).
    /// `from` may be the later one.
    ///
    /// # Errors
    /// As [`Self::at`].
    fn diff(&self, env_id: &EnvId, from: u64, to: u64) -> Result<Vec<DocumentDiff>, StoreError> {
        let (from, to) = (self.at(env_id, from)?, self.at(env_id, to)?);
        Ok(diff_of(from.state(), to.state()))
    }
}

/// A store that takes changes and keeps their history. Every type that is both is one.
pub trait StoreWithHistory: EnvironmentMutations + EnvironmentHistory {}

impl<S: EnvironmentMutations + EnvironmentHistory + ?Sized> StoreWithHistory for S {}

/// Which commits are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// Only generations before this one; none for the newest.
    pub before: Option<u64>,
    /// How many at most.
    pub limit: usize,
}

impl Default for HistoryPage {
    /// The newest 100.
    fn default() -> Self {
        Self { before: None, limit: 100 }
    }
}

/// One commit.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CommitInfo {
    /// Its generation.
    pub generation: u64,
    /// The generation that it was made on.
    pub parent: u64,
    /// The environment's etag after it; none when there is none.
    pub etag: Option<StateEtag>,
    /// Who did what, when and why it was allowed.
    pub event: AuditEvent,
}

/// How one document changed.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DocumentDiff {
    /// The document: `environment`, `runtime`, `trust-root`, `routing` or `answers/<slot>`.
    pub document: String,
    /// What to do to the one to get the other. A document that appears or disappears is added or
    /// removed as a whole, at the empty path.
    pub patch: Patch,
}

/// Takes changes back: the environment becomes what it was at a generation, as a new commit that
/// the engine judges like any other.
///
/// The trust root, credentials, secrets, revenue policies and lifecycles have effects that writing
/// an old document does not take back; an undo that would touch them is refused with what to use
/// instead. It is refused too when somebody commits in between. A traffic split that comes back has a
/// generation of its own.
///
/// # Errors
/// [`StoreError::Conflict`] when it is refused, else as [`EnvironmentHistory::at`] and
/// [`EnvironmentMutations::execute`].
pub fn undo<S: StoreWithHistory + ?Sized>(
    store: &S,
    env_id: &EnvId,
    to_generation: u64,
    request: Request,
) -> Result<Committed, StoreError> {
    let now = store.snapshot(env_id)?;
    let command = undo_command(&store.at(env_id, to_generation)?)?;
    let expected =
        Precondition { if_match: now.etag().cloned(), expected_generation: Some(now.generation()) };
    let expected = request.expected.or(Some(expected));
    store.execute(env_id, Request { command, expected, ..request })
}

/// The command of an undo: [`undo`] puts it in place of the request's own.
pub(crate) fn undo_command(then: &EnvSnapshot) -> Result<Command, StoreError> {
    let trusted_key_ids = then
        .trust_root()
        .map_or_else(Vec::new, |root| root.keys.iter().map(|key| key.key_id.clone()).collect());
    let snapshot = Box::new(Snapshot {
        environment: then.require()?.clone(),
        runtime: then.runtime().cloned(),
        pack_answers: then.state().pack_answers.clone(),
        trusted_key_ids: Some(trusted_key_ids),
    });
    Ok(Command::Restore { mode: RestoreMode::Undo, snapshot })
}

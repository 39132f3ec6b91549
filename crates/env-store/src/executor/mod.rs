//! How a request becomes a commit: the part of every store that is not storage.
//!
//! A backend holds its lock (or transaction), looks the key up with [`Pending::replay`], and when it
//! is new, calls [`Pending::judge`] with what is recorded. What comes back is everything that the
//! commit consists of; the backend writes it as one.

mod follow_ups;
mod sizes;
mod supply;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use greentic_deploy_spec::engine::{self, Applied, Command, Context, EnvState, Outcome};
use greentic_deploy_spec::{
    Actor, AuditDecision, AuditEvent, AuditResult, EnvId, IdempotencyKey, IdempotencyOutcome,
    POLICY_LOCAL_ONLY, Precondition, SchemaVersion, remote,
};

use crate::ports::Ports;
use crate::{Committed, EnvSnapshot, Request, StoreError};

pub use follow_ups::FollowUp;
pub(crate) use supply::NoFiles;
pub use supply::{PolicyFile, PolicyFiles};

use follow_ups::follow_ups;
use sizes::{check_sizes, etag_of};

/// A request that is about to be carried out: with a key, an actor and a fingerprint.
#[derive(Clone, Debug)]
pub struct Pending {
    env_id: EnvId,
    command: Command,
    key: IdempotencyKey,
    expected: Option<Precondition>,
    actor: Actor,
    fingerprint: String,
    now: DateTime<Utc>,
}

/// A commit, before it is written.
#[derive(Clone, Debug)]
pub struct NewCommit {
    /// Everything after the change.
    pub after: EnvSnapshot,
    /// The request's key.
    pub key: IdempotencyKey,
    /// The request's fingerprint.
    pub fingerprint: String,
    /// The answer.
    pub outcome: Outcome,
    /// The audit event.
    pub event: AuditEvent,
    /// What follows the commit.
    pub follow_ups: Vec<FollowUp>,
}

/// What a ledger has under a key.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The fingerprint of the request that was answered.
    pub fingerprint: String,
    /// The answer.
    pub outcome: Outcome,
    /// What the audit log says about it.
    pub event: AuditEvent,
}

impl Pending {
    /// Completes a request.
    ///
    /// # Errors
    /// [`StoreError::UnsafeEnvId`], the same for every backend, whether it has folders or not; or
    /// when the request has no form in the remote contract, which fingerprints it.
    pub fn new(env_id: &EnvId, request: Request, ports: &Ports) -> Result<Self, StoreError> {
        if !env_id.is_safe_path_segment() {
            return Err(StoreError::UnsafeEnvId { env_id: env_id.clone() });
        }
        let wire = remote::Request::for_command(env_id, &request.command)?;
        let key = match request.key {
            Some(key) => key,
            None => fresh_key(ports)?,
        };
        Ok(Self {
            env_id: env_id.clone(),
            fingerprint: wire.fingerprint(),
            command: request.command,
            key,
            expected: request.expected.filter(Precondition::is_conditional),
            actor: request.actor.unwrap_or_else(|| ports.actor.clone()),
            now: ports.clock.now(),
        })
    }

    /// The environment.
    #[must_use]
    pub fn env_id(&self) -> &EnvId {
        &self.env_id
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &IdempotencyKey {
        &self.key
    }

    /// The change.
    #[must_use]
    pub fn command(&self) -> &Command {
        &self.command
    }

    /// The answer that is recorded under the request's key. `after` is the state that it led to.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyConflict`] when the key was used for another request.
    pub fn replay(&self, recorded: Recorded, after: EnvSnapshot) -> Result<Committed, StoreError> {
        self.check_same_request(&recorded)?;
        let replayed = IdempotencyOutcome::Replayed;
        Ok(Committed::new(recorded.outcome, after, replayed, recorded.event))
    }

    /// Tells whether a recorded answer is the answer to this request.
    ///
    /// # Errors
    /// [`StoreError::IdempotencyConflict`].
    pub fn check_same_request(&self, recorded: &Recorded) -> Result<(), StoreError> {
        if recorded.fingerprint == self.fingerprint {
            Ok(())
        } else {
            Err(StoreError::IdempotencyConflict { key: self.key.clone() })
        }
    }

    /// Tells whether the request is refused for an environment that was never there, without
    /// anything from outside. Nothing has to be made for such a request.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn check_on_nothing(&self) -> Result<(), StoreError> {
        let nothing = EnvState::default();
        if !engine::needs(&nothing, &self.command).is_empty() {
            return Ok(());
        }
        let context = self.context(engine::Supplies::default());
        match engine::apply(&nothing, &self.command, &context) {
            Ok(_) => self.check_expected(&EnvSnapshot::absent(self.env_id.clone())),
            // What a batch needs is known only once it is judged on a state.
            Err(rejection) if rejection.kind() == remote::ErrorKind::Internal => Ok(()),
            Err(rejection) => Err(StoreError::from_rejection(rejection)),
        }
    }

    fn context(&self, supplies: engine::Supplies) -> Context {
        Context {
            env_id: self.env_id.clone(),
            now: self.now,
            actor: self.actor.clone(),
            key: self.key.clone(),
            supplies,
        }
    }

    fn check_expected(&self, head: &EnvSnapshot) -> Result<(), StoreError> {
        let Some(expected) = &self.expected else { return Ok(()) };
        let Some(etag) = head.etag() else {
            return Err(StoreError::NotFound { env_id: self.env_id.clone() });
        };
        Ok(expected.check(etag, head.generation())?)
    }

    /// Judges the request on what is recorded, with what it needs from outside.
    ///
    /// Files of policies are written through `policies` before this returns, secrets are minted
    /// behind their port. Whatever was made for a commit that is not written is harmless.
    ///
    /// # Errors
    /// As [`crate::EnvironmentMutations`] says. Nothing is committed.
    pub fn judge(
        &self,
        head: &EnvSnapshot,
        ports: &Ports,
        policies: &dyn PolicyFiles,
    ) -> Result<NewCommit, StoreError> {
        self.judge_after(head, head, ports, policies)
    }

    /// Judges the request on `head`, when callers saw something else than `head` before: a store
    /// that first takes edits over counts a generation for them that no read showed. What the
    /// caller expects is compared with `shown`.
    ///
    /// # Errors
    /// As [`Self::judge`].
    pub fn judge_after(
        &self,
        shown: &EnvSnapshot,
        head: &EnvSnapshot,
        ports: &Ports,
        policies: &dyn PolicyFiles,
    ) -> Result<NewCommit, StoreError> {
        self.check_expected(shown)?;
        let supplies = supply::supply(self, head, ports, policies)?;
        let applied = engine::apply(head.state(), &self.command, &self.context(supplies))
            .map_err(StoreError::from_rejection)?;
        self.commit_of(head, applied, ports)
    }

    fn commit_of(
        &self,
        head: &EnvSnapshot,
        applied: Applied,
        ports: &Ports,
    ) -> Result<NewCommit, StoreError> {
        let follow_ups = follow_ups(&applied);
        let Applied { state, outcome, .. } = applied;
        let generation = head.generation() + 1;
        let (etag, size) = etag_of(&state)?;
        check_sizes(head.state(), &state, size)?;
        let mut event = self.event(ports, head.generation(), result_of(&outcome));
        event.new_generation = Some(generation);
        let after = EnvSnapshot::new(self.env_id.clone(), generation, etag, Arc::new(state));
        Ok(NewCommit {
            after,
            key: self.key.clone(),
            fingerprint: self.fingerprint.clone(),
            outcome,
            event,
            follow_ups,
        })
    }

    /// What the audit log says about a request that was refused on a state.
    #[must_use]
    pub fn refused(&self, ports: &Ports, generation: u64, error: &StoreError) -> AuditEvent {
        let kind = error.kind().as_str().to_owned();
        self.event(ports, generation, AuditResult::Error { kind, message: error.to_string() })
    }

    fn event(&self, ports: &Ports, previous_generation: u64, result: AuditResult) -> AuditEvent {
        let name = self.command.name();
        AuditEvent {
            schema: SchemaVersion::from(AuditEvent::schema_str()),
            event_id: ports.ids.ulid().to_string(),
            ts: self.now,
            actor: self.actor.clone(),
            env_id: self.env_id.to_string(),
            noun: name.noun.to_owned(),
            verb: name.verb.to_owned(),
            target: self.command.audit_target(&self.env_id),
            previous_generation: Some(previous_generation),
            new_generation: None,
            idempotency_key: Some(self.key.to_string()),
            authorization: local_decision(&self.env_id),
            result,
        }
    }
}

impl NewCommit {
    /// What the caller is told once it is written.
    #[must_use]
    pub fn into_committed(self) -> Committed {
        Committed::new(self.outcome, self.after, IdempotencyOutcome::Applied, self.event)
    }
}

fn fresh_key(ports: &Ports) -> Result<IdempotencyKey, StoreError> {
    let detail = |error| StoreError::Contract { detail: format!("an id is no key: {error}") };
    IdempotencyKey::new(ports.ids.ulid().to_string()).map_err(detail)
}

/// Whoever may write the folder may change the environment, as the public tools have it.
fn local_decision(env_id: &EnvId) -> AuditDecision {
    let policy = if env_id.as_str() == crate::defaults::LOCAL_ENV_ID {
        POLICY_LOCAL_ONLY
    } else {
        POLICY_LOCAL_OWNER
    };
    let reason = "the user may write the environment's folder".to_owned();
    AuditDecision::Allow { policy: policy.to_owned(), reason }
}

const POLICY_LOCAL_OWNER: &str = "local-owner";

fn result_of(outcome: &Outcome) -> AuditResult {
    match outcome.as_error() {
        None => AuditResult::Ok,
        Some(error) => AuditResult::Error {
            kind: error.kind().as_str().to_owned(),
            message: error.to_string(),
        },
    }
}

//! What a request comes to, with everything that was found before it.

use std::sync::Arc;

use greentic_deploy_spec::engine::{self, Command, EnvState, Need};
use greentic_deploy_spec::{Actor, EnvId};

use crate::executor::{NewCommit, Pending};
use crate::local::edits::{self, Depth, Odd};
use crate::local::head::Head;
use crate::local::journal::Transaction;
use crate::local::observe::Seen;
use crate::local::policies::Policies;
use crate::local::{layout, reader};
use crate::{Committed, EditProblem, EnvSnapshot, Request, StoreError, Warning};

use super::Work;

/// Who is recorded for an edit that was made outside of the store.
const EXTERNAL: &str = "external";

/// What is there before a request is judged.
pub(super) struct Ground {
    /// What is recorded.
    pub(super) head: Arc<Head>,
    /// The files that do not show it.
    pub(super) odd: Vec<Odd>,
    /// The commit that takes edits over, when there are some.
    pub(super) adoption: Option<NewCommit>,
}

/// What a request came to.
pub(super) enum Judged {
    /// The key was used before, and this was the answer.
    Known(Box<Committed>),
    New(Box<Decision>),
}

pub(super) struct Decision {
    pub(super) ground: Ground,
    pub(super) commit: NewCommit,
    pub(super) warnings: Vec<Warning>,
}

impl Work<'_> {
    pub(super) fn judge(
        &self,
        transaction: &Transaction<'_>,
        pending: &Pending,
        seen: &std::collections::BTreeMap<String, Seen>,
    ) -> Result<Judged, StoreError> {
        if let Some((generation, recorded)) = transaction.recorded(pending.key())? {
            pending.check_same_request(&recorded)?;
            let after = Head::at(&self.folder.env_id, transaction, generation)?;
            return pending.replay(recorded, after).map(|known| Judged::Known(Box::new(known)));
        }
        let head = self.writer.mirror.head(self.folder, transaction)?;
        let odd = edits::judge(self.folder, seen, &head, Some(transaction), Depth::All)?;
        let decision = self.decide(pending, head, odd, Some(transaction))?;
        Ok(Judged::New(Box::new(decision)))
    }

    pub(super) fn decide(
        &self,
        pending: &Pending,
        head: Arc<Head>,
        odd: Vec<Odd>,
        transaction: Option<&Transaction<'_>>,
    ) -> Result<Decision, StoreError> {
        let adoption = self.adopt(&head, &odd).map_err(|error| match head.generation() {
            0 => error.without_record(),
            _ => error,
        })?;
        let ground = Ground { head, odd, adoption };
        let before = ground.before();
        self.check_trust(&ground, before, pending.command())?;
        let policies = Policies::new(self.folder, transaction);
        let shown = ground.shown(&self.folder.env_id);
        let commit = pending.judge_after(&shown, before, self.ports, &policies)?;
        Ok(Decision { ground, commit, warnings: policies.into_warnings() })
    }

    /// The commit that takes over what somebody edited.
    pub(super) fn adopt(&self, head: &Head, odd: &[Odd]) -> Result<Option<NewCommit>, StoreError> {
        let Some(payload) = edits::adoption(self.folder, odd)? else { return Ok(None) };
        let mut recorded = head.snapshot.clone();
        if head.generation() == 0 {
            let state = reader::before_journal(self.folder, odd)?;
            recorded = EnvSnapshot::new(self.folder.env_id.clone(), 0, None, Arc::new(state));
        }
        if recorded.environment().is_none() && payload.environment.is_none() {
            return Ok(None);
        }
        let mut request = Request::new(Command::Adopt(Box::new(payload)));
        request.actor = Some(Actor { kind: EXTERNAL.to_owned(), user: None, uid: None });
        let pending = Pending::new(&self.folder.env_id, request, self.ports)?;
        let commit = pending.judge(&recorded, self.ports, &Policies::new(self.folder, None));
        commit.map(Some).map_err(|error| match error {
            StoreError::Conflict(refusal)
            | StoreError::InvalidArgument(refusal)
            | StoreError::AlreadyExists(refusal)
            | StoreError::DependentNotFound(refusal) => match refusal.rejection {
                Some(rejection) => StoreError::ExternalEdit {
                    path: self.folder.at(layout::ENVIRONMENT),
                    problem: Box::new(EditProblem::Refused(rejection)),
                },
                None => StoreError::Conflict(refusal),
            },
            error => error,
        })
    }

    /// Verbs that trust, or that change what is trusted, wait until somebody decided about a trust
    /// root that was changed outside.
    pub(super) fn check_trust(
        &self,
        ground: &Ground,
        before: &EnvSnapshot,
        command: &Command,
    ) -> Result<(), StoreError> {
        let asked = self.accepts_trust || ground.head.generation() == 0;
        if asked || !concerns_trust(before.state(), command) {
            return Ok(());
        }
        let state = ground.head.state();
        match edits::trust_difference(self.folder, &ground.odd, state) {
            Some(difference) => Err(difference.into_error(self.folder)),
            None => Ok(()),
        }
    }
}

impl Ground {
    /// What a request is judged on: what is recorded, with edits taken over.
    pub(super) fn before(&self) -> &EnvSnapshot {
        self.adoption.as_ref().map_or(&self.head.snapshot, |adoption| &adoption.after)
    }

    /// What reads show before the request: edits, at the generation that is recorded.
    pub(super) fn shown(&self, env_id: &EnvId) -> EnvSnapshot {
        let before = self.before();
        let (etag, state) = (before.etag().cloned(), Arc::clone(before.state()));
        EnvSnapshot::new(env_id.clone(), self.head.generation(), etag, state)
    }
}

/// Whether a command trusts a key or changes which keys are trusted.
pub(super) fn concerns_trust(state: &EnvState, command: &Command) -> bool {
    pub(super) fn signs(need: &Need) -> bool {
        match need {
            Need::Step { need, .. } => signs(need),
            Need::OperatorKey(_) | Need::RevenuePolicy(_) => true,
            _ => false,
        }
    }
    command.steps().any(|step| step.name().noun == "trust-root")
        || engine::needs(state, command).iter().any(signs)
}

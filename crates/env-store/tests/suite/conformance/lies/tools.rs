//! What lies are made of.

use greentic_deploy_spec::engine::{Command, Outcome};
use greentic_deploy_spec::{
    ConcurrencyConflict, CreateEnvironmentPayload, Document, DocumentType, EnvId,
    EnvironmentHostConfig, StateEtag, UpdateEnvironmentPayload,
};
use greentic_env_store::{
    Committed, EnvSnapshot, EnvironmentMutations, EnvironmentReads, Request, StoreError,
};

use super::liar::{Answer, Liar};

pub(super) fn doc<T: DocumentType>(typed: T) -> Document<T> {
    Document::new(typed).expect("a document")
}

pub(super) fn retyped<T: DocumentType + Clone>(document: &Document<T>) -> Document<T> {
    doc(document.typed().clone())
}

pub(super) fn no_change() -> Command {
    Command::UpdateEnvironment(doc(UpdateEnvironmentPayload::default()))
}

pub(super) fn rename(name: &str) -> Command {
    let name = Some(name.to_owned());
    Command::UpdateEnvironment(doc(UpdateEnvironmentPayload { name, ..Default::default() }))
}

pub(super) fn create(env_id: &EnvId) -> Command {
    Command::CreateEnvironment(doc(CreateEnvironmentPayload {
        env_id: env_id.clone(),
        name: "made up".to_owned(),
        host_config: EnvironmentHostConfig::new(env_id.clone()),
    }))
}

impl Liar {
    /// Does something, whatever becomes of it.
    pub(super) fn does(&self, env_id: &EnvId, command: Command) {
        drop(self.inner.execute(env_id, Request::new(command)));
    }

    /// Does something else than what was asked for.
    pub(super) fn does_instead(
        &self,
        env_id: &EnvId,
        request: Request,
        command: Command,
    ) -> Answer<Committed> {
        let mut request = request;
        request.command = command;
        self.inner.execute(env_id, request)
    }

    pub(super) fn honestly(&self, env_id: &EnvId, request: Request) -> Answer<Committed> {
        self.inner.execute(env_id, request)
    }

    /// Answers with the outcome of a change that is not made; another one, which changes nothing, is.
    pub(super) fn pretends(
        &self,
        env_id: &EnvId,
        request: Request,
        outcome: Outcome,
    ) -> Answer<Committed> {
        let mut committed = self.does_instead(env_id, request, no_change())?;
        committed.outcome = outcome;
        Ok(committed)
    }

    pub(super) fn generation(&self, env_id: &EnvId) -> u64 {
        self.inner.snapshot(env_id).map_or(0, |snapshot| snapshot.generation())
    }
}

/// The snapshot under another number and etag.
pub(super) fn numbered(
    snapshot: &EnvSnapshot,
    generation: u64,
    etag: Option<StateEtag>,
) -> EnvSnapshot {
    let state = snapshot.state().clone();
    EnvSnapshot::new(snapshot.env_id().clone(), generation, etag, state)
}

pub(super) fn precondition_failed(generation: u64) -> StoreError {
    StoreError::PreconditionFailed(ConcurrencyConflict {
        expected_etag: None,
        actual_etag: String::new(),
        expected_generation: None,
        actual_generation: generation,
    })
}

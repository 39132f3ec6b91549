use greentic_deploy_spec::engine::Command;
use greentic_deploy_spec::{
    CapabilitySlot, Document, DocumentType, EnvId, Environment, EnvironmentRuntime, Precondition,
    StateEtag,
};
use serde_json::Value;

use crate::mutations::Request;
use crate::{EnvironmentMutations, StoreError};

/// Whole documents of an environment. Every store that takes mutations has it.
///
/// Each write is the documented unconditional door for its document: validated, recorded with actor
/// and generation like every verb, and never half done.
pub trait EnvironmentStore: Send + Sync {
    /// The environments there are, sorted.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn list(&self) -> Result<Vec<EnvId>, StoreError>;

    /// Tells whether an environment is there.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn exists(&self, env_id: &EnvId) -> Result<bool, StoreError>;

    /// The environment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn load(&self, env_id: &EnvId) -> Result<Environment, StoreError>;

    /// Writes the environment, whatever is recorded now. Keys that the type does not know stay.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] when it is invalid; or why it was not written.
    fn save(&self, environment: &Environment) -> Result<(), StoreError>;

    /// Writes the environment when it still is what the caller read. Gives the etag after it.
    ///
    /// # Errors
    /// [`StoreError::PreconditionFailed`] when somebody changed it; else as [`Self::save`].
    fn save_if(
        &self,
        environment: &Environment,
        expected: &StateEtag,
    ) -> Result<StateEtag, StoreError>;

    /// What a deployer discovered; none when nothing was recorded.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why it cannot be read.
    fn load_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError>;

    /// Writes what a deployer discovered.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn save_runtime(&self, runtime: &EnvironmentRuntime) -> Result<(), StoreError>;

    /// The answers of a slot; none when there are none.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; or why they cannot be read.
    fn load_pack_answers(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
    ) -> Result<Option<Value>, StoreError>;

    /// Writes the answers of a slot.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn save_pack_answers(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        answers: &Value,
    ) -> Result<(), StoreError>;

    /// Removes the answers of a slot. What is absent is removed already.
    ///
    /// # Errors
    /// As [`Self::save`].
    fn delete_pack_answers(&self, env_id: &EnvId, slot: CapabilitySlot) -> Result<(), StoreError>;
}

impl<S: EnvironmentMutations + ?Sized> EnvironmentStore for S {
    fn list(&self) -> Result<Vec<EnvId>, StoreError> {
        self.list_env_ids()
    }

    fn exists(&self, env_id: &EnvId) -> Result<bool, StoreError> {
        self.env_exists(env_id)
    }

    fn load(&self, env_id: &EnvId) -> Result<Environment, StoreError> {
        self.load_env(env_id)
    }

    fn save(&self, environment: &Environment) -> Result<(), StoreError> {
        let command = Command::Replace(document(environment.clone())?);
        self.execute(&environment.environment_id, Request::new(command)).map(drop)
    }

    fn save_if(
        &self,
        environment: &Environment,
        expected: &StateEtag,
    ) -> Result<StateEtag, StoreError> {
        let env_id = &environment.environment_id;
        let mut request = Request::new(Command::Replace(document(environment.clone())?));
        request.expected =
            Some(Precondition { if_match: Some(expected.clone()), expected_generation: None });
        let committed = self.execute(env_id, request)?;
        let etag = committed.after.etag().cloned();
        etag.ok_or_else(|| StoreError::NotFound { env_id: env_id.clone() })
    }

    fn load_runtime(&self, env_id: &EnvId) -> Result<Option<EnvironmentRuntime>, StoreError> {
        self.read_runtime(env_id)
    }

    fn save_runtime(&self, runtime: &EnvironmentRuntime) -> Result<(), StoreError> {
        let command = Command::SaveRuntime(document(runtime.clone())?);
        self.execute(&runtime.environment_id, Request::new(command)).map(drop)
    }

    fn load_pack_answers(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
    ) -> Result<Option<Value>, StoreError> {
        Ok(self.snapshot(env_id)?.state().pack_answers.get(&slot).cloned())
    }

    fn save_pack_answers(
        &self,
        env_id: &EnvId,
        slot: CapabilitySlot,
        answers: &Value,
    ) -> Result<(), StoreError> {
        let command = Command::SavePackAnswers { slot, answers: answers.clone() };
        self.execute(env_id, Request::new(command)).map(drop)
    }

    fn delete_pack_answers(&self, env_id: &EnvId, slot: CapabilitySlot) -> Result<(), StoreError> {
        self.execute(env_id, Request::new(Command::DeletePackAnswers { slot })).map(drop)
    }
}

/// A document of a value that the caller built.
pub(crate) fn document<T: DocumentType>(value: T) -> Result<Document<T>, StoreError> {
    Document::new(value).map_err(|error| StoreError::from_rejection(error.into()))
}

use std::cell::RefCell;

use greentic_deploy_spec::engine::{self, Command, Context, EnvState, Supplies};
use greentic_deploy_spec::{
    CapabilitySlot, EnvId, Environment, EnvironmentRuntime, IdempotencyKey,
};
use serde_json::Value;

use super::environment::batch;
use crate::ports::Ports;
use crate::store::document;
use crate::{EnvSnapshot, StoreError};

/// An environment inside of [`crate::LocalFsStore::transact`]: what is loaded is what is recorded with
/// what was saved before, and nobody else changes it meanwhile.
#[derive(Debug)]
pub struct Locked<'a> {
    env_id: &'a EnvId,
    context: Context,
    draft: RefCell<Draft>,
}

#[derive(Debug)]
struct Draft {
    state: EnvState,
    commands: Vec<Command>,
}

impl<'a> Locked<'a> {
    pub(super) fn new(
        env_id: &'a EnvId,
        recorded: &EnvSnapshot,
        ports: &Ports,
    ) -> Result<Self, StoreError> {
        let key = IdempotencyKey::new(ports.ids.ulid().to_string())
            .map_err(|error| StoreError::Contract { detail: error.to_string() })?;
        let context = Context {
            env_id: env_id.clone(),
            now: ports.clock.now(),
            actor: ports.actor.clone(),
            key,
            supplies: Supplies::default(),
        };
        let state = EnvState::clone(recorded.state());
        Ok(Self { env_id, context, draft: RefCell::new(Draft { state, commands: Vec::new() }) })
    }

    /// What was saved, as one command; none when nothing was.
    pub(super) fn into_command(self) -> Option<Command> {
        batch(self.draft.into_inner().commands)
    }

    fn add(&self, command: Command) -> Result<(), StoreError> {
        let mut draft = self.draft.borrow_mut();
        let applied = engine::apply(&draft.state, &command, &self.context);
        draft.state = applied.map_err(StoreError::from_rejection)?.state;
        draft.commands.push(command);
        Ok(())
    }

    fn check_env_id(&self, env_id: &EnvId) -> Result<(), StoreError> {
        if env_id == self.env_id {
            return Ok(());
        }
        Err(StoreError::from_rejection(
            greentic_deploy_spec::SpecError::EnvIdMismatch {
                context: "environment",
                expected: self.env_id.clone(),
                actual: env_id.clone(),
            }
            .into(),
        ))
    }

    /// The environment; none when there is none.
    ///
    /// # Errors
    /// None today; kept fallible like every other load.
    pub fn find(&self) -> Result<Option<Environment>, StoreError> {
        let draft = self.draft.borrow();
        Ok(draft.state.environment.as_ref().map(|document| document.typed().clone()))
    }

    /// The environment.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn load(&self) -> Result<Environment, StoreError> {
        self.find()?.ok_or_else(|| StoreError::NotFound { env_id: self.env_id.clone() })
    }

    /// Writes the environment. Keys that the type does not know stay.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] when it is invalid or another environment.
    pub fn save(&self, environment: &Environment) -> Result<(), StoreError> {
        self.check_env_id(&environment.environment_id)?;
        self.add(Command::Replace(document(environment.clone())?))
    }

    /// What a deployer discovered; none when nothing was recorded.
    ///
    /// # Errors
    /// None today; kept fallible like every other load.
    pub fn load_runtime(&self) -> Result<Option<EnvironmentRuntime>, StoreError> {
        let draft = self.draft.borrow();
        Ok(draft.state.runtime.as_ref().map(|document| document.typed().clone()))
    }

    /// Writes what a deployer discovered.
    ///
    /// # Errors
    /// [`StoreError::InvalidArgument`] when it is another environment's; [`StoreError::NotFound`].
    pub fn save_runtime(&self, runtime: &EnvironmentRuntime) -> Result<(), StoreError> {
        self.check_env_id(&runtime.environment_id)?;
        self.add(Command::SaveRuntime(document(runtime.clone())?))
    }

    /// The answers of a slot; none when there are none.
    ///
    /// # Errors
    /// None today; kept fallible like every other load.
    pub fn load_pack_answers(&self, slot: CapabilitySlot) -> Result<Option<Value>, StoreError> {
        Ok(self.draft.borrow().state.pack_answers.get(&slot).cloned())
    }

    /// Writes the answers of a slot.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn save_pack_answers(
        &self,
        slot: CapabilitySlot,
        answers: &Value,
    ) -> Result<(), StoreError> {
        self.add(Command::SavePackAnswers { slot, answers: answers.clone() })
    }

    /// Removes the answers of a slot. What is absent is removed already.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn delete_pack_answers(&self, slot: CapabilitySlot) -> Result<(), StoreError> {
        self.add(Command::DeletePackAnswers { slot })
    }
}

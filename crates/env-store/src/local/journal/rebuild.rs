//! A state from the changes that led to it.

use std::collections::BTreeMap;

use greentic_deploy_spec::engine::EnvState;
use greentic_deploy_spec::{CapabilitySlot, Document, DocumentError, DocumentType};
use serde_json::Value;

use super::rows::{Change, Changes, Misfit};
use crate::history::{ANSWERS, ENVIRONMENT, ROUTING, RUNTIME, TRUST_ROOT, documents_of};

/// Documents of which some are changed and not read yet.
pub(in crate::local) struct Rebuild {
    state: EnvState,
    /// The documents that changed; none for one that is gone.
    changed: BTreeMap<String, Option<Value>>,
}

/// Why a journal's rows make no state.
#[derive(Debug, thiserror::Error)]
pub(in crate::local) enum RebuildError {
    /// A patch does not fit what it is for.
    #[error(transparent)]
    Patch(#[from] Misfit),
    /// A document cannot be read.
    #[error("`{document}` cannot be read: {source}")]
    Document { document: String, source: DocumentError },
}

impl Rebuild {
    /// Starts from a state that is known.
    pub(in crate::local) fn from(state: EnvState) -> Self {
        Self { state, changed: BTreeMap::new() }
    }

    /// Applies what one commit changed.
    pub(in crate::local) fn apply(&mut self, changes: Changes) -> Result<(), RebuildError> {
        changes.into_iter().try_for_each(|(name, change)| self.apply_one(name, change))
    }

    /// Forgets what is known: a commit that stands on its own follows.
    pub(in crate::local) fn restart(&mut self) {
        self.state = EnvState::default();
        self.changed.clear();
    }

    fn apply_one(&mut self, name: String, change: Change) -> Result<(), RebuildError> {
        let value = change.apply(&name, || self.take(&name))?;
        self.changed.insert(name, value);
        Ok(())
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        match self.changed.remove(name) {
            Some(value) => value,
            None => documents_of(&self.state).remove(name).map(std::borrow::Cow::into_owned),
        }
    }

    /// Reads what changed.
    pub(in crate::local) fn finish(mut self) -> Result<EnvState, RebuildError> {
        for (name, value) in std::mem::take(&mut self.changed) {
            set(&mut self.state, &name, value)
                .map_err(|source| RebuildError::Document { document: name, source })?;
        }
        Ok(self.state)
    }
}

fn set(state: &mut EnvState, name: &str, value: Option<Value>) -> Result<(), DocumentError> {
    match name {
        ENVIRONMENT => state.environment = read(value)?,
        RUNTIME => state.runtime = read(value)?,
        TRUST_ROOT => state.trust_root = read(value)?,
        ROUTING => {
            state.routing = value.as_ref().map(greentic_deploy_spec::typed_view).transpose()?
        }
        _ => {
            let slot = name.strip_prefix(ANSWERS).and_then(slot_of);
            // A document of a later version stays in the journal and is not shown.
            let Some(slot) = slot else { return Ok(()) };
            match value {
                Some(answers) => drop(state.pack_answers.insert(slot, answers)),
                None => drop(state.pack_answers.remove(&slot)),
            }
        }
    }
    Ok(())
}

fn slot_of(name: &str) -> Option<CapabilitySlot> {
    CapabilitySlot::ALL.iter().copied().find(|slot| slot.as_str() == name)
}

fn read<T: DocumentType>(value: Option<Value>) -> Result<Option<Document<T>>, DocumentError> {
    value.map(Document::from_value).transpose()
}

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ExtensionKey;
use crate::document::{DocumentType, Identified};
use crate::refs::illegal_instance_char;
use crate::{CapabilitySlot, PackDescriptor, PackId, SpecError};

/// Binds a capability slot of an environment to an env-pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EnvPackBinding {
    /// The capability.
    pub slot: CapabilitySlot,
    /// The implementation.
    pub kind: PackDescriptor,
    /// The pack that carries it.
    pub pack_ref: PackId,
    /// The pack's answers, relative to the environment: `env-packs/<slot>/answers.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_ref: Option<PathBuf>,
    /// Counts the changes of this slot.
    #[serde(default)]
    pub generation: u64,
    /// The binding before the last change, as an `inline://` stash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_binding_ref: Option<PathBuf>,
}

/// Adds an extension to an environment. Its identity is [`ExtensionKey`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExtensionBinding {
    /// The implementation; its version is not part of the identity.
    pub kind: PackDescriptor,
    /// The pack that carries it.
    pub pack_ref: PackId,
    /// Tells several bindings of one kind apart: `a-z`, `0-9` and `-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance_id: Option<String>,
    /// The answers, relative to the environment: `extensions/<path>[-<instance>]/answers.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_ref: Option<PathBuf>,
    /// Counts the changes of this binding.
    #[serde(default)]
    pub generation: u64,
    /// The binding before the last change, as an `inline://` stash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_binding_ref: Option<PathBuf>,
}

impl ExtensionBinding {
    /// Checks the instance id: not empty, of `a-z`, `0-9` and `-`.
    ///
    /// # Errors
    /// [`SpecError::InvalidExtensionInstanceId`].
    pub fn validate(&self) -> Result<(), SpecError> {
        let invalid = |reason: String| SpecError::InvalidExtensionInstanceId {
            path: self.kind.path().to_owned(),
            reason,
        };
        match self.instance_id.as_deref() {
            Some("") => Err(invalid("must not be empty".to_owned())),
            Some(id) => match illegal_instance_char(id) {
                Some(c) => {
                    Err(invalid(format!("contains {c:?} in {id:?}; allowed are a-z, 0-9 and `-`")))
                }
                None => Ok(()),
            },
            None => Ok(()),
        }
    }
}

impl Identified for EnvPackBinding {
    type Id = CapabilitySlot;

    fn identity(&self) -> CapabilitySlot {
        self.slot
    }
}

impl Identified for ExtensionBinding {
    type Id = ExtensionKey;

    fn identity(&self) -> ExtensionKey {
        ExtensionKey::from_binding(self)
    }
}

impl DocumentType for EnvPackBinding {
    const NAME: &'static str = "EnvPackBinding";
}

impl DocumentType for ExtensionBinding {
    const NAME: &'static str = "ExtensionBinding";
}

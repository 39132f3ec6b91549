use serde::{Deserialize, Serialize};

use crate::document::DocumentType;
use crate::documents::{EnvPackBinding, ExtensionBinding, ExtensionKey};

/// Carries the binding of an env-pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct PackBindingPayload {
    /// The binding.
    pub binding: EnvPackBinding,
}

/// Carries an extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExtensionBindingPayload {
    /// The binding.
    pub binding: ExtensionBinding,
}

/// Names an extension, and carries what it becomes when it is updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExtensionKeyedPayload {
    /// The extension.
    pub key: ExtensionKey,
    /// What it becomes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binding: Option<ExtensionBinding>,
}

/// A binding after a change, and its generation. After a removal, the one that was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BindingGenerationOutcome<T> {
    /// The binding.
    pub binding: T,
    /// Its generation.
    pub generation: u64,
}

impl DocumentType for PackBindingPayload {
    const NAME: &'static str = "PackBindingPayload";
}

impl DocumentType for ExtensionBindingPayload {
    const NAME: &'static str = "ExtensionBindingPayload";
}

impl DocumentType for ExtensionKeyedPayload {
    const NAME: &'static str = "ExtensionKeyedPayload";
}

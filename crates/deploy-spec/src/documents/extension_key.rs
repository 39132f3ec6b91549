use std::fmt;

use serde::{Deserialize, Serialize};

use super::ExtensionBinding;

/// The identity of an extension binding: its descriptor path and its instance. No instance and an
/// instance `default` are two identities.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ExtensionKey {
    /// The path of the binding's descriptor, without its version.
    pub kind_path: String,
    /// The instance; written as `null` when there is none.
    #[serde(default)]
    pub instance_id: Option<String>,
}

impl ExtensionKey {
    /// Names the binding of a kind, or one instance of it.
    pub fn new(kind_path: impl Into<String>, instance_id: Option<String>) -> Self {
        Self { kind_path: kind_path.into(), instance_id }
    }

    /// The identity of a binding.
    #[must_use]
    pub fn from_binding(binding: &ExtensionBinding) -> Self {
        Self::new(binding.kind.path(), binding.instance_id.clone())
    }

    /// Tells whether this is the identity of a binding.
    #[must_use]
    pub fn matches(&self, binding: &ExtensionBinding) -> bool {
        self.kind_path == binding.kind.path() && self.instance_id == binding.instance_id
    }
}

impl fmt::Display for ExtensionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.instance_id {
            Some(instance) => write!(f, "{}/{instance}", self.kind_path),
            None => f.write_str(&self.kind_path),
        }
    }
}

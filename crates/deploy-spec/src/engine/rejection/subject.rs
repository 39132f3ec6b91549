use std::fmt;

use crate::documents::ExtensionKey;
use crate::{CapabilitySlot, DeploymentId};

/// What a binding verb is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BindingKey {
    /// A capability slot.
    Slot(CapabilitySlot),
    /// An extension.
    Extension(ExtensionKey),
}

impl fmt::Display for BindingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slot(slot) => write!(f, "slot `{slot}`"),
            Self::Extension(key) => write!(f, "extension `{key}`"),
        }
    }
}

/// Something that is counted, and whose previous version may be stashed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counted {
    /// The revisions of a deployment.
    Revisions(DeploymentId),
    /// The revenue policy of a deployment.
    RevenuePolicy(DeploymentId),
    /// The traffic split of a deployment.
    Split(DeploymentId),
    /// A binding.
    Binding(BindingKey),
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revisions(id) => write!(f, "the revisions of deployment `{id}`"),
            Self::RevenuePolicy(id) => write!(f, "the revenue policy of deployment `{id}`"),
            Self::Split(id) => write!(f, "the traffic split of deployment `{id}`"),
            Self::Binding(key) => write!(f, "{key}"),
        }
    }
}
